"""Paired differences against scipy.stats, and what they may claim."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from diagnose.experiments.statistics import Estimate, corrected, estimate, hopeless, paired

FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(st.lists(FINITE, min_size=3, max_size=12), st.sampled_from([0.5, 0.9, 0.95, 0.99875]))
def test_the_interval_is_students(values, level):
    found = estimate(values, level)
    assert found.count == len(values) and found.mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)
    error = stats.sem(values)
    reach = stats.t.interval(level, len(values) - 1, scale=error)[1] if error > 0 else 0.0
    assert found.interval == pytest.approx((found.mean - reach, found.mean + reach), rel=1e-6, abs=1e-6)


@given(st.lists(st.tuples(FINITE, FINITE), min_size=3, max_size=10))
def test_the_paired_difference_is_the_paired_t_test(pairs):
    treated, base = ({seed: pair[at] for seed, pair in enumerate(pairs)} for at in (0, 1))
    found = paired(treated, base, 0.95)
    differences = [one - other for one, other in pairs]
    if np.std(differences) < 1e-6:
        return
    wanted = stats.ttest_rel([one for one, _ in pairs], [other for _, other in pairs]).confidence_interval(0.95)
    assert found.interval == pytest.approx((wanted.low, wanted.high), rel=1e-6, abs=1e-6)


def test_only_seeds_of_both_count():
    found = paired({0: 3.0, 1: 5.0, 2: 4.0, 4: None}, {0: 1.0, 1: 2.0, 3: 9.0, 4: 1.0}, 0.95)
    assert found == Estimate(2.5, None, 2)
    assert paired({0: 1.0}, {1: 1.0}, 0.95) == Estimate(None, None, 0)


def test_two_pairs_show_nothing():
    assert estimate([1.0, 1.0], 0.95).interval is None
    assert not estimate([1.0, 1.0], 0.95).above()


def test_the_same_difference_each_time_has_no_width():
    found = estimate([0.25] * 5, 0.95)
    assert found.interval == (0.25, 0.25) and found.better("max") and found.worse("min")
    assert not estimate([0.0] * 5, 0.95).better("max")  # nothing is no improvement


@pytest.mark.parametrize(("interval", "better", "worse"), [((0.1, 0.2), "max", "min"), ((-0.2, -0.1), "min", "max")])
def test_better_is_wholly_on_the_better_side(interval, better, worse):
    one = Estimate(sum(interval) / 2, interval, 5)
    assert one.better(better) and one.worse(worse) and not one.better(worse) and not one.worse(better)


@pytest.mark.parametrize("interval", [(-0.1, 0.1), (0.0, 0.2), (-0.2, 0.0), None])
def test_an_interval_that_holds_none_shows_nothing(interval):
    one = Estimate(0.0, interval, 5)
    assert not any(ask(way) for ask in (one.better, one.worse) for way in ("min", "max"))


@pytest.mark.parametrize("tried", [1, 2, 7])
def test_bonferroni(tried):
    assert (1 - corrected(0.95, tried)) * tried == pytest.approx(0.05)
    assert corrected(0.95, 0) == pytest.approx(0.95)


def test_all_intervals_hold_together_as_often_as_asked():
    """Four techniques that change nothing: in at most one study of twenty one of them seems to do something."""
    random = np.random.default_rng(0)
    level, studies = corrected(0.95, 4), 2000
    wrong = 0
    for noise in random.normal(size=(studies, 4, 5)):
        found = [estimate(list(one), level) for one in noise]
        wrong += any(one.above() or one.below() for one in found)
    # the share of 2000 studies has a standard error of 0.005; Bonferroni's bound for independent ones is 0.049
    assert wrong / studies < 0.05 + 3 * 0.005
    assert wrong / studies > 0.05 - 4 * 0.005


@pytest.mark.parametrize("direction", ["min", "max"])
@given(st.lists(st.tuples(FINITE, FINITE), min_size=4, max_size=8))
def test_from_four_pairs_on_wilcoxon_decides(direction, pairs):
    scores, leader = ({seed: pair[at] for seed, pair in enumerate(pairs)} for at in (0, 1))
    sign = 1 if direction == "max" else -1
    behind = [sign * (leader[seed] - scores[seed]) for seed in scores]
    if not any(behind):
        assert not hopeless(scores, leader, direction)
        return
    assert hopeless(scores, leader, direction) == (stats.wilcoxon(behind, alternative="greater").pvalue < 0.1)


def test_four_pairs_all_behind_are_enough():
    leader = dict.fromkeys(range(4), 0.9)
    assert hopeless({0: 0.5, 1: 0.899, 2: 0.7, 3: 0.6}, leader, "max")
    assert not hopeless({0: 0.5, 1: 0.901, 2: 0.6, 3: 0.7}, leader, "max")


def test_fewer_pairs_must_be_far_behind():
    leader = dict.fromkeys(range(3), 0.9)
    assert hopeless({0: 0.5, 1: 0.55}, leader, "max")  # behind by 0.35 to 0.4
    assert not hopeless({0: 0.5, 1: 0.8}, leader, "max")  # by 0.1 to 0.4: they differ by more than the lesser
    assert not hopeless({0: 0.1}, leader, "max")  # one pair shows nothing
    assert not hopeless({0: 1.5, 1: 1.55}, leader, "max")  # ahead
    assert hopeless({0: 1.5, 1: 1.55}, leader, "min")


def test_nothing_in_common_is_not_hopeless():
    assert not hopeless({}, {0: 1.0}, "max")
    assert not hopeless({5: 0.0, 6: 0.0}, {0: 1.0}, "max")


def test_ties_are_not_hopeless():
    even = dict.fromkeys(range(6), 0.5)
    assert not hopeless(even, even, "max") and not hopeless(even, even, "min")


def test_the_mean_of_many_loses_nothing():
    assert estimate([1e16, 1.0, -1e16, 1.0], 0.95).mean == 0.5
    assert math.isfinite(estimate([1e150, 2e150, 3e150], 0.95).interval[1])
