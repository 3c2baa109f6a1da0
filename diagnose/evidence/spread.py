"""What repeated runs say together: how far apart they end, how sure that is, which of them stand apart."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from diagnose.curves import FloatArray, IntArray

_SURE = 1.96  # normal deviations of a 95% interval
_POWER = 0.84  # normal deviations for finding a difference four times in five
_OF_MEDIAN = 1.4826  # deviation of a normal from its median absolute deviation


class Spread(NamedTuple):
    """Standard deviation of the runs' results, and its 95% interval, in the results' unit."""

    deviation: float
    low: float
    high: float


def spread(results: FloatArray) -> Spread:
    """The standard deviation of n >= 2 results, shape (n,), with its interval.

    The logarithm of a sample's deviation has a deviation of about 1 / sqrt(2 (n - 1)) (Johnson, Kotz, Continuous Univariate
    Distributions, 1994, chapter 13): few repeats tell little of their own spread.
    """
    deviation = float(results.std(ddof=1))
    factor = math.exp(_SURE / math.sqrt(2 * (results.size - 1)))
    return Spread(deviation, deviation / factor, deviation * factor)


def outliers(results: FloatArray) -> IntArray:
    """Indices of results over 3.5 robust deviations from their median; none of fewer than four. Shape (n,) -> (k,).

    (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993: the modified z-score.)
    """
    if results.size < 4:
        return np.zeros(0, dtype=np.int64)
    away = np.abs(results - np.median(results))
    typical = float(np.median(away)) * _OF_MEDIAN
    return np.flatnonzero(away > 3.5 * max(typical, 1e-12 * float(np.abs(results).max())))


def repeats_needed(deviation: float, difference: float) -> float:
    """How many repeats of each of two configurations show a difference of that size, four times in five, at 95%."""
    if not difference > 0:
        return math.inf
    ratio = (_SURE + _POWER) * deviation / difference
    needed = 2 * ratio * ratio
    return float(max(2, math.ceil(needed))) if math.isfinite(needed) else math.inf
