"""validation-easier: the model does better on validation data, beyond what half an epoch and dropout explain."""

import numpy as np
import pytest

AT = np.arange(40.0)


def test_a_clear_case(judge, told):
    falls = 0.4 + np.exp(-AT / 6)
    verdict = judge("validation-easier", loss=falls, val_loss=0.5 * falls)
    assert verdict.confidence > 0.7
    assert (verdict.curve, verdict.epochs) == ("val_loss", (31, 40))
    assert "val_loss lies 50% below loss over the last quarter" in told(verdict)


def test_what_is_measured(judge):
    """Down from 2 to 1 over the first half, then 0.3 below it, but for the first ten epochs."""
    loss = np.concatenate([np.linspace(2, 1, 20), np.ones(20)])
    evidence = judge("validation-easier", loss=loss, val_loss=loss + np.where(AT < 10, 0.3, -0.3)).evidence
    assert [evidence["below"], evidence["below_at_end"]] == pytest.approx([0.3, 0.3])
    assert evidence["below_of_start"] == pytest.approx(0.3 / 2.3)
    assert evidence["share_of_epochs"] == pytest.approx(0.75)


def test_how_much_noisier_the_training_loss_is(judge):
    signs = np.where(AT % 2, -1.0, 1.0)
    evidence = judge("validation-easier", loss=1 + 0.06 * signs, val_loss=0.5 + 0.01 * signs).evidence
    assert evidence["train_noisier"] == pytest.approx(6.0)


def test_a_larger_distance_is_surer(judge):
    def sure(below):
        return judge("validation-easier", loss=[0.5] * 40, val_loss=[0.5 * (1 - below)] * 40).confidence

    told = [sure(below) for below in (-0.1, 0.0, 0.02, 0.1, 0.2, 0.5)]
    assert told == sorted(told)
    assert told[2] < 0.5 < told[4]


def test_a_healthy_run(judge):
    settled = 0.3 + np.exp(-AT / 5)
    assert judge("validation-easier", loss=settled, val_loss=settled + 0.02).confidence < 0.2


def test_a_distance_that_is_small_beside_all_that_was_learnt(judge):
    """A fifth below at the end in both, of a loss that began at one and a half times or at a hundred times its end."""
    val = [0.8] * 38
    near = judge("validation-easier", loss=[1.5, 1.2, *[1.0] * 38], val_loss=[1.5, 1.2, *val])
    far = judge("validation-easier", loss=[100.0, 50.0, *[1.0] * 38], val_loss=[100.0, 50.0, *val])
    assert far.confidence < near.confidence


def test_half_an_epoch_on_a_steep_descent(judge):
    """The training loss is the average over an epoch, so it is measured half an epoch before the validation loss."""
    evidence = judge("validation-easier", loss=2 - (AT - 0.5) / 25, val_loss=2 - AT / 25).evidence
    assert evidence["below"] == pytest.approx(0, abs=1e-9)
    loss, val = np.exp(-(AT - 0.5) / 2), np.exp(-AT / 2)
    assert (val < 0.8 * loss).all()
    assert judge("validation-easier", loss=loss, val_loss=val).confidence < 0.2


def test_dropout_asks_for_more(judge):
    """A training loss that is far noisier than the validation loss: dropout acts on it alone."""
    noise = np.random.default_rng(2).normal(0, 0.01, 40)
    val = 0.41 + 0.001 * np.sin(AT * 2)
    quiet = judge("validation-easier", loss=[0.5] * 40, val_loss=val).confidence
    assert quiet > 0.5
    assert judge("validation-easier", loss=0.5 + noise, val_loss=val).confidence < quiet - 0.2


def test_only_at_first(judge):
    val = np.where(AT < 15, 0.3, 0.5)
    assert judge("validation-easier", loss=[0.5] * 40, val_loss=val).confidence < 0.2


def test_a_single_spike_of_the_training_loss(judge):
    loss = np.full(40, 0.5)
    loss[35] = 5.0
    assert judge("validation-easier", loss=loss, val_loss=[0.5] * 40).confidence < 0.2


def test_an_accuracy_alone_is_better_above(judge, told):
    verdict = judge("validation-easier", accuracy=[0.5] * 40, val_accuracy=[0.9] * 40)
    assert verdict.confidence > 0.7
    assert "val_accuracy lies 80% above accuracy" in told(verdict)
    assert judge("validation-easier", accuracy=[0.9] * 40, val_accuracy=[0.5] * 40).confidence < 0.2


def test_epochs_are_the_run_s_where_both_are_rarer(judge):
    every = {"loss": 10, "val_loss": 10}
    assert judge("validation-easier", loss=[1.0] * 8, val_loss=[0.5] * 8, every=every).epochs == (70, 80)


def test_what_cannot_be_judged(refusal):
    assert "needs a training and a validation loss" in refusal("validation-easier", val_loss=AT)
    falls = 0.2 + np.exp(-AT / 6)
    assert "not comparable" in refusal("validation-easier", loss=10 * falls, val_loss=falls)
