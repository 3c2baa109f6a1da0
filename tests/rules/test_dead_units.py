"""dead-units: what a layer's units can still say."""

import pytest

from diagnose.inside import Data

FLAT = [0.7, 0.694, 0.693, 0.694, 0.693, 0.693, 0.694, 0.693]
GUESSING = [0.5, 0.49, 0.51, 0.5, 0.5, 0.51, 0.49, 0.5]
LEARNS = [0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.18, 0.17]
RIGHT = [0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.93, 0.94]


def test_all_of_a_layer(judge, inside, told):
    found = inside(dead=[[0.0, 1.0, float("nan")]], activation="relu")
    verdict = judge("dead-units", loss=FLAT, accuracy=GUESSING, inside=found)
    assert verdict.confidence > 0.95
    assert (verdict.curve, verdict.epochs) == ("loss", (1, 8))
    assert told(verdict).startswith("100% of the units of b are dead")


def test_threshold(judge, inside, constant):
    half = constant("dead-units", "DEAD")

    def sure(share):
        found = inside(dead=[[share, 0.0, float("nan")]])
        return judge("dead-units", loss=FLAT, accuracy=GUESSING, inside=found).confidence

    assert sure(half - 0.2) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half + 0.2) > 0.8


def test_threshold_of_what_was_learnt(judge, inside, constant):
    half = constant("dead-units", "LEARNT")

    def sure(fall):
        found = inside(dead=[[1.0, 1.0, float("nan")]])
        return judge("dead-units", loss=[1.0, *[1 - fall] * 30], inside=found).confidence

    assert sure(half - 0.2) > 0.9
    assert sure(half) == pytest.approx(0.5, abs=0.05)
    assert sure(half + 0.2) < 0.1


def test_a_network_that_learns_can_spare_them(judge, inside):
    found = inside(dead=[[1.0, 1.0, float("nan")]])
    assert judge("dead-units", loss=LEARNS, accuracy=RIGHT, inside=found).confidence < 0.01


def test_the_output_is_not_counted(judge, inside):
    found = inside(dead=[[0.0, 0.0, 1.0]])
    assert judge("dead-units", loss=FLAT, accuracy=GUESSING, inside=found).confidence < 0.01


def test_one_odd_epoch_late_does_not_decide(judge, inside):
    found = inside(dead=[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    assert judge("dead-units", loss=FLAT, accuracy=GUESSING, inside=found).confidence < 0.01


def test_what_cannot_be_judged(refusal, inside):
    assert "DiagnoseCallback" in refusal("dead-units", loss=FLAT)
    assert "needs a sample" in refusal("dead-units", loss=FLAT, inside=inside(weight=[[1.0] * 3]))


def test_a_model_without_such_layers(judge, inside):
    found = inside(weight=[[1.0] * 3], data=(Data("x", 1.0, 0.0, 0.0),))
    assert judge("dead-units", loss=FLAT, inside=found).confidence == 0


def test_what_killed_them_decides_what_to_do_first(judge, inside, told, constant):
    """Ten steps an epoch: layers that moved by their own norm were thrown there."""
    half = constant("dead-units", "HASTY")

    def found(far, first=0.0):
        dead = [[0.0, first, float("nan")], *([[0.0, 1.0, float("nan")]] * 3)]
        moved = [[0.01] * 3, [far] * 3, [0.0] * 3, [0.0] * 3]
        return judge("dead-units", loss=FLAT, accuracy=GUESSING, inside=inside(dead=dead, update=moved, steps=10))

    for first in (0.0, 1.0):
        assert found(1.1 * half * 10**0.5, first).techniques[0] == "learning-rate"
    assert told(found(1.0)).endswith("as those of epoch 2, 100% of the weights' size, kill them")
    born = found(0.9 * half * 10**0.5, 1.0)
    assert born.techniques[0] == "weight-initialization" and "from the first epoch on" in told(born)
    assert found(0.9 * half * 10**0.5).techniques is None
