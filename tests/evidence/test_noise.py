"""Noise: known deviations are found again, trends and spikes are not taken for it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diagnose.evidence.noise import bends, mean, middle, noise, noises, scatter, turns

# Multiples of 2**-10, so that squares are far from the smallest numbers.
STEPS = st.integers(-(2**30), 2**30).map(lambda count: count / 1024)
CURVES = arrays(np.float64, st.integers(1, 60), elements=STEPS)
LONG = arrays(np.float64, st.integers(5, 60), elements=STEPS)


def drawn(sigma, n=4000, seed=0):
    return np.random.default_rng(seed).normal(0, sigma, n)


@given(CURVES)
def test_mean_and_middle_are_numpy_s(values):
    assert mean(values) == pytest.approx(float(np.mean(values)), rel=1e-9, abs=1e-9)
    assert middle(values) == pytest.approx(float(np.median(values)), rel=1e-12)


def test_middle_of_the_largest_numbers():
    assert middle(np.array([1.7e308, 1.7e308])) == 1.7e308


@given(LONG)
def test_bends_are_distances_from_the_chord(values):
    slow = [values[at] - (values[at - 1] + values[at + 1]) / 2 for at in range(1, len(values) - 1)]
    assert bends(values) == pytest.approx(slow, abs=1e-9)


@given(LONG)
def test_noise_is_the_median_bend(values):
    slow = 1.4826 * np.median(np.abs(bends(values))) / math.sqrt(1.5)
    assert noise(values) == pytest.approx(slow, rel=1e-12)


@given(LONG, st.data())
def test_noises_are_both_at_once(values, data):
    late = data.draw(st.integers(5, values.size))
    assert noises(values, late) == pytest.approx((noise(values), noise(values[-late:])), rel=1e-12)


@pytest.mark.parametrize("sigma", [1e-6, 0.1, 30.0])
def test_a_known_deviation_is_found_again(sigma):
    assert noise(drawn(sigma)) == pytest.approx(sigma, rel=0.06)
    assert scatter(drawn(sigma)) == pytest.approx(sigma, rel=0.06)


def test_a_trend_is_not_noise():
    at = np.arange(4000)
    assert noise(0.01 * at + drawn(0.1)) == pytest.approx(0.1, rel=0.06)
    assert scatter(5 * np.exp(-at / 500) + drawn(0.1)) == pytest.approx(0.1, rel=0.06)
    assert noise(3.0 - 0.5 * at) == pytest.approx(0, abs=1e-9)


def test_one_spike_that_recovers_counts_for_neither():
    values = drawn(0.1)
    values[2000] += 50
    assert noise(values) == pytest.approx(0.1, rel=0.06)
    assert scatter(values) == pytest.approx(0.1, rel=0.06)


def test_many_spikes_count_for_the_scatter():
    values = drawn(0.1)
    values[::100] += 5
    assert noise(values) == pytest.approx(0.1, rel=0.1)
    assert scatter(values) > 0.4


@given(LONG, st.integers(-20, 20))
def test_a_deviation_has_the_curve_s_unit(values, power):
    """Powers of two, so that nothing is rounded."""
    unit = 2.0**power
    assert noise(values * unit) == noise(values) * unit
    assert scatter(values * unit) == scatter(values) * unit
    assert (noise(-values), scatter(-values)) == (noise(values), scatter(values))


@given(LONG, st.floats(-100, 100), st.floats(-10, 10))
def test_neither_a_shift_nor_a_slope_is_noise(values, shift, slope):
    moved = values + shift + slope * np.arange(values.size)
    assert noise(moved) == pytest.approx(noise(values), rel=1e-6, abs=1e-9 * (1 + float(np.abs(moved).max())))


def test_few_values():
    assert noise(np.array([1.0, 5.0, 1.0, 5.0])) == 0
    assert scatter(np.array([1.0, 5.0])) == 0
    assert scatter(np.array([1.0, 5.0, 1.0])) == pytest.approx(4 / math.sqrt(1.5))
    assert math.isnan(turns(np.array([1.0, 2.0])))


def test_turns():
    assert turns(np.exp(-np.arange(50) / 5.0)) == 0
    assert turns(np.array([1.0, 2.0] * 10)) == 1
    assert turns(drawn(1.0)) == pytest.approx(
        2 / 3, abs=0.03
    )  # of three values the middle one is outermost twice in three
