"""diverging: no longer a number, or climbing away."""

import math

import numpy as np
import pytest

NAN = math.nan


def test_nan_in_the_training_loss(judge, told, constant):
    verdict = judge("diverging", loss=[1.0, 0.9, 0.8, NAN, NAN, NAN])
    assert verdict.confidence == constant("diverging", "SURE")
    assert (verdict.curve, verdict.epochs) == ("loss", (4, 6))
    assert told(verdict).startswith("loss is NaN since epoch 4")
    assert verdict.techniques is None


def test_nan_from_the_first_epoch_points_to_the_data(judge):
    assert judge("diverging", loss=[NAN] * 5).techniques[0] == "data-audit"


def test_infinite(judge, told):
    assert told(judge("diverging", loss=[1.0, 1e30, math.inf])).startswith("loss is infinite since epoch 3")
    assert judge("diverging", loss=[1.0, math.inf, -math.inf]).epochs == (2, 3)


def test_nan_that_passes_is_told_of_its_epochs_only(judge, told):
    verdict = judge("diverging", loss=[1.0, NAN, NAN, 0.8, 0.7, 0.6])
    assert verdict.epochs == (2, 3)
    assert told(verdict).startswith("loss is NaN at epoch 2")


def test_nan_in_the_validation_loss_alone(judge, told):
    verdict = judge("diverging", loss=[3.0, 2.0, 1.0, 0.9, 0.8], val_loss=[3.0, 2.0, NAN, NAN, NAN])
    assert (verdict.curve, verdict.epochs) == ("val_loss", (3, 5))
    assert "validation data hold NaN" in told(verdict)


def test_nan_in_a_metric_is_not_a_loss(judge):
    assert judge("diverging", loss=[3.0, 2.0, 1.5, 1.2, 1.0], mae=[NAN] * 5).confidence < 0.05


def test_positions_are_those_of_the_run(judge):
    assert judge("diverging", loss=[1.0, NAN, NAN], every={"loss": 10}).epochs == (20, 30)


def test_climbing_away(judge, told):
    loss = [1.0, 0.8, *(0.8 * 1.5 ** np.arange(1, 19))]
    verdict = judge("diverging", loss=loss)
    assert verdict.confidence > 0.95
    assert verdict.evidence["best"] == pytest.approx(0.8)
    assert verdict.evidence["best_epoch"] == 2
    assert verdict.epochs == (3, 20)
    assert told(verdict).startswith("loss climbed from")


def test_an_accuracy_alone_that_falls_away_is_told_in_its_own_numbers(judge, told):
    verdict = judge("diverging", accuracy=[0.6, *[0.95] * 8, *[0.1] * 11])
    assert verdict.confidence > 0.5
    assert verdict.evidence["best"] == pytest.approx(0.95)
    assert verdict.evidence["end"] == pytest.approx(0.1)
    assert told(verdict).startswith("accuracy fell from 0.950")


def test_threshold_above_the_start(judge, constant):
    half = constant("diverging", "ABOVE_START")

    def sure(rise):
        return judge("diverging", loss=[1.0, 1.0, *[1.0 + rise] * 18]).confidence

    assert sure(half / 2) < 0.1
    assert sure(half * 1.001) == pytest.approx(0.5, abs=0.02)
    assert sure(half * 3) > 0.9


def test_a_descent_given_back(judge):
    """It ends at 0.8 of the start, but eight times above its best: nothing of what was learnt is left."""
    loss = np.concatenate([np.geomspace(1, 0.1, 20), np.geomspace(0.1, 0.8, 20)])
    assert judge("diverging", loss=loss).confidence > 0.8


def test_a_jump_that_is_made_good_is_not_diverging(judge):
    """A resume, or a warm restart."""
    loss = np.concatenate([np.geomspace(1, 0.3, 15), np.geomspace(0.9, 0.2, 25)])
    assert judge("diverging", loss=loss).confidence < 0.05


def test_a_healthy_descent(judge):
    assert judge("diverging", loss=0.1 + np.exp(-np.arange(30) / 6)).confidence < 0.01


def test_few_points_that_are_numbers_tell_nothing(judge):
    assert judge("diverging", loss=[1.0, 50.0]).confidence == 0


def test_what_cannot_be_judged(refusal):
    assert refusal("diverging", val_loss=[1.0, 0.9, 0.8, 0.7, 0.6]) == "no training loss"


def test_exact_zeros_out_of_the_blue_are_an_overflow(judge):
    """Half precision under a loss filter logs 0.0 for ever; a loss that is learnt to zero comes down to it."""
    sudden = judge("diverging", loss=[1.0, 0.6, 0.4, 0.3, 0.25, 0.0, 0.0, 0.0])
    assert sudden.confidence > 0.5
    assert sudden.epochs == (6, 8)
    assert judge("diverging", loss=[1.0, 0.1, 0.01, 1e-4, 1e-6, 0.0, 0.0, 0.0]).confidence < 0.5
