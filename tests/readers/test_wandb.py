"""Charts exported from Weights & Biases."""

from diagnose.readers import wandb
from diagnose.readers.assemble import assemble
from diagnose.readers.content import Content

TEXT = (
    '"Step","a - val_loss","a - val_loss__MIN","a - val_loss__MAX","b - x - val_loss","b - x - val_loss__MIN"\n'
    '"0","1","0","2","",""\n"10","0.9","0","2","5","4"\n"20","","","","4","3"\n'
)


def test_runs_lie_side_by_side() -> None:
    content = Content("export.csv", "export.csv", TEXT.encode(), TEXT)
    assert wandb.recognise(content)
    first, second = assemble(wandb.tables(content)[0])
    assert [(one.name, one.values.tolist()) for one in first.series] == [("val_loss", [1.0, 0.9])]
    assert [(one.name, one.values.tolist()) for one in second.series] == [("val_loss", [5.0, 4.0])]
    assert (first.axis_range, second.axis_range) == ("step 0...10", "step 10...20")


def test_a_table_with_other_names() -> None:
    text = "Step,train_loss\n0,1\n"
    assert not wandb.recognise(Content("x", "x", text.encode(), text))
