"""non-finite-data: NaN or Inf in the inputs or targets."""

import math

from diagnose.inside import Data

FLAT = [0.7, 0.694, 0.693, 0.694, 0.693, 0.693, 0.694, 0.693]
GUESSING = [0.5, 0.49, 0.51, 0.5, 0.5, 0.51, 0.49, 0.5]
LEARNS = [0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.18, 0.17]
RIGHT = [0.5, 0.7, 0.8, 0.85, 0.9, 0.92, 0.93, 0.94]
BAD = Data("x", 1.0, 0.001, 0.03)
GOOD = Data("x", 1.0, 0.0, 0.0)
KEPT = [[0.0, 0.0, 0.0]]
FIRST = [[0.1, 0.0, 0.0]]


def test_in_the_sample_and_in_the_weights(judge, inside, told, constant):
    verdict = judge("non-finite-data", loss=FLAT, accuracy=GUESSING, inside=inside(lost=FIRST, data=(BAD,)))
    assert verdict.confidence == constant("non-finite-data", "SURE")
    assert told(verdict) == "3% of the sample's examples hold NaN or Inf in the inputs (x), and weights became NaN"


def test_in_the_sample_and_arriving(judge, inside, constant):
    found = inside(lost=KEPT, arriving=[[math.nan, 1.0, 1.0]], data=(BAD,))
    assert judge("non-finite-data", loss=FLAT, inside=found).confidence == constant("non-finite-data", "SEEN")


def test_in_the_targets(judge, inside, told):
    found = inside(lost=KEPT, arriving=[[1.0, 1.0, 1.0]], data=(GOOD, Data("y", 1.0, 0.03, 0.03)))
    verdict = judge("non-finite-data", loss=[math.nan] * 5, inside=found)
    assert verdict.confidence > 0.5
    assert "in the targets (y)" in told(verdict)


def test_a_model_that_deals_with_them(judge, inside, constant):
    found = inside(lost=KEPT, arriving=[[1.0, 1.0, 1.0]], data=(BAD,))
    assert judge("non-finite-data", loss=LEARNS, inside=found).confidence == constant("non-finite-data", "HANDLED")


def test_only_the_first_layer_is_lost(judge, inside, told, constant):
    for data in ((), (GOOD,)):  # the sample need not hold the bad rows
        verdict = judge("non-finite-data", loss=FLAT, accuracy=GUESSING, inside=inside(lost=FIRST, data=data))
        assert verdict.confidence == constant("non-finite-data", "ONLY")
        assert told(verdict).startswith("10% of the weights of the first layer (a) are NaN")


def test_all_layers_are_lost_by_an_overflow(judge, inside):
    assert judge("non-finite-data", loss=[0.7, math.nan], inside=inside(lost=[[1.0, 1.0, 1.0]])).confidence == 0


def test_nothing_is_lost(judge, inside):
    assert judge("non-finite-data", loss=FLAT, inside=inside(lost=KEPT, data=(GOOD,))).confidence == 0


def test_what_cannot_be_judged(refusal, inside):
    assert "DiagnoseCallback" in refusal("non-finite-data", loss=FLAT)
    assert "needs a sample" in refusal("non-finite-data", loss=FLAT, inside=inside(lost=KEPT))
