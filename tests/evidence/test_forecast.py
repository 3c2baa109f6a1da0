"""Forecasts: exact decays are carried on to their true future, and the spread of noisy ones is honest."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diagnose.evidence.forecast import POWERS, RATES, forecast


def futures(shape, n):
    """The curve of n points (times in run lengths), and its levels at once, twice, three and four times its length."""
    return shape(np.arange(1, n + 1) / n), [float(shape(np.array(float(times)))) for times in (1, 2, 3, 4)]


def told(values):
    return list(forecast(values)[:4])


@pytest.mark.parametrize("n", [10, 31, 200, 5000])
@pytest.mark.parametrize("rate", RATES[2:])
def test_exponentials_that_it_knows(rate, n):
    values, future = futures(lambda t: 0.3 + 2 * np.exp(-t / rate), n)
    assert told(values) == pytest.approx(future, abs=0.02 * float(np.ptp(values)))


@pytest.mark.parametrize("n", [10, 31, 200, 5000])
@pytest.mark.parametrize("power", POWERS)
def test_power_laws_that_it_knows(power, n):
    values, future = futures(lambda t: 0.3 + 2 * t**-power, n)
    late = values[-int(0.7 * n) :]
    assert told(values) == pytest.approx(future, abs=0.04 * float(np.ptp(late)))


@pytest.mark.parametrize("rate", [0.2, 0.3, 0.5, 0.9])
def test_exponentials_between_those_it_knows(rate):
    """Only roughly: a neighbour's future stands for theirs, which may be twice as far away."""
    values, future = futures(lambda t: 1 + np.exp(-t / rate), 100)
    twice = forecast(values).twice
    assert twice == pytest.approx(future[1], abs=0.12 * float(np.ptp(values)))
    assert twice < future[0]


def test_a_line_and_a_level():
    values, future = futures(lambda t: 5 - t, 50)
    assert told(values) == pytest.approx(future, abs=0.05)
    assert told(np.full(50, 0.7)) == pytest.approx([0.7] * 4)
    assert forecast(np.full(50, 0.7)).spread == pytest.approx(0, abs=1e-6)


def test_a_loss_that_never_was_negative_does_not_become_so():
    assert forecast(np.linspace(1, 0.1, 30)).fourfold >= 0
    assert forecast(np.linspace(1, -0.1, 30)).fourfold < -1


def test_a_bound_that_is_known():
    """A negated accuracy of 0.5 to 0.9 on a straight way cannot come below -1."""
    rising = -np.linspace(0.5, 0.9, 30)
    assert forecast(rising).fourfold < -1
    assert forecast(rising, -1.0).fourfold == pytest.approx(-1.0)


def test_the_spread_is_honest():
    """Of noisy exponentials whose rate it doesn't know, the true future lies within two deviations nearly always."""
    chance, inside, spreads = np.random.default_rng(0), 0, []
    for _ in range(300):
        rate, sigma = chance.uniform(0.1, 1.0), chance.uniform(0.005, 0.05)
        values, future = futures(lambda t, rate=rate: 0.5 + np.exp(-t / rate), 60)
        ahead = forecast(values + chance.normal(0, sigma, 60))
        inside += abs(ahead.twice - future[1]) < 2 * ahead.spread
        spreads.append(ahead.spread)
    assert inside / 300 > 0.85
    assert np.median(spreads) < 0.1  # and not by telling nothing


def test_more_noise_is_told_as_more_spread():
    chance = np.random.default_rng(2)
    values = 0.5 + np.exp(-np.arange(1, 61) / 24)
    noise = chance.normal(0, 1, 60)
    assert forecast(values + 0.05 * noise).spread > 2 * forecast(values + 0.002 * noise).spread


CURVES = arrays(np.float64, st.integers(5, 120), elements=st.floats(0.01, 100))


@settings(max_examples=60)
@given(CURVES, st.floats(0.001, 1000))
def test_it_follows_a_change_of_unit(values, unit):
    ahead, scaled = forecast(values), forecast(values * unit)
    assert list(scaled) == pytest.approx([one * unit for one in ahead], rel=1e-4, abs=1e-5 * unit * float(values.max()))


@settings(max_examples=60)
@given(CURVES)
def test_it_follows_a_shift_of_curves_that_may_be_negative(values):
    ahead, shifted = forecast(values - 200), forecast(values - 500)
    assert list(shifted[:4]) == pytest.approx([one - 300 for one in ahead[:4]], rel=1e-6, abs=1e-3)


@pytest.mark.parametrize("n", range(5))
def test_few_values(n):
    assert forecast(np.ones(n)) is None


def test_five_values_are_enough():
    assert all(math.isfinite(one) for one in forecast(np.array([5.0, 3.0, 2.0, 1.5, 1.2])))
