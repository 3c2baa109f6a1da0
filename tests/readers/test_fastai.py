"""fastai's history.csv."""

from diagnose.readers import fastai
from diagnose.readers.assemble import assemble
from diagnose.readers.content import Content

HEADER = "epoch,train_loss,valid_loss,accuracy,time\n"
TEXT = HEADER + "0,1.0,None,0.5,00:02\n1,0.9,0.95,0.6,00:02\n" + HEADER + "0,0.8,0.8,0.7,00:02\n1,0.7,0.7,0.7,00:02\n"


def test_appended_runs_with_gaps() -> None:
    content = Content("history.csv", "history.csv", TEXT.encode(), TEXT)
    assert fastai.recognise(content)
    first, second = assemble(fastai.tables(content)[0])
    validation, accuracy = first.of("validation", "loss"), first.of("validation", "accuracy")
    assert validation is not None and validation.epochs.tolist() == [2]
    assert accuracy is not None and accuracy.values.tolist() == [0.5, 0.6]
    assert first.ignored == ("time",)
    assert second.length == 2
    assert "read-as-validation" not in [note.note for note in first.notes]
