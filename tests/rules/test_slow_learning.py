"""slow-learning: a straight, shallow descent."""

import numpy as np
import pytest

LEFT = 1 - np.arange(1, 41) / 40.0  # 0.975 ... 0


def test_a_clear_case(judge, told):
    line = 2.2 + 0.1 * LEFT
    verdict = judge("slow-learning", loss=line, val_loss=line + 0.05)
    assert verdict.confidence > 0.8
    assert (verdict.curve, verdict.epochs) == ("loss", (1, 40))
    assert verdict.evidence["gain_twice"] == pytest.approx(0.1 / 2.2, rel=0.1)
    assert verdict.evidence["gain_fourfold"] == pytest.approx(0.3 / 2.2, rel=0.1)
    assert verdict.evidence["multiple"] == pytest.approx(12, rel=0.1)  # half of 2.2, at 0.1 a run
    assert "improves steadily" in told(verdict) and "halving it takes 12 times the epochs" in told(verdict)


def test_threshold_of_what_comes_soon(judge, constant):
    half = constant("slow-learning", "SOON")

    def sure(gain):
        return judge("slow-learning", loss=1 + gain * LEFT).confidence

    assert sure(half / 1.5) > 0.8
    assert sure(half) == pytest.approx(0.5, abs=0.08)
    assert sure(half * 1.5) < 0.2


def test_threshold_of_what_comes_later(judge, constant):
    """On a straight line, three times as much comes within four times the epochs as within twice."""
    half = constant("slow-learning", "LATER")

    def sure(gain):
        return judge("slow-learning", loss=1 + gain / 3 * LEFT).confidence

    assert sure(half / 2) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.08)
    assert sure(half * 2) > 0.8


def test_the_tail_of_a_good_fit_has_slowed_down(judge):
    assert judge("slow-learning", loss=0.2 + np.exp(-np.arange(60) / 8)).confidence < 0.05


def test_a_fast_descent_is_not_slow(judge):
    assert judge("slow-learning", loss=0.1 + LEFT).confidence < 0.05


def test_noise_is_not_a_descent(judge):
    noise = np.random.default_rng(3).normal(0, 0.05, 60)
    assert judge("slow-learning", loss=1 + noise).confidence < 0.5


def test_a_validation_loss_that_rises(judge):
    line = 2.2 + 0.1 * LEFT
    assert judge("slow-learning", loss=line, val_loss=2.2 - 0.3 * LEFT).confidence < 0.1


def test_what_cannot_be_judged(refusal):
    assert refusal("slow-learning", val_loss=LEFT) == "no training loss"
    assert refusal("slow-learning", loss=LEFT[:7]) == "fewer than eight points"
