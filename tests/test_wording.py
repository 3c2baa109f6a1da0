"""Numbers as a person would write them, and sentences filled with them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.wording import fill, number, share, times


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.558, "0.558"),
        (0.37, "0.370"),
        (1.0, "1.00"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234.0, "1,230"),
        (12_345.0, "12,300"),
        (-0.5, "-0.500"),
        (0.00012, "0.000120"),
        (4.1e-7, "4.1e-7"),
        (-3e-10, "-3e-10"),
        (2.5e12, "2.5e12"),
        (0.0, "0"),
        (-0.0, "0"),
        (math.nan, "NaN"),
        (math.inf, "Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_number(value, text):
    assert number(value) == text


@given(st.floats(-1e308, 1e308))
def test_a_number_reads_back_as_itself(value):
    """Within half of its third digit; numbers below 5e-324 don't exist."""
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=0.0051, abs=1e-322)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.51, "51%"),
        (0.004, "0.4%"),
        (0.0, "0%"),
        (-0.25, "-25%"),
        (1.5, "150%"),
        (23.4, "23 times"),
        (4567.0, "4,570 times"),
        (math.inf, "without bound"),
        (math.nan, "without bound"),
    ],
)
def test_share(value, text):
    assert share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.4, "1.4 times"),
        (14.2, "14 times"),
        (999.0, "999 times"),
        (1000.0, "over 1000 times"),
        (math.inf, "over 1000 times"),
    ],
)
def test_times(value, text):
    assert times(value) == text


def label(position):
    return f"step {position * 100}"


def test_fill_uses_every_form():
    evidence = {"rise": 0.51, "noise": 14.2, "count": 1234, "best": 0.37, "best_epoch": 19.0}
    text = fill("{curve}: {rise:%} {noise:x} {count:d} {best} ({best_epoch})", evidence, {"curve": "val_loss"}, label)
    assert text == "val_loss: 51% 14 times 1,234 0.370 (step 1900)"


def test_names_are_words_and_never_templates():
    """A column may be called anything."""
    assert fill("{curve} fell", {}, {"curve": "{loss} {0} %s"}, label) == "{loss} {0} %s fell"


def test_a_missing_number_is_an_error_of_the_rule():
    with pytest.raises(KeyError, match="best"):
        fill("{best}", {}, {}, label)
    with pytest.raises(KeyError):
        fill("{best:z}", {"best": 1.0}, {}, label)


def test_a_run_that_goes_on_has_not_ended():
    for running, text in ((False, "loss ends 5% up over the whole run"), (True, "loss is now 5% up so far")):
        template, numbers, names = "{curve} {ends} {rise:%} up {in_all}", {"rise": 0.05}, {"curve": "loss"}
        assert fill(template, numbers, names, str, running=running) == text
