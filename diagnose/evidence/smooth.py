"""The slow trend of a curve, apart from its noise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from diagnose.curves import FloatArray, IntArray

KEPT = 4096  # points of a curve up to which the windows are kept for the next one of its length


def window(points: int) -> int:
    """Points to average over for the trend of a curve of so many: odd, about a tenth, 1 below ten points, at most 101."""
    return min(101, 1 + 2 * (points // 20)) if points >= 20 else (3 if points >= 10 else 1)


def median3(values: FloatArray) -> FloatArray:
    """The median of each value and its two neighbours; ends as they are. Shape (n,) -> (n,).

    Takes out single spikes and leaves a monotone curve untouched (Tukey, Exploratory Data Analysis, 1977).
    """
    if values.size < 3:
        return values
    a, b, c = values[:-2], values[1:-1], values[2:]
    out: FloatArray = values.copy()
    out[1:-1] = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    return out


def moving_mean(values: FloatArray, width: int) -> FloatArray:
    """The centred mean over ``width`` (odd) values, over fewer but still centred ones at the ends. Shape (n,) -> (n,).

    A straight line stays itself up to its ends, so an end is not pulled towards the middle.
    """
    n = values.size
    half = min(width // 2, (n - 1) // 2)
    if half < 1:
        return values
    middle = values[n // 2]  # summing around a value near the others keeps the digits of small differences
    total = np.empty(n + 1)
    total[0] = 0.0
    np.cumsum(values - middle, out=total[1:])
    after, before, count = _reach(n, half) if n <= KEPT else _reach.__wrapped__(n, half)
    means: FloatArray = (total[after] - total[before]) / count + middle
    return means


@lru_cache(maxsize=64)
def _reach(n: int, half: int) -> tuple[IntArray, IntArray, IntArray]:
    """Of the window at each point: one past its last point, its first, and how many it has. Shapes (n,)."""
    at = np.arange(n)
    reach = np.minimum(np.minimum(at, n - 1 - at), half)
    return at + reach + 1, at - reach, 2 * reach + 1


def end_level(values: FloatArray) -> float:
    """Where a curve ends: the last value of the straight line through the last ``max(3, n // 10)`` points, within their range.

    For fewer than five values the last one. ``values`` (n,) finite, single spikes taken out (``median3``).
    """
    n = values.size
    if n < 5:
        return float(values[-1])
    tail = values[-max(3, n // 10) :]
    at = np.arange(tail.size) - (tail.size - 1) / 2
    slope = float(at @ tail) / float(at @ at)
    end = float(tail.sum() / tail.size + slope * at[-1])
    return min(max(end, float(tail.min())), float(tail.max()))  # a steep descent carries the line below the values
