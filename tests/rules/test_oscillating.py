"""oscillating: swings that are large beside the level and beside the descent."""

import math

import numpy as np
import pytest

SIGNS = np.where(np.arange(40) % 2, -1.0, 1.0)
PER_SIGN = 2 / math.sqrt(1.5)  # scatter of a curve that alternates by one deviation up and down


def test_a_clear_case(judge, told):
    verdict = judge("oscillating", loss=1 + 0.4 * SIGNS)
    assert verdict.confidence > 0.9
    assert (verdict.curve, verdict.epochs) == ("loss", (21, 40))
    assert verdict.evidence["swing"] == pytest.approx(0.4 * PER_SIGN)
    assert verdict.evidence["turns"] == 1
    assert told(verdict).startswith("loss swings by 65%")


def test_random_swings(judge):
    """Chance makes some of them end far from where they began; the typical one is plain."""
    noises = np.random.default_rng(5).normal(0, 0.3, (25, 60))
    assert np.median([judge("oscillating", loss=1.5 + noise).confidence for noise in noises]) > 0.8


def test_threshold(judge, constant):
    half = constant("oscillating", "SWING") / PER_SIGN

    def sure(by):
        return judge("oscillating", loss=1 + by * SIGNS).confidence

    assert sure(half / 2) < 0.1
    assert sure(half) == pytest.approx(0.5, abs=0.02)
    assert sure(half * 2) > 0.9


def test_the_same_swings_on_a_steep_descent_do_no_harm(judge):
    loss = np.linspace(10, 1, 40) + 0.12 * SIGNS
    assert judge("oscillating", loss=loss).confidence < 0.1


def test_dropout_makes_the_training_loss_noisy_and_leaves_the_validation_loss_smooth(judge):
    swings = 1 + 0.2 * SIGNS
    assert judge("oscillating", loss=swings, val_loss=[0.9] * 40).confidence < 0.01
    assert judge("oscillating", loss=swings, val_loss=swings).confidence > 0.8


def test_a_single_spike_that_recovers(judge):
    loss = 0.2 + np.exp(-np.arange(40) / 8)
    loss[12] = 2.0
    assert judge("oscillating", loss=loss).confidence < 0.05


def test_what_cannot_be_judged(refusal):
    assert refusal("oscillating", val_loss=SIGNS) == "no training loss"
    assert refusal("oscillating", loss=[1.0] * 7) == "fewer than eight points"
