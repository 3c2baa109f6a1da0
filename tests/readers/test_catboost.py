"""CatBoost's error files."""

import pytest

from diagnose.readers import catboost
from diagnose.readers.assemble import assemble
from diagnose.readers.content import Content

TEXT = "iter\tLogloss\tAUC\n0\t0.6\t0.5\n1\t0.5\t0.6\n"


@pytest.mark.parametrize(("name", "split"), [("learn_error.tsv", "train"), ("test_error.tsv", "validation")])
def test_the_file_tells_the_split(name: str, split: str) -> None:
    content = Content(name, name, TEXT.encode(), TEXT)
    assert catboost.recognise(content)
    (curves,) = assemble(catboost.tables(content)[0])
    found = [(one.split, one.metric, one.direction) for one in curves.series]
    assert found == [(split, "loss", "min"), (split, "auc", "max")]
    assert curves.axis_range == "iteration 0...1"
