"""unrepresentative-validation: a jumpy validation loss beside a steady training loss."""

import math

import numpy as np
import pytest

SIGNS = np.where(np.arange(40) % 2, -1.0, 1.0)
PER_SIGN = 2 / math.sqrt(1.5)  # scatter of a curve that alternates by one deviation up and down


def test_a_clear_case(judge, told):
    verdict = judge("unrepresentative-validation", loss=0.95 + 0.002 * SIGNS, val_loss=1 + 0.2 * SIGNS)
    assert verdict.confidence > 0.95
    assert (verdict.curve, verdict.epochs) == ("val_loss", (21, 40))
    assert verdict.evidence["jump"] == pytest.approx(0.2 * PER_SIGN, rel=0.01)
    assert told(verdict).startswith("val_loss jumps by 33% of its level")


def test_both_thresholds_together(judge, constant):
    """On both thresholds it is one half; either alone, further beyond, makes up for the other."""
    jump = constant("unrepresentative-validation", "JUMP") / PER_SIGN
    multiple = constant("unrepresentative-validation", "MULTIPLE")

    def sure(by, times):
        signs = {"loss": 1 + by / times * SIGNS, "val_loss": 1 + by * SIGNS}
        return judge("unrepresentative-validation", **signs).confidence

    assert sure(jump, multiple) == pytest.approx(0.5, abs=0.001)
    assert sure(jump / 2, multiple) < 0.2
    assert sure(jump * 2, multiple) > 0.8
    assert sure(jump, multiple / 2) < 0.2
    assert sure(jump, multiple * 2) > 0.8


def test_a_steady_validation_loss(judge):
    falls = 0.3 + np.exp(-np.arange(40) / 6)
    assert judge("unrepresentative-validation", loss=falls, val_loss=falls + 0.05).confidence < 0.05


def test_a_training_loss_as_unsteady_is_another_problem(judge):
    assert judge("unrepresentative-validation", loss=1 + 0.2 * SIGNS, val_loss=1 + 0.2 * SIGNS).confidence < 0.5


def test_an_early_transient_that_settles(judge):
    val = 1 + np.where(np.arange(40) < 15, 0.5 * SIGNS, 0.0)
    assert judge("unrepresentative-validation", loss=[1.0] * 40, val_loss=val).confidence < 0.05


def test_epochs_are_the_run_s_where_validation_is_rarer(judge):
    verdict = judge(
        "unrepresentative-validation", loss=[1.0] * 50, val_loss=1 + 0.3 * SIGNS[:10], every={"val_loss": 5}
    )
    assert verdict.confidence > 0.9
    assert verdict.epochs == (30, 50)


def test_what_cannot_be_judged(refusal):
    assert "needs a training and a validation" in refusal("unrepresentative-validation", val_loss=[1.0] * 9)
    seven = [1.0] * 7
    assert refusal("unrepresentative-validation", loss=seven, val_loss=seven) == "fewer than eight points"
