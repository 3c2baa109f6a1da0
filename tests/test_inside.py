"""Inside: what was measured inside a model, to JSON and back."""

import json
import math

import numpy as np
import pytest

from diagnose.errors import UsageError
from diagnose.inside import MEASURES, Data, Head, Inside, Layer


def inside(**changed):
    arrays = {name: np.full((2, 1), float(at)) for at, name in enumerate(MEASURES)}
    arrays["dead"] = np.array([[math.nan], [0.5]])
    arrays["update"] = np.array([[math.inf], [0.1]])
    told = {
        "epochs": np.array([1, 4]),
        "steps": np.array([19.0, math.nan]),
        "layers": (Layer("a", "Dense", "relu", 10, True),),
        **arrays,
        "heads": (Head("out", 1, "sigmoid", "binary_crossentropy", False, 1, 0.0, 1.0, True),),
        "data": (Data("x", math.nan, 1.0, 1.0),),
        "optimizer": "Adam",
        "learning_rate": 0.001,
        "waiting": ("gradients wait",),
    }
    return Inside(**{**told, **changed})


def test_there_and_back():
    one = inside()
    text = json.dumps(one.to_dict(), allow_nan=False)  # strict JSON
    back = Inside.from_dict(json.loads(text))
    assert back.to_dict() == one.to_dict()
    assert (back.layers, back.heads, back.waiting) == (one.layers, one.heads, one.waiting)
    assert math.isnan(back.data[0].scale) and back.data[0].nonfinite == 1
    for name in MEASURES:
        np.testing.assert_array_equal(getattr(back, name), getattr(one, name))


def test_nothing_inspected_yet():
    one = inside(
        epochs=np.array([], dtype=np.int64), steps=np.array([]), **{name: np.empty((0, 1)) for name in MEASURES}
    )
    assert Inside.from_dict(json.loads(json.dumps(one.to_dict()))).epochs.size == 0


@pytest.mark.parametrize("epochs", [[0, 1], [2, 2], [3, 1]])
def test_epochs_are_positions_that_increase(epochs):
    with pytest.raises(UsageError, match="positions from 1 on"):
        inside(epochs=np.array(epochs))


def test_a_measure_has_a_number_for_each_epoch_and_layer():
    with pytest.raises(UsageError, match=r"dead: expected one number an epoch and layer, \(2, 1\), found \(1, 1\)"):
        inside(dead=np.zeros((1, 1)))
    with pytest.raises(UsageError, match="steps: expected one number an epoch"):
        inside(steps=np.zeros(3))


@pytest.mark.parametrize("spoil", [{"layers": 3}, {"epochs": ["one"]}, {"dead": [[1, 2, 3]]}, {"heads": [{"no": 1}]}])
def test_what_is_no_inside_is_one_clear_line(spoil):
    with pytest.raises(UsageError, match="to_dict") as caught:
        Inside.from_dict({**inside().to_dict(), **spoil})
    assert "\n" not in str(caught.value)
    plain = inside().to_dict()
    del plain["gradient"]
    with pytest.raises(UsageError, match="gradient"):
        Inside.from_dict(plain)
