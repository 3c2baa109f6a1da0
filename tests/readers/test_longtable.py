"""Long tables: a value a row."""

import pytest

from diagnose.curves import Curves
from diagnose.errors import NoHistory, ReadError
from diagnose.readers import longtable
from diagnose.readers.assemble import assemble
from diagnose.readers.content import Content


def runs(text: str, name: str = "export.csv") -> list[Curves]:
    content = Content(name, name, text.encode(), text)
    assert longtable.recognise(content)
    return [run for table in longtable.tables(content) for run in assemble(table)]


def values(curves: Curves) -> dict[str, list[float]]:
    return {one.name: one.values.tolist() for one in curves.series}


def test_metric_step_value() -> None:
    (curves,) = runs("metric,step,value\ntrain_loss,0,1\ntrain_loss,5,0.5\nval_loss,5,0.75\ncomment,0,hello\n")
    assert values(curves) == {"train_loss": [1.0, 0.5], "val_loss": [0.75]}
    assert curves.axis == "step"
    (validation,) = [one for one in curves.series if one.name == "val_loss"]
    assert validation.epochs.tolist() == [2]


def test_steps_that_go_back_begin_a_run() -> None:
    first, second = runs("name,epoch,value\nloss,0,1\nloss,1,0.5\nloss,0,2\nloss,1,1.5\n")
    assert (values(first), values(second)) == ({"loss": [1.0, 0.5]}, {"loss": [2.0, 1.5]})


def test_a_column_of_splits() -> None:
    (curves,) = runs("epoch,phase,loss,acc\n1,train,1,0.5\n1,val,1.5,0.25\n2,train,0.5,0.75\n2,val,1.25,0.5\n")
    assert values(curves) == {
        "train_loss": [1.0, 0.5],
        "train_acc": [0.5, 0.75],
        "val_loss": [1.5, 1.25],
        "val_acc": [0.25, 0.5],
    }


def test_tensorboards_download_is_named_by_its_file() -> None:
    text = "Wall time,Step,Value\n1.5e9,0,1\n1.5e9,1,0.9\n"
    (curves,) = runs(text, "run-validation-tag-epoch_loss.csv")
    assert [(one.split, one.metric) for one in curves.series] == [("validation", "loss")]
    with pytest.raises(NoHistory, match="--train"):
        runs(text, "scalars.csv")


def test_other_tables() -> None:
    for text in ("epoch,loss\n1,2\n", "name,age\nAnn,3\n", "epoch,type,loss\n1,a,2\n2,b,1\n"):
        assert not longtable.recognise(Content("x", "x", text.encode(), text))


def test_a_table_that_would_be_almost_empty_is_not_built() -> None:
    text = "metric,step,value\n" + "".join(f"loss_{at},{at},1\n" for at in range(4000))
    with pytest.raises(ReadError, match="share their steps"):
        runs(text)
