"""The normal form: what it promises, and how it tells what it holds."""

import dataclasses
import pickle

import numpy as np
import pytest

from diagnose import Curves, Series, UsageError


def series(name="loss", split="train", metric="loss", points=3):
    return Series(name, split, metric, "min", np.arange(1, points + 1), np.arange(points, 0, -1.0))


def test_a_series_needs_one_epoch_a_value():
    with pytest.raises(UsageError, match=r"loss: expected one epoch a value, found shapes \(2,\) and \(3,\)"):
        Series("loss", "train", "loss", "min", np.arange(2), np.zeros(3))
    with pytest.raises(UsageError):
        Series("loss", "train", "loss", "min", np.zeros((2, 2), dtype=np.int64), np.zeros((2, 2)))


def test_it_is_frozen_through_and_through():
    one = series()
    with pytest.raises(ValueError, match="read-only"):
        one.values[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        one.epochs[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        Curves((one,), 3).length = 4


def test_of_finds_by_split_and_metric():
    curves = Curves((series(), series("val_loss", "validation"), series("again")), 3)
    assert curves.of("train", "loss").name == "loss"
    assert curves.of("validation", "loss").name == "val_loss"
    assert curves.of("train", "accuracy") is None
    assert curves.of("test", "loss") is None


def test_points_are_called_as_the_history_calls_them():
    epochs = Curves((series(),), 3, numbering=np.array([0.0, 1.0, 2.0]))
    assert [epochs.label(at) for at in (1, 3)] == ["epoch 1", "epoch 3"]  # as progress bars count
    assert epochs.axis_range == "epoch 0...2"
    steps = Curves((series(),), 3, axis="step", numbering=np.array([500.0, 1000.0, 1500.0]))
    assert [steps.label(at) for at in (1, 3, 99)] == ["step 500", "step 1500", "step 1500"]
    assert steps.axis_range == "step 500...1500"
    assert Curves((series(),), 3).axis_range == "epoch 1...3"
    assert Curves((series(),), 3, axis="step").label(2) == "step 2"


def test_read_as_says_what_was_understood():
    made = (series("accuracy", metric="accuracy"), series(), series("val_loss", "validation"))
    assert Curves(made, 3, producer="Keras CSVLogger").read_as == (
        "Keras CSVLogger, 3 epochs, loss + accuracy, with validation"
    )
    assert Curves((series(points=1),), 1).read_as == "history, 1 epoch, loss, without validation"
    assert Curves((series(),), 1200).read_as == "history, 1,200 epochs, loss, without validation"
    assert Curves((series(),), 3, run=2, runs=3).read_as.endswith("without validation, run 2 of 3")
    many = tuple(series(name, metric=name) for name in "abcdef")
    assert "a + b + c + d + 2 more" in Curves(many, 3).read_as
    steps = Curves((series(),), 3, axis="step", numbering=np.array([500.0, 1000.0, 1500.0]))
    assert "3 points (step 500...1500)" in steps.read_as


def test_it_can_be_sent_to_another_process():
    curves = Curves((series(),), 3, extra={"resumed": True})
    again = pickle.loads(pickle.dumps(curves))
    assert again.series[0].values.tolist() == curves.series[0].values.tolist()
    assert (again.length, again.extra, again.read_as) == (3, {"resumed": True}, curves.read_as)
