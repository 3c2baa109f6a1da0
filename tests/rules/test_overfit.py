"""overfit: a rise of the validation loss that matters, while the training loss goes on falling."""

import numpy as np
import pytest

FALLING = [2.0, 1.6, 1.3, 1.1, 0.9, 0.8, 0.7, 0.6, 0.5]


def turned(rise):
    """Best, exactly 1, in epochs 2 and 3; then level at 1 + rise, without any noise."""
    return [2.0, 1.0, 1.0, *[1.0 + rise] * 6]


def test_a_clear_case_says_where_and_how_much(judge, told):
    verdict = judge("overfit", loss=FALLING, val_loss=turned(0.5))
    assert verdict.confidence > 0.7
    assert verdict.curve == "val_loss"
    assert verdict.epochs == (3, 9)
    assert verdict.harm == pytest.approx(0.5)
    assert (verdict.evidence["best"], verdict.evidence["best_epoch"], verdict.evidence["end"]) == (1.0, 2, 1.5)
    assert told(verdict).startswith("val_loss ends 50% worse than ")
    assert "(1.00, epoch 2)" in told(verdict)
    assert told(verdict).endswith("while loss went on from 1.60 to 0.500")


def test_what_is_measured(judge):
    """The gap is that of the last five epochs: 1.5 against 0.9, 0.8, 0.7, 0.6, 0.5."""
    evidence = judge("overfit", loss=FALLING, val_loss=turned(0.5)).evidence
    assert evidence["rise_of_trend"] == pytest.approx(0.5)
    assert evidence["train_fell"] == pytest.approx((1.6 - 0.5) / 1.6, abs=0.1)
    assert evidence["gap"] == pytest.approx((1.5 - 0.7) / 1.5)


@pytest.mark.parametrize("seed", range(5))
def test_a_noisy_long_case(judge, seed):
    noise = np.random.default_rng(seed).normal(0, 0.01, (2, 100))
    at = np.arange(100)
    val = 0.5 + 0.5 * ((at - 30) / 50.0) ** 2 + noise[0]
    verdict = judge("overfit", loss=np.exp(-at / 20) + 0.1 + 0.2 * noise[1], val_loss=val)
    assert verdict.confidence > 0.7
    assert 21 <= verdict.evidence["best_epoch"] <= 41  # 31; up to here the rise is within two deviations
    assert verdict.epochs == (verdict.evidence["best_epoch"] + 1, 100)


def test_a_larger_rise_is_surer(judge):
    """By definition 3% is none and 10% is one, when all else speaks for it."""
    sure = [judge("overfit", loss=FALLING, val_loss=turned(rise)).confidence for rise in (0.01, 0.03, 0.055, 0.10, 0.3)]
    assert sure == sorted(sure)
    assert sure[1] < 0.5 < sure[3]


def test_a_healthy_run(judge):
    settled = 0.3 + np.exp(-np.arange(60) / 6)
    assert judge("overfit", loss=settled, val_loss=settled + 0.03).confidence < 0.2


def test_a_gap_without_a_rise_is_not_overfit(judge):
    val = [2.0, 1.5, 1.2, 1.1, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert judge("overfit", loss=[one / 10 for one in FALLING], val_loss=val).confidence < 0.2


def test_a_spike_that_recovers_is_not_overfit(judge):
    val = np.exp(-np.arange(30) / 10) + 0.3
    val[20] = 3.0
    assert judge("overfit", loss=np.exp(-np.arange(30) / 8), val_loss=val).confidence < 0.2


def test_a_rise_within_the_noise_is_not_overfit(judge):
    noise = np.random.default_rng(0).normal(0, 0.2, 60)
    assert judge("overfit", loss=np.linspace(1, 0.2, 60), val_loss=1 + noise).confidence < 0.5


def test_a_rise_of_the_last_epochs_is_less_sure_than_one_that_lasts(judge):
    loss = np.linspace(2, 0.2, 40)

    def sure(best):
        return judge("overfit", loss=loss, val_loss=[*np.linspace(2, 1, best), *[1.3] * (40 - best)]).confidence

    assert sure(37) < sure(30) < sure(15)


def test_both_losses_rising_is_another_problem(judge):
    assert judge("overfit", loss=turned(0.5), val_loss=turned(0.5)).confidence < 0.2


def test_a_second_descent_below_the_first_is_not_overfit(judge):
    val = np.concatenate([np.linspace(2, 1, 20), np.linspace(1, 1.5, 20), np.linspace(1.5, 0.8, 30)])
    assert judge("overfit", loss=np.linspace(2, 0.1, 70), val_loss=val).confidence < 0.2


def test_a_loss_that_has_all_but_vanished_may_double(judge):
    """From 2 to 1e-7: twice that is still nothing."""
    doubled = [2.0, 1e-7, 1e-7, *[2e-7] * 6]
    assert judge("overfit", loss=FALLING, val_loss=doubled).confidence < 0.5
    zeros = [2.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-9, 1e-9]
    assert judge("overfit", loss=FALLING, val_loss=zeros).confidence < 0.2


def test_an_accuracy_alone_turns_the_other_way(judge):
    fell = [0.5, 0.9, 0.9, *[0.7] * 6]
    held = [0.5, 0.7, 0.7, *[0.9] * 6]
    learnt = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99]
    verdict = judge("overfit", accuracy=learnt, val_accuracy=fell)
    assert verdict.confidence > 0.5
    assert (verdict.evidence["best"], verdict.evidence["end"]) == (0.9, pytest.approx(0.7))
    assert judge("overfit", accuracy=learnt, val_accuracy=held).confidence < 0.2


def test_without_a_training_curve_it_may_have_risen_as_well(judge, constant, told):
    verdict = judge("overfit", val_loss=turned(0.5))
    assert 0.5 < verdict.confidence <= constant("overfit", "BLIND")
    assert "train" not in told(verdict)
    assert judge("overfit", val_loss=turned(0.01)).confidence < 0.5


def test_losses_on_two_scales_have_no_gap(judge):
    """A constant factor apart from the first epoch on: the rise still counts, the distance doesn't."""
    val = np.concatenate([np.linspace(2, 1, 20), np.linspace(1, 1.02, 20)])
    assert "gap" not in judge("overfit", loss=np.linspace(2, 1, 40) / 10, val_loss=val).evidence


def test_what_cannot_be_judged(refusal):
    assert refusal("overfit", loss=FALLING) == "no validation curve"
    assert refusal("overfit", loss=FALLING, val_loss=[1.0, 2.0], every={"val_loss": 4}) == "fewer than five points"
