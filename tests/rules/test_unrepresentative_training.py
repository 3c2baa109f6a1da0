"""unrepresentative-training: both losses settled, far apart."""

import numpy as np
import pytest

from diagnose import diagnose

RATIOS = (1.05, 1.1, 1.3, 1.65, 2.5, 4.0)


def pair(ratio, points=20):
    return {"loss": [1.0, *[0.2] * (points - 1)], "val_loss": [1.0, *[0.2 * ratio] * (points - 1)]}


def test_a_clear_case(judge, told):
    verdict = judge("unrepresentative-training", **pair(3.0))
    assert verdict.confidence > 0.7
    assert verdict.curve == "val_loss"
    assert verdict.harm == pytest.approx(2.0)
    assert told(verdict).startswith("val_loss settled at 0.600, 3.0 times loss (0.200)")


def test_what_is_measured(judge):
    evidence = judge("unrepresentative-training", **pair(3.0)).evidence
    assert evidence["ratio"] == pytest.approx(3.0)
    assert evidence["excess"] == pytest.approx(2.0)
    assert evidence["val_learnt"] == pytest.approx(0.4)
    assert evidence["rise"] == evidence["growth"] == pytest.approx(0)
    assert evidence["gain_twice"] == pytest.approx(0, abs=0.01)


def test_a_wider_gap_is_surer(judge):
    sure = [judge("unrepresentative-training", **pair(ratio)).confidence for ratio in RATIOS]
    assert sure == sorted(sure)
    assert sure[1] < 0.2 < 0.5 < sure[-1]


def test_a_healthy_run(judge):
    settled = 0.3 + np.exp(-np.arange(60) / 6)
    assert judge("unrepresentative-training", loss=settled, val_loss=1.1 * settled).confidence < 0.2


def test_a_validation_loss_that_never_improved_says_something_else(judge):
    """The same gap, but nothing of what was learnt holds elsewhere: then that is said, and said first."""
    loss, never = [1.0, *[0.3] * 19], [1.0, *[0.99] * 19]
    improved = judge("unrepresentative-training", loss=loss, val_loss=[1.5, *[0.99] * 19])
    verdict = judge("unrepresentative-training", loss=loss, val_loss=never)
    assert verdict.evidence["val_learnt"] == pytest.approx(0.01)
    assert verdict.confidence < improved.confidence
    assert diagnose({"loss": loss, "val_loss": never}).diagnosis == "never-generalized"


def test_a_rise_is_overfit_first(judge):
    loss, rising = [1.0, *[0.2] * 19], [1.0, *np.linspace(0.5, 0.9, 19)]
    assert judge("unrepresentative-training", loss=loss, val_loss=rising).confidence < 0.5
    assert diagnose({"loss": loss, "val_loss": rising}).diagnosis == "overfit"


def test_a_gap_that_is_still_opening(judge):
    """The training loss dives in the last third, the validation loss stays where it was."""
    loss = [1.0, *[0.45] * 18, *np.linspace(0.45, 0.1, 5), *[0.1] * 6]
    verdict = judge("unrepresentative-training", loss=loss, val_loss=[1.0, *[0.5] * 29])
    assert verdict.evidence["growth"] > 0.8
    assert verdict.confidence < 0.5


def test_a_validation_loss_that_is_still_falling(judge):
    """As wide a gap at the end of a descent that is not over."""
    at = np.arange(40)
    going = judge("unrepresentative-training", loss=np.exp(-at / 8) + 0.1, val_loss=np.exp(-at / 30))
    assert going.evidence["ratio"] > 2 and going.evidence["gain_twice"] > 0.5
    assert going.confidence < 0.5


def test_what_cannot_be_judged(refusal):
    assert "needs a training and a validation loss" in refusal("unrepresentative-training", loss=[1.0] * 9)
    falls = np.exp(-np.arange(20) / 5) + 0.1
    assert "not comparable" in refusal("unrepresentative-training", loss=falls, val_loss=10 * falls)
    assert "positive" in refusal("unrepresentative-training", loss=falls - 2, val_loss=falls - 1)
    rare = {"val_loss": [1.0, 0.5], "every": {"val_loss": 10}}
    assert refusal("unrepresentative-training", loss=falls, **rare) == "fewer than five points"
