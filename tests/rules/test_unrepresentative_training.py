"""unrepresentative-training: both losses settled, far apart."""

import numpy as np
import pytest


def pair(ratio, points=20):
    return {"loss": [1.0, *[0.2] * (points - 1)], "val_loss": [1.0, *[0.2 * ratio] * (points - 1)]}


def test_a_clear_case(judge, told):
    verdict = judge("unrepresentative-training", **pair(3.0))
    assert verdict.confidence > 0.9
    assert verdict.curve == "val_loss"
    assert verdict.evidence["ratio"] == pytest.approx(3.0)
    assert verdict.harm == pytest.approx(2.0)
    assert told(verdict).startswith("val_loss settled at 0.600, 3.0 times loss (0.200)")


def test_threshold(judge, constant):
    half = constant("unrepresentative-training", "RATIO")

    def sure(ratio):
        return judge("unrepresentative-training", **pair(ratio)).confidence

    assert sure(1 + (half - 1) / 2) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.02)
    assert sure(1 + (half - 1) * 2) > 0.8


def test_a_normal_gap(judge):
    assert judge("unrepresentative-training", **pair(1.1)).confidence < 0.05


def test_a_validation_loss_that_never_improved_says_something_else(judge):
    assert judge("unrepresentative-training", loss=[1.0, *[0.3] * 19], val_loss=[1.0, *[0.99] * 19]).confidence < 0.2


def test_a_rise_is_overfit_first(judge):
    rising = [1.0, *np.linspace(0.5, 0.9, 19)]
    assert judge("unrepresentative-training", loss=[1.0, *[0.2] * 19], val_loss=rising).confidence < 0.1


def test_a_gap_that_is_still_opening(judge):
    """The training loss dives in the last third, the validation loss stays where it was."""
    loss = [1.0, *[0.45] * 18, *np.linspace(0.45, 0.1, 5), *[0.1] * 6]
    val = [1.0, *[0.5] * 29]
    assert judge("unrepresentative-training", loss=loss, val_loss=val).confidence < 0.1


def test_what_cannot_be_judged(refusal):
    assert "needs a training and a validation loss" in refusal("unrepresentative-training", loss=[1.0] * 9)
    falls = np.exp(-np.arange(20) / 5) + 0.1
    assert "not comparable" in refusal("unrepresentative-training", loss=falls, val_loss=10 * falls)
    assert "positive" in refusal("unrepresentative-training", loss=falls - 2, val_loss=falls - 1)
    rare = {"val_loss": [1.0, 0.5], "every": {"val_loss": 10}}
    assert refusal("unrepresentative-training", loss=falls, **rare) == "fewer than five points"
