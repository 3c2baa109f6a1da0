"""lagging-averages: what a batch normalization does in validation."""

import pytest

from diagnose.inside import Data

LEARNS = [1.0, 0.8, 0.7, 0.6, 0.5, 0.45, 0.42, 0.4, 0.38, 0.37]
BAD = [one + 0.6 for one in LEARNS]
NAN = float("nan")


def off(value):
    return {"drift": [[NAN, value, NAN]], "kind": "BatchNormalization"}


def test_averages_of_another_layer(judge, inside, told):
    verdict = judge("lagging-averages", loss=LEARNS, val_loss=BAD, inside=inside(**off(2.0)))
    assert verdict.confidence > 0.95
    assert (verdict.curve, verdict.epochs) == ("val_loss", (1, 10))
    assert "put the output of b off by 2.00 of its deviation" in told(verdict)


def test_threshold_of_the_averages(judge, inside, constant):
    half = constant("lagging-averages", "FAR")

    def sure(value):
        return judge("lagging-averages", loss=LEARNS, val_loss=BAD, inside=inside(**off(value))).confidence

    assert sure(half / 1.5) < 0.1
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half * 1.5) > 0.9


def test_threshold_of_the_gap(judge, inside, constant):
    half = constant("lagging-averages", "GAP")

    def sure(gap):
        curves = {"loss": [1.0, 0.7, *[0.5] * 20], "val_loss": [1.0, 0.9, *[0.5 / (1 - gap)] * 20]}
        return judge("lagging-averages", **curves, inside=inside(**off(2.0))).confidence

    assert sure(half - 0.15) < 0.1
    assert sure(half) == pytest.approx(0.5, abs=0.02)
    assert sure(half + 0.15) > 0.9


def test_a_gap_of_another_cause(judge, inside):
    assert judge("lagging-averages", loss=LEARNS, val_loss=BAD, inside=inside(**off(0.1))).confidence < 0.01


def test_a_model_without_batch_normalization(judge, inside):
    found = inside(weight=[[1.0] * 3], data=(Data("x", 1.0, 0.0, 0.0),))
    assert judge("lagging-averages", loss=LEARNS, val_loss=BAD, inside=found).confidence == 0


def test_what_cannot_be_judged(refusal, inside):
    assert "DiagnoseCallback" in refusal("lagging-averages", loss=LEARNS, val_loss=BAD)
    assert "needs a sample" in refusal("lagging-averages", loss=LEARNS, inside=inside(weight=[[1.0] * 3]))
    assert "a validation loss" in refusal("lagging-averages", loss=LEARNS, inside=inside(**off(2.0)))
