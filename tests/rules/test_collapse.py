"""collapse: a sudden jump out of a good region, for good."""

import numpy as np
import pytest

DOWN = [*np.geomspace(1.0, 0.1, 29), 0.1]


def test_a_clear_case(judge, told):
    verdict = judge("collapse", loss=[*DOWN, *[0.9] * 10])
    assert verdict.confidence > 0.9
    assert verdict.curve == "loss"
    assert verdict.evidence["best"] == pytest.approx(0.1)
    assert verdict.evidence["best_epoch"] == 29
    assert verdict.evidence["jump_epoch"] == 31  # the first epoch up there
    assert verdict.epochs == (31, 40)
    assert verdict.evidence["given_back"] == pytest.approx(0.8 / 0.9)
    assert told(verdict).startswith("loss had come to 0.100 (epoch 29), jumped at epoch 31 and stays at 0.900")


def test_the_steps_of_a_jump_over_two_epochs(judge):
    """The larger of the two is where it came."""
    assert judge("collapse", loss=[*DOWN, 0.3, *[0.9] * 10]).evidence["jump_epoch"] == 32


def test_threshold(judge, constant):
    half = constant("collapse", "LOST")

    def sure(share):
        return judge("collapse", loss=[*DOWN, *[0.1 + share * 0.9] * 10]).confidence

    assert sure(half * 0.7) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.05)
    assert sure(half * 1.4) > 0.8


def test_a_jump_that_is_made_good(judge):
    assert judge("collapse", loss=[*DOWN, 0.9, 0.5, 0.2, *[0.09] * 10]).confidence < 0.05


def test_a_slow_climb_is_diverging(judge):
    assert judge("collapse", loss=[*DOWN, *np.linspace(0.1, 0.9, 30)]).confidence < 0.2


def test_the_last_epoch_alone_may_be_a_spike(judge):
    assert judge("collapse", loss=[*DOWN, 0.9]).confidence < 0.05


def test_what_has_happened_before_is_no_collapse(judge):
    up = [0.9] * 4
    unsteady = [*DOWN[:15], *up, *DOWN[5:20], *up, *DOWN[5:], *up, *up]
    assert judge("collapse", loss=unsteady).confidence < 0.1


def test_nothing_was_learnt_before(judge):
    assert judge("collapse", loss=[1.0, *[0.95] * 20, *[1.5] * 10]).confidence < 0.1


def test_what_cannot_be_judged(refusal):
    assert refusal("collapse", val_loss=DOWN) == "no training loss"
    assert refusal("collapse", loss=DOWN[:7]) == "fewer than eight points"
