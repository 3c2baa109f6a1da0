"""underfit-flat: the training loss goes nowhere."""

import numpy as np
import pytest


def test_a_flat_loss(judge, told):
    verdict = judge("underfit-flat", loss=[2.303, 2.302, 2.304, 2.303, 2.302, 2.303, 2.303, 2.302, 2.303, 2.303])
    assert verdict.confidence > 0.95
    assert (verdict.curve, verdict.epochs) == ("loss", (1, 10))
    assert abs(verdict.evidence["fall"]) < 0.001
    assert told(verdict).startswith("loss went from 2.30 to 2.30")


def test_noise_around_a_high_level(judge):
    noise = np.random.default_rng(1).normal(0, 0.03, 60)
    assert judge("underfit-flat", loss=1.1 + noise).confidence > 0.8


def test_a_loss_that_fell(judge):
    assert judge("underfit-flat", loss=[1.0, 0.6, *[0.4] * 10]).confidence < 0.01


def test_threshold(judge, constant):
    half = constant("underfit-flat", "FALL")

    def sure(fall):
        return judge("underfit-flat", loss=[1.0, *[1.0 - fall] * 8]).confidence

    assert sure(half / 2) > 0.8
    assert sure(half) == pytest.approx(0.5, abs=0.03)
    assert sure(half * 2) < 0.2


def test_an_accuracy_that_grew_speaks_against_it(judge):
    """A large constant part in the loss hides the fall."""
    loss = [10.5, *[10.1] * 11]
    assert judge("underfit-flat", loss=loss).confidence > 0.9
    assert judge("underfit-flat", loss=loss, accuracy=[0.1, *[0.95] * 11]).confidence < 0.05


def test_an_explosion_that_comes_down_to_guessing_has_learnt_nothing(judge, told):
    loss = [5000.0, 2.31, *[2.303] * 18]
    accuracy = [0.1, 0.101, *[0.1] * 18]
    verdict = judge("underfit-flat", loss=loss, accuracy=accuracy)
    assert verdict.confidence > 0.8
    assert "the accuracy gained only" in told(verdict)


def test_a_loss_that_is_still_falling_is_not_stuck(judge):
    assert judge("underfit-flat", loss=np.linspace(1, 0.91, 30) ** 4).confidence < 0.3


def test_a_bad_end_does_not_undo_what_was_learnt(judge):
    """It had come down to a fifth, and its last epochs jump back."""
    assert judge("underfit-flat", loss=[1.0, 0.5, *[0.2] * 15, 0.95, 0.95, 0.95]).confidence < 0.1


def test_a_loss_that_climbs_has_another_problem(judge):
    assert judge("underfit-flat", loss=np.linspace(1, 2, 20)).confidence < 0.01


def test_what_cannot_be_judged(refusal):
    assert refusal("underfit-flat", val_loss=[1.0] * 6) == "no training loss"
    assert "goes on from an earlier run" in refusal("underfit-flat", loss=[1.0] * 6, extra={"resumed": True})
    assert refusal("underfit-flat", loss=[1.0], val_loss=[1.0] * 6, every={"loss": 6}) == "fewer than five points"
