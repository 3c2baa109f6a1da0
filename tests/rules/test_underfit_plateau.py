"""underfit-plateau: learnt something, settled at a poor level."""

import numpy as np
import pytest

SETTLED = [1.0, 0.9, 0.84, *[0.8] * 17]


def test_a_clear_case(judge, told, constant):
    verdict = judge("underfit-plateau", loss=SETTLED, val_loss=[one + 0.01 for one in SETTLED])
    assert 0.75 < verdict.confidence <= constant("underfit-plateau", "LIMIT")
    assert verdict.curve == "loss"
    assert verdict.epochs[1] == 20
    assert 2 <= verdict.epochs[0] <= 5  # it settles in epochs 3 and 4
    assert verdict.evidence["left"] == pytest.approx(0.8)
    assert told(verdict).startswith("loss settled at 0.800, 80% of where it started")


def test_threshold_of_the_level(judge, constant):
    """It is never surer than LIMIT, so it stands at half of that where the level is on the threshold."""
    half, limit = constant("underfit-plateau", "POOR"), constant("underfit-plateau", "LIMIT")

    def sure(left):
        return judge("underfit-plateau", loss=[1.0, *[left] * 19]).confidence

    assert sure(half - 0.1) < 0.3
    assert sure(half) == pytest.approx(limit / 2, abs=0.01)
    assert sure(half + 0.1) > 0.5


def test_threshold_of_the_fall(judge, constant):
    half, limit = constant("underfit-plateau", "FALL"), constant("underfit-plateau", "LIMIT")

    def sure(fall):
        return judge("underfit-plateau", loss=[1.0, *[1 - fall] * 19]).confidence

    assert sure(half / 2) < 0.3
    assert sure(half) == pytest.approx(limit / 2, abs=0.02)
    assert sure(half * 1.5) > 0.5


def test_a_good_level_is_no_plateau(judge):
    assert judge("underfit-plateau", loss=[1.0, 0.4, *[0.1] * 18]).confidence < 0.01


def test_still_falling(judge):
    assert judge("underfit-plateau", loss=np.linspace(1, 0.7, 20)).confidence < 0.3


def test_a_gap_is_another_problem(judge):
    assert judge("underfit-plateau", loss=SETTLED, val_loss=[one + 0.5 for one in SETTLED]).confidence < 0.05


def test_an_accuracy_that_gained_much(judge):
    assert judge("underfit-plateau", loss=SETTLED, accuracy=[0.1, 0.6, *[0.95] * 18]).confidence < 0.05


def test_what_cannot_be_judged(refusal):
    assert refusal("underfit-plateau", val_loss=SETTLED) == "no training loss"
    assert "goes on from an earlier run" in refusal("underfit-plateau", loss=SETTLED, extra={"resumed": True})
    assert refusal("underfit-plateau", loss=[1.0], val_loss=SETTLED, every={"loss": 20}) == "fewer than five points"
