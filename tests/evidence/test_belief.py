"""From amounts to probabilities."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from diagnose.evidence.belief import above, beyond, logistic, logit

POSITIVE = st.floats(1e-300, 1e300)


@given(st.floats(-1e4, 1e4))
def test_logistic_is_scipy_s(x):
    assert logistic(x) == pytest.approx(float(special.expit(x)), rel=1e-12, abs=1e-300)


@given(st.floats(1e-6, 1 - 1e-6))
def test_logit_is_the_inverse(p):
    assert logit(p) == pytest.approx(float(special.logit(p)), rel=1e-9, abs=1e-9)
    assert logistic(logit(p)) == pytest.approx(p)


def test_logit_of_certainty_is_finite():
    assert logit(1.0) == pytest.approx(math.log(1e9), rel=1e-6)
    assert logit(0.0) == pytest.approx(-math.log(1e9), rel=1e-6)


@given(POSITIVE)
def test_one_half_at_half(half):
    assert beyond(half, half) == 0.5


def test_the_figures_of_the_docstring():
    assert beyond(2.0, 1.0) == pytest.approx(0.88, abs=0.005)
    assert beyond(0.5, 1.0) == pytest.approx(0.12, abs=0.005)


@given(POSITIVE, POSITIVE, st.floats(1.001, 100))
def test_more_is_surer(value, half, times):
    assert 0 <= beyond(value, half) <= beyond(value * times, half) <= 1


@given(st.floats(1e-100, 1e100), st.floats(1e-100, 1e100), st.floats(1e-3, 1e3))
def test_beyond_has_no_unit(value, half, unit):
    assert beyond(value * unit, half * unit) == pytest.approx(beyond(value, half), abs=1e-6)


def test_edges_of_beyond():
    assert beyond(0.0, 1.0) == beyond(-3.0, 1.0) == beyond(math.nan, 1.0) == 0
    assert beyond(math.inf, 1.0) == beyond(1.0, 0.0) == 1
    assert beyond(5e-324, 1e300) == pytest.approx(0, abs=1e-300)
    assert beyond(1e300, 5e-324) == 1


@given(st.floats(-100, 100), st.floats(0.01, 10))
def test_above(half, spread):
    assert above(half, half, spread) == 0.5
    assert above(half + spread, half, spread) == pytest.approx(1 / (1 + math.exp(-1)), rel=1e-6)
    assert above(half - spread, half, spread) + above(half + spread, half, spread) == pytest.approx(1)


def test_edges_of_above():
    assert above(math.nan, 0.0, 1.0) == above(-math.inf, 0.0, 1.0) == 0
    assert above(math.inf, 0.0, 1.0) == 1
