"""validation-easier: the model does better on validation data, beyond what half an epoch and dropout explain."""

import numpy as np
import pytest

AT = np.arange(40.0)


def test_a_clear_case(judge, told):
    falls = 0.4 + np.exp(-AT / 6)
    verdict = judge("validation-easier", loss=falls, val_loss=0.5 * falls)
    assert verdict.confidence > 0.9
    assert (verdict.curve, verdict.epochs) == ("val_loss", (31, 40))
    assert verdict.evidence["below"] == pytest.approx(0.5, abs=0.01)
    assert verdict.evidence["share_of_epochs"] == 1
    assert "val_loss lies 50% below loss over the last quarter" in told(verdict)


def test_threshold(judge, constant):
    half = constant("validation-easier", "BELOW")

    def sure(below):
        return judge("validation-easier", loss=[0.5] * 40, val_loss=[0.5 * (1 - below)] * 40).confidence

    assert sure(half / 2) < 0.1
    assert sure(half) == pytest.approx(0.5, abs=0.02)
    assert sure(half * 2) > 0.9


def test_half_an_epoch_on_a_steep_descent(judge):
    """The training loss is the average over an epoch, so it is measured half an epoch before the validation loss."""
    loss, val = np.exp(-(AT - 0.5) / 2), np.exp(-AT / 2)
    assert (val < 0.8 * loss).all()
    assert judge("validation-easier", loss=loss, val_loss=val).confidence < 0.3
    assert judge("validation-easier", loss=np.exp(-(AT - 0.5) / 4), val_loss=np.exp(-AT / 4)).confidence < 0.1


def test_dropout_asks_for_more(judge, constant):
    """A training loss that is far noisier than the validation loss: dropout acts on it alone."""
    below = constant("validation-easier", "BELOW") * 1.2
    noise = np.random.default_rng(2).normal(0, 0.01, 40)
    val = 0.5 * (1 - below) + 0.001 * np.sin(AT * 2)
    quiet = judge("validation-easier", loss=[0.5] * 40, val_loss=val).confidence
    assert quiet > 0.6
    assert judge("validation-easier", loss=0.5 + noise, val_loss=val).confidence < quiet - 0.2


def test_only_at_first(judge):
    val = np.where(AT < 15, 0.3, 0.5)
    assert judge("validation-easier", loss=[0.5] * 40, val_loss=val).confidence < 0.05


def test_an_accuracy_alone_is_better_above(judge, told):
    verdict = judge("validation-easier", accuracy=[0.5] * 40, val_accuracy=[0.9] * 40)
    assert verdict.confidence > 0.9
    assert "val_accuracy lies 80% above accuracy" in told(verdict)
    assert judge("validation-easier", accuracy=[0.9] * 40, val_accuracy=[0.5] * 40).confidence < 0.01


def test_epochs_are_the_run_s_where_both_are_rarer(judge):
    every = {"loss": 10, "val_loss": 10}
    assert judge("validation-easier", loss=[1.0] * 8, val_loss=[0.5] * 8, every=every).epochs == (70, 80)


def test_what_cannot_be_judged(refusal):
    assert "needs a training and a validation loss" in refusal("validation-easier", val_loss=AT)
    falls = 0.2 + np.exp(-AT / 6)
    assert "not comparable" in refusal("validation-easier", loss=10 * falls, val_loss=falls)
