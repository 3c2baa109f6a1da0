"""One curve's measures, where their true values are known from how it was made."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diagnose.curves import Series
from diagnose.evidence.shape import HUGE, Shape, unit_of

NAN, INF = math.nan, math.inf
CURVES = arrays(np.float64, st.integers(5, 60), elements=st.floats(0.01, 100))


def loss(values):
    array = np.array(values, dtype=np.float64)
    return Series("loss", "train", "loss", "min", np.arange(1, array.size + 1), array)


def test_lower_is_better_whatever_the_direction(shape):
    fell, rose = shape([3.0, 2.0, 1.0]), shape([0.1, 0.5, 0.9], "max")
    assert fell.y.tolist() == [3, 2, 1] and rose.y.tolist() == [-0.1, -0.5, -0.9]
    assert fell.fall == 2 and rose.fall == pytest.approx(0.8)
    assert rose.told(rose.end) == pytest.approx(0.9)


def test_what_is_no_number_is_set_apart(shape):
    one = shape([1.0, NAN, 0.5, INF, 0.25], epochs=[2, 4, 6, 8, 10])
    assert one.y.tolist() == [1.0, 0.5, 0.25]
    assert one.at.tolist() == [2, 6, 10]
    assert one.lost.tolist() == [4, 8]
    assert (one.position(1), one.position(-1)) == (6, 10)


def test_nearest_is_the_next_one_logged(shape):
    one = shape([1.0, 0.5, 0.25], epochs=[5, 10, 15])
    assert [one.nearest(at) for at in (1, 5, 6, 10, 15, 99)] == [0, 0, 1, 1, 2, 2]


def test_best_end_and_rise_of_a_v(shape):
    at = np.arange(40.0)
    one = shape(1 + np.abs(at - 20) / 20)
    assert one.best_index == 20
    assert one.best == pytest.approx(1, abs=0.1)
    assert one.end == pytest.approx(1.95)
    assert one.rise == one.end - one.best
    assert one.rise_told == pytest.approx(0.95)
    assert one.halves[0] == pytest.approx(1, abs=0.1)
    assert one.halves[1] == pytest.approx(-0.95, abs=0.1)


def test_a_single_lucky_epoch_is_not_the_best(shape):
    values = np.concatenate([np.linspace(2, 1, 30), np.linspace(1, 1.5, 30)])
    values[5] = 0.2
    assert 25 <= shape(values).best_index <= 34


def test_settled(shape):
    """From 1 to 0 in ten epochs, then level: within a tenth of the end at the ninth or tenth."""
    assert 8 <= shape([*np.linspace(1, 0, 11), *[0.0] * 30]).settled_index <= 11
    assert shape([1.0] * 20).settled_index == 0


def test_noise_of_a_known_deviation(shape):
    values = 5 * np.exp(-np.arange(400) / 40) + np.random.default_rng(0).normal(0, 0.05, 400)
    one = shape(values)
    assert one.noise == pytest.approx(0.05, rel=0.2)
    assert one.half_scatter == pytest.approx(0.05, rel=0.2)
    assert one.late.size == 80 and one.half.size == 200


@pytest.mark.parametrize(("points", "late", "half"), [(5, 5, 5), (8, 5, 5), (16, 8, 8), (30, 8, 15), (60, 12, 30)])
def test_the_late_part_of_short_curves(shape, points, late, half):
    one = shape(np.arange(points, 0, -1.0))
    assert (one.late.size, one.half.size) == (late, half)


def test_floor_is_a_twentieth_of_the_fall(shape):
    assert shape([2.0, *[1.0] * 9]).floor == pytest.approx(0.05)
    assert shape([1.0, *[2.0] * 9]).floor == 0


def test_an_explosion_is_no_measure_of_what_matters(shape):
    assert shape([1e6, *[1.0] * 9]).floor == pytest.approx(0.05 * 100)


def test_a_loss_that_vanished_keeps_the_scale_of_its_fall(shape):
    """Half of its values and more are exactly 0, so there is no typical level to compare the fall with."""
    one = shape([1.0, 0.5, *[0.0] * 8])
    assert one.floor == pytest.approx(0.05)
    assert one.scale(0.0) == pytest.approx(0.05)


def test_origin_is_the_lower_start_of_the_two(run):
    both = run(loss=[9.0, *[1.0] * 9], val_loss=[3.0, *[1.1] * 9])
    assert both.train.origin == both.val.origin == 3


@given(CURVES, st.integers(-20, 20))
def test_ratios_have_no_unit(values, power):
    """Powers of two, so that nothing is rounded and everything must be equal."""
    unit = 2.0**power
    one, other = Shape(loss(values)), Shape(loss(values * unit))
    assert (other.relative_rise, other.best_index) == (one.relative_rise, one.best_index)
    for name in ("start", "end", "best", "rise", "fall", "late_fall", "noise", "late_scatter", "half_level", "floor"):
        assert getattr(other, name) == getattr(one, name) * unit, name


@given(CURVES)
def test_orders_that_always_hold(values):
    one = Shape(loss(values))
    slack = 1e-9 * float(values.max())
    assert values.min() - slack <= one.best <= values.max() + slack
    assert one.rise >= 0 and one.noise >= 0 and one.late_scatter >= 0 and one.floor >= 0
    assert 0 <= one.best_index < one.n and 0 <= one.settled_index < one.n
    assert one.trend.shape == one.clean.shape == one.y.shape


def test_a_score_that_turns_is_measured_by_its_best(shape):
    """From 0.5 to 0.9, back to 0.7: two ninths of the best are lost."""
    one = shape([0.5, *[0.9] * 4, *[0.7] * 4], "max")
    assert one.relative_rise == pytest.approx(2 / 9)
    assert one.rise_told == pytest.approx(2 / 9)


def test_units_of_values_whose_squares_overflow():
    assert unit_of(loss([1.0, -3.0])) == 1
    assert unit_of(loss([1.0, -1e200]), loss([1e150])) == 1e200
    assert unit_of(loss([1e-200, NAN]), None) == 1e-200
    assert unit_of(loss([0.0])) == unit_of(loss([NAN, INF])) == unit_of() == 1
    one = Shape(loss([1e200, 5e199]), 1e200)
    assert one.y.tolist() == [1.0, 0.5]
    assert one.told(one.y[1]) == 5e199
    assert unit_of(loss([HUGE])) == 1
