"""Smoothing: medians, means, where a curve ends; against slow versions, and as laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diagnose.evidence.smooth import end_level, median3, moving_mean, window

CURVES = arrays(np.float64, st.integers(1, 80), elements=st.floats(-1e6, 1e6))


def slow_median3(values):
    inner = [sorted(values[at - 1 : at + 2])[1] for at in range(1, len(values) - 1)]
    return [values[0], *inner, values[-1]] if len(values) > 2 else list(values)


def slow_moving_mean(values, width):
    n, out = len(values), []
    for at in range(n):
        reach = min(at, n - 1 - at, width // 2)
        out.append(sum(values[at - reach : at + reach + 1]) / (2 * reach + 1))
    return out


def slow_end(values):
    if len(values) < 5:
        return values[-1]
    tail = values[-max(3, len(values) // 10) :]
    slope, level = np.polyfit(np.arange(len(tail)), tail, 1)
    return level + slope * (len(tail) - 1)


@given(CURVES)
def test_median3_is_the_median_of_three(values):
    assert median3(values).tolist() == slow_median3(values.tolist())


@given(CURVES)
def test_median3_leaves_a_monotone_curve(values):
    rising = np.sort(values)
    assert (median3(rising) == rising).all()
    assert (median3(rising[::-1]) == rising[::-1]).all()


def test_median3_takes_a_spike_and_keeps_a_step():
    assert median3(np.array([1.0, 1.0, 9.0, 1.0, 1.0])).tolist() == [1.0] * 5
    step = np.array([1.0, 1.0, 9.0, 9.0, 9.0])
    assert (median3(step) == step).all()


def test_median3_does_not_touch_its_argument():
    values = np.array([1.0, 5.0, 1.0])
    median3(values)
    assert values.tolist() == [1.0, 5.0, 1.0]


@given(CURVES, st.sampled_from([1, 3, 5, 9, 101]))
def test_moving_mean_is_the_mean_around_each_point(values, width):
    assert moving_mean(values, width) == pytest.approx(slow_moving_mean(values.tolist(), width), abs=1e-8, rel=1e-9)


def test_moving_mean_of_more_points_than_are_kept():
    values = np.random.default_rng(0).normal(size=5000)
    assert moving_mean(values, 101) == pytest.approx(slow_moving_mean(values.tolist(), 101), abs=1e-12)


@given(st.integers(1, 300), st.floats(-100, 100), st.floats(-10, 10), st.sampled_from([3, 5, 21]))
def test_moving_mean_keeps_straight_lines(n, start, slope, width):
    line = start + slope * np.arange(n)
    assert moving_mean(line, width) == pytest.approx(line, abs=1e-9)


def test_moving_mean_keeps_the_digits_of_small_changes():
    """Sums around a value far from zero would lose them."""
    values = 1e9 + np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    assert moving_mean(values, 3).tolist() == values.tolist()


@given(CURVES, st.floats(0.001, 1000))
def test_smoothing_follows_a_change_of_unit(values, unit):
    size = float(np.abs(values).max()) * unit
    assert moving_mean(values * unit, 5) == pytest.approx(moving_mean(values, 5) * unit, rel=1e-9, abs=1e-12 * size)
    assert end_level(values * unit) == pytest.approx(end_level(values) * unit, rel=1e-9, abs=1e-12 * size)
    assert (median3(values * unit) == median3(values) * unit).all()


@pytest.mark.parametrize(
    ("points", "width"), [(1, 1), (9, 1), (10, 3), (19, 3), (20, 3), (40, 5), (100, 11), (10**6, 101)]
)
def test_window_is_odd_and_about_a_tenth(points, width):
    assert window(points) == width
    assert window(points) % 2 == 1


@given(CURVES)
def test_end_level_is_the_line_s_last_value_within_its_points(values):
    tail = values[-max(3, values.size // 10) :] if values.size >= 5 else values[-1:]
    held = min(max(slow_end(values), tail.min()), tail.max())
    assert end_level(values) == pytest.approx(held, rel=1e-6, abs=1e-6 * max(1.0, float(np.abs(values).max())))


def test_end_level_of_a_steep_descent_stays_within_its_points():
    assert end_level(np.array([3.0, 2.0, 1.0, 0.3, 0.01, 0.0])) == 0.0


@given(st.integers(5, 200), st.floats(-100, 100), st.floats(-10, 10))
def test_end_level_of_a_line_is_its_end(n, start, slope):
    line = start + slope * np.arange(n)
    assert end_level(line) == pytest.approx(line[-1], abs=1e-9 * (1 + abs(start) + abs(slope) * n))


def test_end_level_averages_noise():
    """Over the last hundred of a thousand, a line's end has a deviation of about 2 sigma / sqrt(100)."""
    chance = np.random.default_rng(1)
    ends = [end_level(chance.normal(5, 1, 1000)) for _ in range(400)]
    assert np.mean(ends) == pytest.approx(5, abs=0.05)
    assert np.std(ends) == pytest.approx(0.2, rel=0.15)
