"""high-variance: the last epochs differ by more than a person would like to leave to chance."""

import math

import numpy as np
import pytest

SIGNS = np.where(np.arange(50) % 2, -1.0, 1.0)
PER_SIGN = 2 / math.sqrt(1.5)  # scatter of a curve that alternates by one deviation up and down
SMOOTH = 0.2 + np.exp(-np.arange(50) / 8)


def test_a_clear_case(judge, told):
    verdict = judge("high-variance", loss=SMOOTH, val_loss=1 + 0.2 * SIGNS)
    assert verdict.confidence > 0.95
    assert (verdict.curve, verdict.epochs) == ("val_loss", (41, 50))
    assert (verdict.evidence["low"], verdict.evidence["high"]) == (0.8, 1.2)
    assert verdict.evidence["wobble"] == pytest.approx(0.2 * PER_SIGN)
    assert "varies between 0.800 and 1.20 over its last 10 points" in told(verdict)


def test_threshold(judge, constant):
    half = constant("high-variance", "WOBBLE") / PER_SIGN

    def sure(by):
        return judge("high-variance", val_loss=1 + by * SIGNS).confidence

    assert sure(half / 2) < 0.1
    assert sure(half) == pytest.approx(0.5, abs=0.001)
    assert sure(half * 2) > 0.9


@pytest.mark.parametrize("percent", [1, 100])
def test_threshold_of_an_accuracy(judge, constant, percent):
    """At 0.5 the level decides (its threshold is far above the points')."""
    half = constant("high-variance", "WOBBLE_SCORE") * 0.5 / PER_SIGN

    def sure(by):
        accuracy = (0.5 + by * SIGNS) * percent
        return judge("high-variance", val_loss=SMOOTH, val_accuracy=accuracy).confidence

    assert sure(half / 2) < 0.2
    assert 0.25 < sure(half) <= 0.5  # the points, a third beyond their own threshold, are not quite sure
    assert sure(half * 2.5) > 0.8


def test_the_curve_that_decided_is_told(judge, told):
    verdict = judge("high-variance", val_loss=SMOOTH, val_accuracy=0.5 + 0.25 * SIGNS)
    assert verdict.confidence > 0.9
    assert verdict.curve == "val_accuracy"
    assert told(verdict).startswith("val_accuracy still varies between 0.250 and 0.750")
    assert verdict.evidence["wobble"] == pytest.approx(0.25 * PER_SIGN / 0.5)


def test_noise_that_calms_down_is_over(judge):
    val = 1 + np.where(np.arange(50) < 35, 0.3 * SIGNS, 0.0)
    assert judge("high-variance", val_loss=val).confidence < 0.05


def test_epochs_are_the_run_s_where_validation_is_rarer(judge):
    verdict = judge("high-variance", loss=SMOOTH, val_loss=1 + 0.3 * SIGNS[:10], every={"val_loss": 5})
    assert verdict.confidence > 0.9
    assert verdict.epochs == (30, 50)  # its last five points: 30, 35, 40, 45, 50


def test_what_cannot_be_judged(refusal):
    assert refusal("high-variance", loss=SMOOTH) == "no validation curve"
    assert refusal("high-variance", val_loss=[1.0] * 7) == "fewer than eight points"
