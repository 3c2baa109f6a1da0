"""Lightning's sparse rows."""

from diagnose.readers import lightning
from diagnose.readers.assemble import assemble
from diagnose.readers.content import Content

ROWS = [
    f",0.001,{10 * e + 9},,,,\n{e},,{10 * e + 9},,{1 - e / 10},,\n{e},,{10 * e + 9},,,{2 - e / 10},0.5\n"
    for e in range(6)
]
TEXT = "epoch,lr-Adam,step,train_loss_epoch,train_loss_step,val_loss/dataloader_idx_0,val_acc\n" + "".join(ROWS)


def test_train_and_validation_of_one_epoch_come_together() -> None:
    text = TEXT + "".join(f"{e},,{10 * e + 9},{3 - e},,,\n" for e in (5,))
    content = Content("metrics.csv", "metrics.csv", text.encode(), text)
    assert lightning.recognise(content)
    (curves,) = [run for table in lightning.tables(content) for run in assemble(table)]
    assert curves.producer == "Lightning CSVLogger"
    assert (curves.axis, curves.length) == ("epoch", 6)
    found = {one.name: (one.split, one.metric, one.epochs.tolist()) for one in curves.series}
    assert found["train_loss_epoch"] == ("train", "loss", [6])
    assert found["train_loss_step"] == ("train", "loss_step", [1, 2, 3, 4, 5, 6])
    assert found["val_loss/dataloader_idx_0"] == ("validation", "loss", [1, 2, 3, 4, 5, 6])
    assert curves.learning_rate is not None
    assert curves.learning_rate.tolist() == [0.001] * 6


def test_two_epochs_are_judged_by_step() -> None:
    text = TEXT[: TEXT.index("\n2,")].rpartition("\n")[0] + "\n"
    content = Content("metrics.csv", "metrics.csv", text.encode(), text)
    (curves,) = [run for table in lightning.tables(content) for run in assemble(table)]
    assert curves.axis_range == "step 9...19"
    assert [one.values.tolist() for one in curves.series if one.name == "train_loss_step"] == [[1.0, 0.9]]
    assert [note.note for note in curves.notes] == ["judged-by-step"]


def test_a_dense_table_is_not_lightnings() -> None:
    text = "epoch,loss,val_loss\n0,1,1\n1,0.9,0.9\n"
    assert not lightning.recognise(Content("x", "x", text.encode(), text))
