"""MLflow's metric files."""

import pytest

from diagnose.errors import ReadError
from diagnose.readers import mlflow
from diagnose.readers.assemble import assemble
from diagnose.readers.content import Content

TEXT = "1650000000000 0.5 0\n1650000000001 0.4 1 run dataset\n"


def test_one_metric_named_by_its_file() -> None:
    content = Content("mlruns/0/ab/metrics/val_loss", "val_loss", TEXT.encode(), TEXT)
    assert mlflow.recognise(content)
    (curves,) = assemble(mlflow.tables(content)[0])
    (one,) = curves.series
    assert (one.name, one.split, one.values.tolist()) == ("val_loss", "validation", [0.5, 0.4])


def test_a_line_that_does_not_fit() -> None:
    text = TEXT + "1650000000002 lost 2\n"
    with pytest.raises(ReadError) as caught:
        mlflow.tables(Content("val_loss", "val_loss", text.encode(), text))
    assert caught.value.place == "line 3"
