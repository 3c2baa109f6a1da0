"""From amounts to probabilities."""

import math
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special

from diagnose.evidence.belief import Model, Term, above, beyond, logistic, logit

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


TERMS = st.builds(
    Term,
    half=st.floats(1e-3, 1e3),
    spread=st.floats(0.01, 10),
    low=st.floats(-6, -1),
    high=st.floats(1, 6),
    log=st.booleans(),
    against=st.booleans(),
    unknown=st.floats(-2, 2),
)


@given(TERMS)
def test_a_term_speaks_neither_way_at_its_half(term):
    assert term(term.half) == 0


@given(st.floats(1e-3, 1e3), st.floats(0.2, 10))
def test_a_term_counts_spreads_in_natural_logarithms(half, spread):
    """Twice the half is ln 2 away from it, and so is half of it on the other side."""
    term = Term(half, spread, -6, 6)
    assert term(2 * half) == pytest.approx(math.log(2) / spread)
    assert term(half / 2) == pytest.approx(-math.log(2) / spread)
    assert term(half * math.exp(spread)) == pytest.approx(1)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 10))
def test_or_in_the_measure_s_unit(half, spread):
    term = Term(half, spread, -6, 6, log=False)
    assert term(half + spread) == pytest.approx(1, rel=1e-6)
    assert term(half - 2 * spread) == pytest.approx(-2, rel=1e-6)


@example(Term(2.5, 0.4), 5e-324)  # divided by its half it is 0
@given(TERMS, st.floats())
def test_whatever_the_measure_a_term_keeps_its_bounds(term, measure):
    held = term(measure)
    assert held == term.unknown if math.isnan(measure) else term.low <= held <= term.high


@given(TERMS, st.floats(-1e3, 1e3), st.floats(0, 1e3))
def test_more_speaks_for_the_claim_or_where_it_is_against_it_never_does(term, measure, more):
    less, larger = term(measure), term(measure + more)
    assert larger <= less if term.against else less <= larger


@given(TERMS, st.floats(1e-3, 1e3))
def test_against_is_the_same_number_turned(term, measure):
    turned = replace(term, against=not term.against, low=-term.high, high=-term.low)
    assert turned(measure) == -term(measure)


def test_edges_of_a_term():
    for term in (Term(1.0, 0.5, -3, 2), Term(1.0, 0.5, -3, 2, log=False)):
        assert (term(math.inf), term(-math.inf), term(math.nan)) == (2, -3, 0)
        assert replace(term, against=True)(math.inf) == -3
        assert replace(term, unknown=1.5)(math.nan) == 1.5
    assert Term(1.0, 0.5, -3, 2)(0.0) == Term(1.0, 0.5, -3, 2)(-1.0) == -3  # nothing at all is infinitely far below


MODEL = Model(
    {"rise": Term(0.1, 0.35, -6, 6), "gap": Term(0.2, 0.1, -6, 6, log=False, unknown=2.0), "calm": Term(1.0, 1.0)},
    {"constant": -1.0, "rise": 0.5, "gap": 0.25, "calm": 0.0},
)


def test_a_model_adds_what_its_terms_say():
    """-1 + 0.5 ln(0.2 / 0.1) / 0.35 + 0.25 (0.3 - 0.2) / 0.1."""
    odds = -1 + 0.5 * math.log(2) / 0.35 + 0.25
    assert MODEL.odds({"rise": 0.2, "gap": 0.3, "calm": 9.0}) == pytest.approx(odds)
    assert MODEL({"rise": 0.2, "gap": 0.3, "calm": 9.0}) == pytest.approx(1 / (1 + math.exp(-odds)))


def test_a_model_is_left_with_its_constant_where_nothing_speaks():
    assert MODEL({"rise": 0.1, "gap": 0.2, "calm": 1.0}) == pytest.approx(1 / (1 + math.e))


def test_what_is_not_measured_is_unknown_to_a_model():
    known = {"rise": 0.1, "gap": 0.2}
    assert MODEL.odds({}) == MODEL.odds({"rise": math.nan, "gap": math.nan}) == pytest.approx(-1 + 0.25 * 2.0)
    assert MODEL.odds(known) == MODEL.odds({**known, "another": 5.0}) == -1
