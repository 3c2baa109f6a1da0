"""What looks like trouble and is none: drawn by formula, so that the truth is known."""

import numpy as np
import pytest

from diagnose import diagnose

EPOCHS = np.arange(100)
DESCENT = np.exp(-EPOCHS / 15) + 0.1


def noisy(values, seed=0, deviation=0.01):
    return (values * np.random.default_rng(seed).normal(1, deviation, len(values))).tolist()


def healthy(history):
    report = diagnose(history)
    assert report.healthy, [(one.rule, one.summary) for one in report.findings]
    return report


@pytest.mark.parametrize("size", [0.3, 3.0])
@pytest.mark.parametrize("epoch", [20, 50, 61, 81, 99])
def test_a_single_spike(epoch, size):
    loss = noisy(DESCENT)
    loss[epoch] += size
    healthy({"loss": loss, "val_loss": noisy(1.1 * DESCENT, 1)})


@pytest.mark.parametrize("epoch", [40, 50, 60])
def test_a_resume_that_is_made_good(epoch):
    again = np.where(epoch > EPOCHS, DESCENT, 0.1 + 0.35 * np.exp(-(EPOCHS - epoch) / 5))
    report = healthy({"loss": noisy(again), "val_loss": noisy(1.1 * again, 1)})
    assert "resumed" in {one.note for one in report.notes}


@pytest.mark.parametrize("period", [10, 20, 25, 33])
def test_cosine_restarts(period):
    rate = 1e-3 * (1 + np.cos(np.pi * (EPOCHS % period) / period)) / 2 + 1e-6
    waves = DESCENT + 150 * rate * np.exp(-EPOCHS / 80)
    report = healthy({"loss": noisy(waves), "val_loss": noisy(1.1 * waves, 1), "learning_rate": rate.tolist()})
    assert "learning-rate-cycle" in {one.note for one in report.notes}


def test_a_step_of_the_learning_rate():
    rate = np.where(EPOCHS < 50, 1e-2, 1e-3)
    steps = np.where(EPOCHS < 50, 0.4 + 0.6 * np.exp(-EPOCHS / 8), 0.3 + 0.1 * np.exp(-(EPOCHS - 50) / 2))
    report = healthy({"loss": noisy(steps), "val_loss": noisy(1.05 * steps, 1), "learning_rate": rate.tolist()})
    assert [one.epochs for one in report.notes if one.note == "learning-rate-step"] == [(51, 51)]


def test_a_warm_up_that_rises_first():
    rising = np.concatenate([np.linspace(1.0, 1.4, 6), 1.3 * np.exp(-np.arange(94) / 12) + 0.1])
    healthy({"loss": noisy(rising), "val_loss": noisy(1.05 * rising, 1)})


def test_a_gap_without_harm():
    healthy({"loss": noisy(DESCENT), "val_loss": noisy(DESCENT + 0.02, 1)})


def test_half_an_epoch_of_shift():
    """The training loss is an average over the epoch before the validation loss was taken."""
    at = np.arange(30)
    report = healthy({"loss": (0.2 + np.exp(-at / 4)).tolist(), "val_loss": (0.2 + np.exp(-(at + 0.5) / 4)).tolist()})
    assert "half-epoch-shift" in {one.note for one in report.notes}


def test_validation_spikes_at_first_only():
    """Batch-normalization averages lag in the first epochs and settle."""
    val = 1.1 * DESCENT + 4 * np.exp(-EPOCHS / 3)
    healthy({"loss": noisy(DESCENT), "val_loss": noisy(val, 1)})


def test_a_second_descent_is_told_as_one():
    val = np.exp(-EPOCHS / 8) + 0.3 * np.exp(-(((EPOCHS - 35) / 10) ** 2)) + 0.3 - 0.001 * EPOCHS
    report = diagnose({"loss": np.exp(-EPOCHS / 30).tolist(), "val_loss": val.tolist()})
    assert "double-descent" in {one.note for one in report.notes}
    assert "overfit" not in {one.rule for one in report.findings}


@pytest.mark.parametrize("deviation", [0.02, 0.05])
@pytest.mark.parametrize("seed", range(8))
def test_noise_on_a_healthy_run(seed, deviation):
    healthy({"loss": noisy(DESCENT + 0.2, seed, deviation), "val_loss": noisy(DESCENT + 0.22, seed + 100, deviation)})
