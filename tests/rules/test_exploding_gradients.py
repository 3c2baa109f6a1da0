"""exploding-gradients: the steps throw the weights away."""

import math

import pytest

from diagnose.inside import MEASURES, Data, Inside

FLAT = [0.7, 0.694, 0.693, 0.694, 0.693, 0.693, 0.694, 0.693]
GUESSING = [0.5, 0.49, 0.51, 0.5, 0.5, 0.51, 0.49, 0.5]
LEARNS = [0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.18, 0.17]
RIGHT = [0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.93, 0.94]
SOUND = Data("x", 1.0, 0.0, 0.0)


def test_weights_thrown_far_and_nothing_learnt(judge, inside, told):
    found = inside(update=[[20.0] * 3, [0.1] * 3])
    verdict = judge("exploding-gradients", loss=FLAT, accuracy=GUESSING, inside=found)
    assert verdict.confidence > 0.95
    assert verdict.epochs == (1, 8)
    assert told(verdict).startswith(
        "the weights of a typical layer moved by 20 times their own size within one epoch (epoch 1)"
    )


def test_threshold_of_the_way(judge, inside, constant):
    half = constant("exploding-gradients", "THROWN")

    def sure(far):
        return judge("exploding-gradients", loss=FLAT, accuracy=GUESSING, inside=inside(update=[[far] * 3])).confidence

    assert sure(half / 2) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half * 2) > 0.8


@pytest.mark.parametrize("logged", [{"loss": FLAT, "accuracy": GUESSING}, {"loss": LEARNS, "accuracy": RIGHT}])
def test_threshold_of_the_step_whatever_was_learnt(judge, inside, constant, logged):
    """An epoch of 16 steps: four times as far as one."""
    half = 4 * constant("exploding-gradients", "STRIDE")

    def sure(far):
        return judge("exploding-gradients", inside=inside(update=[[far] * 3], steps=16), **logged).confidence

    assert sure(half * 2) > 0.8
    if logged["loss"] is LEARNS:
        assert sure(half / 2) < 0.2
        assert sure(half) == pytest.approx(0.5, abs=0.01)


def test_threshold_of_the_growth(judge, inside, constant):
    half = constant("exploding-gradients", "GROWN")

    def verdict(times):
        return judge(
            "exploding-gradients", loss=FLAT, accuracy=GUESSING, inside=inside(gradient=[[1.0] * 3, [times] * 3])
        )

    assert verdict(half / 2).confidence < 0.2
    assert verdict(half).confidence == pytest.approx(0.5, abs=0.01)
    assert verdict(half * 2).confidence > 0.8
    assert verdict(half * 2).epochs == (2, 8)


def test_threshold_of_what_was_learnt(judge, inside, constant):
    half = constant("exploding-gradients", "LEARNT")

    def sure(fall):
        found = inside(update=[[100.0] * 3])
        return judge("exploding-gradients", loss=[1.0, *[1 - fall] * 30], inside=found).confidence

    assert sure(half - 0.2) > 0.9
    assert sure(half) == pytest.approx(0.5, abs=0.05)
    assert sure(half + 0.2) < 0.1


def test_one_layer_that_began_at_zero_is_no_typical_layer(judge, inside):
    found = inside(update=[[math.inf, 0.1, 0.1]])
    assert judge("exploding-gradients", loss=FLAT, accuracy=GUESSING, inside=found).confidence < 0.01


def test_lost_weights(judge, inside, told, constant):
    lost = [[0.0, 0.0, 0.0], [1.0, 1.0, 0.5]]
    sampled = judge("exploding-gradients", loss=[0.7, math.nan], inside=inside(lost=lost, data=(SOUND,)))
    assert sampled.confidence == constant("exploding-gradients", "LOST")
    assert sampled.epochs == (2, 2)
    assert told(sampled).startswith("weights are NaN or infinite since epoch 2 (100% of a layer)")
    blind = judge("exploding-gradients", loss=[0.7, math.nan], inside=inside(lost=lost))
    assert blind.confidence == constant("exploding-gradients", "BLIND")


def test_a_lost_first_layer_is_the_datas(judge, inside):
    found = inside(lost=[[0.1, 0.0, 0.0]])
    assert judge("exploding-gradients", loss=FLAT, accuracy=GUESSING, inside=found).confidence == 0


def test_what_cannot_be_judged(refusal, inside):
    assert "DiagnoseCallback" in refusal("exploding-gradients", loss=FLAT)
    assert "no epoch" in refusal("exploding-gradients", loss=FLAT, inside=Inside.from_dict(EMPTY))
    bad = inside(update=[[100.0] * 3], data=(Data("x", 1.0, 0.01, 0.1),))
    assert "NaN" in refusal("exploding-gradients", loss=FLAT, inside=bad)
    assert (
        refusal("exploding-gradients", loss=[0.7, 0.7], inside=inside(update=[[9.0] * 3])) == "fewer than five points"
    )


EMPTY = {
    "epochs": [],
    "steps": [],
    "layers": [],
    **{name: [] for name in MEASURES},
    "heads": [],
    "data": [],
    "optimizer": None,
    "learning_rate": None,
    "waiting": [],
}
