"""wrong-output: the number improves, the model does not."""

import numpy as np
import pytest

from diagnose.inside import Head

FALLS = list(np.linspace(1.0, 0.2, 20))


def lost(by):
    return list(np.linspace(0.5, 0.5 - by, 20))


def test_a_cross_entropy_below_zero(judge, told, constant):
    verdict = judge("wrong-output", loss=[0.7, 0.2, -0.5, -3.0, -9.0, -20.0], accuracy=[0.5, 0.5, 0.4, 0.5, 0.5, 0.5])
    assert verdict.confidence == constant("wrong-output", "NEGATIVE")
    assert (verdict.curve, verdict.epochs) == ("loss", (3, 6))
    assert told(verdict).startswith("loss is below zero (")


def test_a_loss_that_began_below_zero_may_be_a_likelihood(judge, constant):
    verdict = judge("wrong-output", loss=[-1.0, -1.5, -2.0, -2.2, -2.3], accuracy=[0.5, 0.6, 0.7, 0.8, 0.8])
    assert verdict.confidence == constant("wrong-output", "BEGAN_NEGATIVE")


def test_a_loss_that_drops_to_exactly_zero_is_not_below_it(judge):
    """The line through its last points would be."""
    verdict = judge(
        "wrong-output", loss=[1.0, 0.9, 0.8, 0.7, 0.3, 0.01, 0.0], accuracy=[0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0]
    )
    assert verdict.confidence == 0


def test_both_fall(judge, told):
    verdict = judge("wrong-output", loss=FALLS, accuracy=lost(0.4))
    assert verdict.confidence > 0.95
    assert (verdict.curve, verdict.epochs) == ("accuracy", (1, 20))
    assert verdict.harm == pytest.approx(0.4)
    assert told(verdict).startswith("loss falls from 1.00 to 0.200 while accuracy falls too, from 0.500 to 0.100")


def test_threshold(judge, constant):
    half = constant("wrong-output", "LOST")

    def sure(by):
        return judge("wrong-output", loss=FALLS, accuracy=lost(by)).confidence

    assert sure(half / 2) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half * 2) > 0.8


def test_an_accuracy_that_grows(judge):
    assert judge("wrong-output", loss=FALLS, accuracy=lost(-0.4)).confidence == 0


def test_a_loss_that_rises_while_the_accuracy_falls_is_consistent(judge):
    assert judge("wrong-output", loss=FALLS[::-1], accuracy=lost(0.4)).confidence < 0.01


def test_an_accuracy_that_dips_at_the_end(judge):
    dip = [*np.linspace(0.5, 0.9, 19), 0.4]
    assert judge("wrong-output", loss=FALLS, accuracy=dip).confidence < 0.05


def test_a_negative_loss_of_another_kind(judge):
    """Its name says that it is no cross-entropy."""
    assert judge("wrong-output", mae=[0.0, -1.0, -2.0, -3.0, -4.0], accuracy=[0.5] * 5).confidence == 0


def test_what_cannot_be_judged(refusal):
    assert "needs a training loss and a training accuracy" in refusal("wrong-output", loss=FALLS)
    few = {"loss": [1.0, -1.0], "accuracy": lost(0.1)}
    assert refusal("wrong-output", **few) == "fewer than five points"


BINARY = {"units": 1, "activation": "sigmoid", "loss": "binary_crossentropy", "from_logits": False}
CLASSES = {"units": 3, "activation": "softmax", "loss": "categorical_crossentropy", "from_logits": False}
SPARSE = {**CLASSES, "loss": "sparse_categorical_crossentropy"}
QUANTITY = {"units": 1, "activation": "linear", "loss": "mean_squared_error"}
ZERO_ONE = {"target_units": 1, "low": 0.0, "high": 1.0, "whole": True}
WRONG = {
    "softmax over one unit": {**BINARY, "activation": "softmax"},
    "over one unit is always 0": {**CLASSES, "units": 1, "activation": "sigmoid"},
    "use softmax": {**CLASSES, "activation": "sigmoid"},
    "say from_logits=True": {**SPARSE, "activation": "linear"},
    "a second time": {**BINARY, "from_logits": True},
    "labels from 0 to 2": {**SPARSE, **ZERO_ONE, "high": 3.0},
    "whole numbers": {**SPARSE, **ZERO_ONE, "whole": False},
    "one-hot": {**CLASSES, **ZERO_ONE, "target_units": 3, "one_hot": False},
    "targets from 0 to 1, found": {**BINARY, **ZERO_ONE, "low": -1.0},
    "sigmoid can't reach": {**QUANTITY, **ZERO_ONE, "activation": "sigmoid", "high": 40.0},
    "relu can't reach": {**QUANTITY, **ZERO_ONE, "activation": "relu", "low": -3.0},
    "each with each": {**QUANTITY, **ZERO_ONE, "units": 10},
}
FITTING = {
    "binary": {**BINARY, **ZERO_ONE},
    "binary logits": {**BINARY, "activation": "linear", "from_logits": True},
    "labels": {**SPARSE, **ZERO_ONE, "high": 2.0},
    "one-hot": {**CLASSES, **ZERO_ONE, "target_units": 3, "one_hot": True},
    "many labels": {**BINARY, **ZERO_ONE, "units": 5, "target_units": 5},
    "quantity": {**QUANTITY, **ZERO_ONE, "low": -50.0, "high": 4e6},
    "pixels": {**QUANTITY, **ZERO_ONE, "units": 64, "target_units": 64, "activation": "sigmoid"},
    "one's own loss": {**BINARY, **ZERO_ONE, "loss": None, "from_logits": None, "activation": "linear"},
    "one's own activation": {**BINARY, **ZERO_ONE, "activation": None},
    "nothing known": {},
}


@pytest.mark.parametrize("words", WRONG)
def test_a_head_that_does_not_fit(judge, inside, told, constant, words):
    """By the configuration alone, whatever the curves say, and after one epoch."""
    verdict = judge("wrong-output", loss=[0.5], inside=inside(heads=(Head("out", **WRONG[words]),)))
    assert verdict.confidence == constant("wrong-output", "STATED")
    assert told(verdict).startswith("the output does not fit: ") and words in told(verdict)


@pytest.mark.parametrize("name", FITTING)
def test_a_head_that_fits(judge, inside, name):
    found = inside(heads=(Head("out", **FITTING[name]),))
    assert judge("wrong-output", loss=FALLS, accuracy=lost(-0.4), inside=found).confidence == 0


def test_of_several_heads_the_wrong_one_is_named(judge, inside, told):
    heads = (Head("kind", **BINARY), Head("size", **{**BINARY, "activation": "softmax"}))
    assert told(judge("wrong-output", loss=FALLS, inside=inside(heads=heads))).startswith(
        "the output (size) does not fit"
    )


def test_a_head_that_fits_needs_no_accuracy(judge, inside):
    assert judge("wrong-output", loss=FALLS, inside=inside(heads=(Head("out", **QUANTITY),))).confidence == 0
