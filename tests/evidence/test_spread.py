"""Repeats: how far apart, how sure, which stand apart, how many are needed."""

import math

import numpy as np
import pytest
from scipy import stats

from diagnose.evidence.spread import outliers, repeats_needed, spread


def test_the_deviation_is_numpy_s():
    results = np.array([0.9, 1.0, 1.3, 0.7])
    assert spread(results).deviation == pytest.approx(float(np.std(results, ddof=1)))


@pytest.mark.parametrize("count", [5, 10, 30])
def test_the_interval_is_about_the_exact_one(count):
    """That of the chi-squared distribution, whose upper end few repeats push even further."""
    got = spread(np.random.default_rng(count).normal(0, 1, count))
    low, high = (math.sqrt((count - 1) / stats.chi2.ppf(p, count - 1)) for p in (0.975, 0.025))
    assert got.low / got.deviation == pytest.approx(low, rel=0.2)
    assert got.high / got.deviation == pytest.approx(high, rel=0.35)


def test_the_interval_covers_the_truth():
    chance = np.random.default_rng(0)
    inside = 0
    for _ in range(1000):
        got = spread(chance.normal(3, 2, 8))
        inside += got.low < 2 < got.high
    assert 0.9 < inside / 1000 < 0.99


def test_runs_that_stand_apart():
    assert outliers(np.array([1.0, 1.1, 0.9, 1.05, 9.0, 0.95])).tolist() == [4]
    assert outliers(np.array([1.0, 1.0, 1.0, 1.0, 2.0])).tolist() == [4]
    assert outliers(np.array([1.0, 1.1, 0.9, 1.05])).tolist() == []
    assert outliers(np.array([1.0, 1.0, 9.0])).tolist() == []  # of three nobody knows which is the odd one
    assert outliers(np.zeros(6)).tolist() == []


def test_normal_results_seldom_stand_apart():
    chance = np.random.default_rng(1)
    assert np.mean([outliers(chance.normal(0, 1, 20)).size for _ in range(300)]) < 0.2


@pytest.mark.parametrize("ratio", [1.0, 0.5, 2.0])
def test_repeats_needed_have_the_power_they_promise(ratio):
    """Simulated: two groups of that many, a true difference, a two-sided test at 5%."""
    count = int(repeats_needed(1.0, ratio))
    chance = np.random.default_rng(3)
    found = 0
    for _ in range(600):
        one, other = chance.normal(0, 1, count), chance.normal(ratio, 1, count)
        found += abs(one.mean() - other.mean()) / math.sqrt(2 / count) > 1.96
    assert 0.75 < found / 600 < 0.95


def test_edges_of_repeats_needed():
    assert repeats_needed(0.0, 1.0) == 2
    assert repeats_needed(1.0, 0.0) == repeats_needed(1.0, -1.0) == repeats_needed(1e200, 1e-200) == math.inf
