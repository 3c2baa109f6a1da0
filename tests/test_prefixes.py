"""A run as it stood after so many epochs: it knows nothing of what came later."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.prefixes import FIRST, told, until
from diagnose.curves import Curves, Series
from diagnose.judging import judge
from diagnose.readers import read

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())
LOGGED = [case for case in sorted(EXPECTED) if case.endswith(".csv") and not EXPECTED[case]["repeats"]]


def only(path: Path) -> Curves:
    return read(str(path))[0][0]


def same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one, other, equal_nan=True))


@pytest.mark.parametrize("case", LOGGED[::6])
@pytest.mark.parametrize("epoch", [5, 9])
def test_it_is_the_file_that_was_there_after_so_many_epochs(case, epoch, tmp_path):
    lines = (FIXTURES / case).read_text().splitlines()
    (tmp_path / "log.csv").write_text("\n".join(lines[: epoch + 1]) + "\n")
    then, now = only(tmp_path / "log.csv"), until(only(FIXTURES / case), epoch)
    assert now.length == then.length == epoch
    assert [one.name for one in now.series] == [one.name for one in then.series]
    for one, other in zip(now.series, then.series, strict=True):
        assert same(one.epochs, other.epochs) and same(one.values, other.values)
    assert same(now.numbering, then.numbering) and same(now.learning_rate, then.learning_rate)
    assert judge([now]).diagnosis == judge([then]).diagnosis


def run_of(after: float) -> Curves:
    """20 epochs, validated at every third, tested only from the twelfth on; whatever it logs after the tenth is ``after``."""
    epochs = np.arange(1, 21)
    values = np.where(epochs <= 10, 1 / epochs, after)
    third, late = epochs % 3 == 0, epochs >= 12
    series = (
        Series("loss", "train", "loss", "min", epochs, values.copy()),
        Series("val_loss", "validation", "loss", "min", epochs[third], values[third]),
        Series("test_loss", "test", "loss", "min", epochs[late], values[late]),
    )
    return Curves(series, 20, numbering=epochs * 500.0, learning_rate=np.where(epochs <= 10, 0.1, after))


def test_nothing_of_later_epochs_is_left():
    kept = until(run_of(after=7.0), 10)
    assert [one.name for one in kept.series] == ["loss", "val_loss"]  # the third had not begun
    assert [one.epochs.tolist() for one in kept.series] == [list(range(1, 11)), [3, 6, 9]]
    assert all(7.0 not in one.values for one in kept.series) and 7.0 not in kept.learning_rate
    assert (kept.length, kept.numbering.tolist()) == (10, [500.0 * at for at in range(1, 11)])


def test_what_comes_later_changes_nothing():
    one, other = judge([until(run_of(after=0.01), 10)]), judge([until(run_of(after=np.nan), 10)])
    assert one.to_dict() == other.to_dict()


def test_the_whole_run_is_its_last_prefix():
    whole = run_of(after=0.05)
    last = until(whole, 20)
    assert last.length == 20 and len(last.series) == 3
    for one, other in zip(last.series, whole.series, strict=True):
        assert same(one.epochs, other.epochs) and same(one.values, other.values)
    assert until(replace(whole, learning_rate=None, numbering=None), 5).learning_rate is None


def test_a_diagnosis_is_told_of_the_epochs_at_which_it_was_found():
    """A loss that is lost in the twelfth epoch diverges from then on, and not before."""
    epochs = np.arange(1, 16)
    loss = Series("loss", "train", "loss", "min", epochs, np.where(epochs < 12, 1 / epochs, np.nan))
    said = told(Curves((loss,), 15), 1)["diverging"]
    assert said.tolist() == [epoch >= 12 for epoch in range(FIRST, 16)]
