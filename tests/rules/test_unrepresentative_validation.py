"""unrepresentative-validation: a jumpy validation loss beside a steady training loss."""

import math

import numpy as np
import pytest

SIGNS = np.where(np.arange(40) % 2, -1.0, 1.0)
PER_SIGN = 2 / math.sqrt(1.5)  # scatter of a curve that alternates by one deviation up and down


def test_a_clear_case(judge, told):
    verdict = judge("unrepresentative-validation", loss=0.95 + 0.002 * SIGNS, val_loss=1 + 0.2 * SIGNS)
    assert verdict.confidence > 0.7
    assert (verdict.curve, verdict.epochs) == ("val_loss", (21, 40))
    assert told(verdict).startswith("val_loss jumps by 33% of its level")


def test_what_is_measured(judge):
    evidence = judge("unrepresentative-validation", loss=1 + 0.05 * SIGNS, val_loss=1 + 0.2 * SIGNS).evidence
    assert evidence["jump"] == pytest.approx(0.2 * PER_SIGN, rel=0.01)
    assert evidence["train_jump"] == pytest.approx(0.05 * PER_SIGN, rel=0.01)
    assert evidence["multiple"] == pytest.approx(4.0, rel=0.01)


def sure(judge, jump, multiple):
    """How sure where the validation loss scatters by that share of its level, and so many times as much as the training loss."""
    by = jump / PER_SIGN
    return judge("unrepresentative-validation", loss=1 + by / multiple * SIGNS, val_loss=1 + by * SIGNS).confidence


def test_larger_jumps_are_surer(judge):
    """By definition 3% is none and 10% is one, beside a training loss that is calm."""
    told = [sure(judge, jump, 5) for jump in (0.01, 0.03, 0.055, 0.10, 0.3)]
    assert told == sorted(told)
    assert told[1] < 0.5 < told[3]


def test_more_of_them_than_the_training_loss_s_is_surer(judge):
    told = [sure(judge, 0.07, multiple) for multiple in (1, 2, 3, 6, 20)]
    assert told == sorted(told)
    assert told[0] < 0.5 < told[-1]


def test_much_of_the_one_makes_up_for_a_little_less_of_the_other(judge, constant):
    jump, multiple = (
        constant("unrepresentative-validation", "JUMP"),
        constant("unrepresentative-validation", "MULTIPLE"),
    )
    assert sure(judge, jump / 1.1, multiple) < sure(judge, jump / 1.1, 2 * multiple)
    assert sure(judge, jump, multiple / 1.1) < sure(judge, 2 * jump, multiple / 1.1)


def test_a_steady_validation_loss(judge):
    falls = 0.3 + np.exp(-np.arange(40) / 6)
    assert judge("unrepresentative-validation", loss=falls, val_loss=falls + 0.05).confidence < 0.2


@pytest.mark.parametrize("by", [0.05, 0.1, 0.2])
def test_a_training_loss_as_unsteady_is_another_problem(judge, by):
    """Both jump alike: that is the weights, and says nothing about the validation set."""
    assert judge("unrepresentative-validation", loss=1 + by * SIGNS, val_loss=1 + by * SIGNS).confidence < 0.5


def test_an_early_transient_that_settles(judge):
    val = 1 + np.where(np.arange(40) < 15, 0.5 * SIGNS, 0.0)
    assert judge("unrepresentative-validation", loss=[1.0] * 40, val_loss=val).confidence < 0.2


def test_what_has_calmed_down_is_over(judge):
    """Jumps up to three quarters of the run, then hardly any: the last fifth sets the limit."""
    val = 1 + np.where(np.arange(40) < 30, 0.3, 0.003) * SIGNS
    verdict = judge("unrepresentative-validation", loss=1 + 0.001 * SIGNS, val_loss=val)
    assert verdict.evidence["jump"] < 0.03
    assert verdict.confidence < 0.5


def test_epochs_are_the_run_s_where_validation_is_rarer(judge):
    verdict = judge(
        "unrepresentative-validation", loss=[1.0] * 50, val_loss=1 + 0.3 * SIGNS[:10], every={"val_loss": 5}
    )
    assert verdict.confidence > 0.7
    assert verdict.epochs == (30, 50)


def test_what_cannot_be_judged(refusal):
    assert "needs a training and a validation" in refusal("unrepresentative-validation", val_loss=[1.0] * 9)
    seven = [1.0] * 7
    assert refusal("unrepresentative-validation", loss=seven, val_loss=seven) == "fewer than eight points"
    waves = [0.01 + 0.1 * (1 + math.cos(2 * math.pi * at / 10)) for at in range(40)]
    pair = {"loss": [1.0] * 40, "val_loss": 1 + 0.3 * SIGNS}
    assert "cycles" in refusal("unrepresentative-validation", **pair, learning_rate=waves)
