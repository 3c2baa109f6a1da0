"""not-comparable: one shape, two scales."""

import numpy as np
import pytest

FALLS = 0.02 + np.exp(-np.arange(40) / 8)


def test_a_clear_case(judge, told):
    verdict = judge("not-comparable", loss=FALLS, val_loss=16 * FALLS)
    assert verdict.confidence > 0.95
    assert verdict.epochs == (1, 40)
    assert verdict.evidence["factor"] == pytest.approx(16)
    assert told(verdict).startswith("val_loss lies 16 times above loss")


def test_the_other_way(judge, told):
    assert told(judge("not-comparable", loss=16 * FALLS, val_loss=FALLS)).startswith(
        "val_loss lies 16 times below loss"
    )


def test_threshold(judge, constant):
    half = constant("not-comparable", "FACTOR")

    def sure(factor):
        return judge("not-comparable", loss=FALLS, val_loss=factor * FALLS).confidence

    assert sure(half**0.7) < 0.2
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half**1.4) > 0.8


def test_a_gap_that_overfitting_opened(judge):
    assert judge("not-comparable", loss=np.exp(-np.arange(40) / 8), val_loss=[1.0] * 40).confidence < 0.01


def test_two_flat_curves_tell_nothing(judge):
    assert judge("not-comparable", loss=[1.0] * 40, val_loss=[16.0] * 40).confidence < 0.05


def test_what_cannot_be_judged(refusal):
    assert "needs a positive" in refusal("not-comparable", loss=FALLS)
    assert "needs a positive" in refusal("not-comparable", loss=FALLS - 1, val_loss=FALLS)
