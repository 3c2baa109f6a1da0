"""overfit: a rise of the validation loss that matters, while the training loss goes on falling."""

import numpy as np
import pytest

FALLING = [2.0, 1.6, 1.3, 1.1, 0.9, 0.8, 0.7, 0.6, 0.5]


def turned(rise):
    """Best, exactly 1, in epochs 2 and 3; then level at 1 + rise, without any noise."""
    return [2.0, 1.0, 1.0, *[1.0 + rise] * 6]


def test_a_clear_case_says_where_and_how_much(judge, told):
    verdict = judge("overfit", loss=FALLING, val_loss=turned(0.5))
    assert verdict.confidence > 0.95
    assert verdict.curve == "val_loss"
    assert verdict.epochs == (3, 9)
    assert verdict.harm == pytest.approx(0.5)
    assert (verdict.evidence["best"], verdict.evidence["best_epoch"], verdict.evidence["end"]) == (1.0, 2, 1.5)
    assert told(verdict).startswith("val_loss ends 50% worse than ")
    assert "(1.00, epoch 2)" in told(verdict)
    assert told(verdict).endswith("while loss went on from 1.60 to 0.500")


@pytest.mark.parametrize("seed", range(5))
def test_a_noisy_long_case(judge, seed):
    noise = np.random.default_rng(seed).normal(0, 0.01, (2, 100))
    at = np.arange(100)
    val = 0.5 + 0.5 * ((at - 30) / 50.0) ** 2 + noise[0]
    verdict = judge("overfit", loss=np.exp(-at / 20) + 0.1 + 0.2 * noise[1], val_loss=val)
    assert verdict.confidence > 0.9
    assert 21 <= verdict.evidence["best_epoch"] <= 41  # 31; up to here the rise is within two deviations
    assert verdict.epochs == (verdict.evidence["best_epoch"] + 1, 100)


def test_threshold(judge, constant):
    half = constant("overfit", "RISE")
    below, at, above = (
        judge("overfit", loss=FALLING, val_loss=turned(one * half)).confidence for one in (0.5, 1.0, 2.0)
    )
    assert below < 0.2
    assert at == pytest.approx(0.5, abs=0.01)
    assert above > 0.8


def test_a_gap_without_a_rise_is_not_overfit(judge):
    val = [2.0, 1.5, 1.2, 1.1, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert judge("overfit", loss=[one / 10 for one in FALLING], val_loss=val).confidence < 0.05


def test_a_spike_that_recovers_is_not_overfit(judge):
    val = np.exp(-np.arange(30) / 10) + 0.3
    val[20] = 3.0
    assert judge("overfit", loss=np.exp(-np.arange(30) / 8), val_loss=val).confidence < 0.1


def test_a_rise_within_the_noise_is_not_overfit(judge):
    noise = np.random.default_rng(0).normal(0, 0.2, 60)
    assert judge("overfit", loss=np.linspace(1, 0.2, 60), val_loss=1 + noise).confidence < 0.5


def test_both_losses_rising_is_another_problem(judge):
    assert judge("overfit", loss=turned(0.5), val_loss=turned(0.5)).confidence < 0.05


def test_a_second_descent_below_the_first_is_not_overfit(judge):
    val = np.concatenate([np.linspace(2, 1, 20), np.linspace(1, 1.5, 20), np.linspace(1.5, 0.8, 30)])
    assert judge("overfit", loss=np.linspace(2, 0.1, 70), val_loss=val).confidence < 0.1


def test_a_loss_that_has_all_but_vanished_may_double(judge):
    """From 2 to 1e-7: twice that is still nothing."""
    val = [2.0, 1e-7, 1e-7, *[2e-7] * 6]
    zeros = [2.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-9, 1e-9]
    assert judge("overfit", loss=FALLING, val_loss=zeros).confidence < 0.05
    assert judge("overfit", loss=FALLING, val_loss=[*val[:3], *[1e-7] * 6]).confidence < 0.05


def test_an_accuracy_alone_turns_the_other_way(judge):
    fell = [0.5, 0.9, 0.9, *[0.7] * 6]
    held = [0.5, 0.7, 0.7, *[0.9] * 6]
    learnt = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99]
    verdict = judge("overfit", accuracy=learnt, val_accuracy=fell)
    assert verdict.confidence > 0.9
    assert (verdict.evidence["best"], verdict.evidence["end"]) == (0.9, pytest.approx(0.7))
    assert judge("overfit", accuracy=learnt, val_accuracy=held).confidence < 0.05


def test_what_cannot_be_judged(refusal):
    assert refusal("overfit", loss=FALLING) == "no validation curve"
    assert refusal("overfit", loss=FALLING, val_loss=[1.0, 2.0], every={"val_loss": 4}) == "fewer than five points"
