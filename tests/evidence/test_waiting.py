"""How long a run waited for its best, and what early stopping must therefore wait."""

import math

import pytest

from diagnose.evidence.waiting import longest_wait, patience


@pytest.mark.parametrize(
    ("values", "mode", "waited"),
    [
        ([], "min", 0),
        ([0.5], "min", 0),
        ([3, 2, 1, 2, 3, 4], "min", 0),  # what comes after the best is no wait for it
        ([1.17, 1.2, 1.3, 1.25, 1.18, 1.17, 1.1, 1.2], "min", 5),  # as good as the best is not better
        ([1, 2, 0.9, 1, 1, 0.8], "min", 2),
        ([0.5, 0.4, 0.6, 0.7, 0.1], "max", 1),
        ([math.nan, math.nan, 1.0, math.nan, 0.5], "min", 2),
        ([math.nan, math.nan], "min", 0),
        ([math.inf, 1.0], "min", 1),
    ],
)
def test_a_wait_is_what_lies_between_two_bests(values, mode, waited):
    assert longest_wait(values, mode) == waited


@pytest.mark.parametrize(
    ("epochs", "waited", "wanted"),
    [
        (20, 0, 5),
        (50, 3, 5),
        (50, 6, 9),  # a training that is stuck at first and gets going: 5 epochs would have ended it
        (50, 40, 17),  # a third of the run at most
        (300, 10, 30),
        (6, 6, 5),
    ],
)
def test_patience_outlasts_the_wait_that_was_seen(epochs, waited, wanted):
    assert patience(epochs, waited) == wanted
