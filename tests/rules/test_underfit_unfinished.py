"""underfit-unfinished: the validation loss was still going down when training stopped."""

import math

import numpy as np
import pytest

AT = np.arange(1, 41) / 40.0


def decay(level):
    """level + exp(-t / 0.4 runs): within twice the epochs it falls by exp(-2.5) - exp(-5) more."""
    return level + np.exp(-AT / 0.4)


FURTHER = math.exp(-2.5) - math.exp(-5)


def test_a_clear_case(judge, told):
    falls = np.exp(-AT / 1.2)
    verdict = judge("underfit-unfinished", loss=falls, val_loss=falls + 0.1)
    assert verdict.confidence > 0.9
    assert (verdict.curve, verdict.epochs) == ("val_loss", (1, 40))
    truth = (math.exp(-1 / 1.2) - math.exp(-2 / 1.2)) / (math.exp(-1 / 1.2) + 0.1)
    assert verdict.evidence["gain_twice"] == pytest.approx(truth, rel=0.15)
    assert verdict.evidence["gain_thrice"] > verdict.evidence["gain_twice"]
    assert "still improving at the end" in told(verdict)


def test_a_settled_run_is_finished(judge):
    settled = 0.3 + np.exp(-np.arange(60) / 5)
    assert judge("underfit-unfinished", loss=settled, val_loss=settled + 0.05).confidence < 0.05


def test_threshold_where_the_descent_slows_down(judge, constant):
    half = constant("underfit-unfinished", "GAIN")

    def sure(gain):
        end = FURTHER / gain
        return judge(
            "underfit-unfinished", loss=decay(end - math.exp(-2.5)), val_loss=decay(end - math.exp(-2.5))
        ).confidence

    assert sure(half / 2) < 0.25
    assert sure(half) == pytest.approx(0.5, abs=0.08)
    assert sure(half * 2) > 0.75


def test_threshold_on_a_straight_line(judge, constant):
    half = constant("underfit-unfinished", "STEADY_GAIN")

    def sure(gain):
        line = 1 + gain * (1 - AT)  # ends at 1, and falls by as much again in as many epochs
        return judge("underfit-unfinished", loss=line, val_loss=line).confidence

    assert sure(half / 2) < 0.3
    assert sure(half) == pytest.approx(0.5, abs=0.08)
    assert sure(half * 2) > 0.7


def test_a_training_loss_that_has_settled(judge):
    assert judge("underfit-unfinished", loss=[1.0, *[0.5] * 39], val_loss=decay(0.2)).confidence < 0.05


def test_a_validation_loss_that_has_turned(judge):
    val = np.concatenate([np.linspace(2, 1, 30), np.linspace(1, 1.3, 10)])
    assert judge("underfit-unfinished", loss=np.exp(-AT), val_loss=val).confidence < 0.05


def test_what_cannot_be_judged(refusal):
    assert "no validation curve" in refusal("underfit-unfinished", loss=AT)
    assert refusal("underfit-unfinished", val_loss=AT) == "no training loss"
    assert (
        refusal("underfit-unfinished", loss=AT, val_loss=[1.0, 0.5], every={"val_loss": 20}) == "fewer than five points"
    )
