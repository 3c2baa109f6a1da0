"""How much a curve jumps about between neighbouring points, apart from where it is going."""

from __future__ import annotations

import math

import numpy as np

from diagnose.curves import FloatArray

_OF_SECOND = math.sqrt(1.5)  # deviation of y[i] - (y[i-1] + y[i+1]) / 2 for independent noise of deviation 1
_SPIKE = 8  # second differences of a curve too short to tell a spike from a swing
_LONE = 0.05  # share of the sum that is left without the spike
_OF_MEDIAN = 1.4826  # deviation of a normal from its median absolute value


def mean(values: FloatArray) -> float:
    """The mean, without the overhead of ``numpy.mean`` on short arrays. Shape (n,), n >= 1."""
    return float(np.add.reduce(values)) / values.size


def middle(values: FloatArray) -> float:
    """The median, by partition (several times quicker than ``numpy.median`` on short arrays). Shape (n,), n >= 1."""
    half = values.size // 2
    part = values.copy()
    part.partition(half)
    if values.size % 2:
        return float(part[half])
    return float(part[:half].max() / 2 + part[half] / 2)


def bends(values: FloatArray) -> FloatArray:
    """Each inner value minus the mean of its neighbours: noise without any straight trend. Shape (n,) -> (n - 2,)."""
    return np.asarray(values[1:-1] - (values[:-2] + values[2:]) * 0.5)


def noise(values: FloatArray) -> float:
    """Deviation of the typical epoch-to-epoch noise, in the curve's unit, >= 0; 0 for fewer than five values.

    From the median of the absolute second differences, so that neither a trend nor a few spikes count
    (Gasser, Sroka, Jennen-Steinmetz, Biometrika 73, 1986, eq. 3, with the median in place of the mean).
    """
    if values.size < 5:
        return 0.0
    return _OF_MEDIAN / _OF_SECOND * middle(np.abs(bends(values)))


def noises(values: FloatArray, late: int) -> tuple[float, float]:
    """``noise`` of all the values and of the last ``late`` of them, for the price of one. Shape (n,), n >= late >= 5."""
    bent = np.abs(bends(values))
    return _OF_MEDIAN / _OF_SECOND * middle(bent), _OF_MEDIAN / _OF_SECOND * middle(bent[2 - late :])


def scatter(values: FloatArray) -> float:
    """Root mean square of the epoch-to-epoch noise, in the curve's unit; 0 for fewer than three values.

    Large swings count, as often as they come. A single spike that recovers does not: where one value (and so three second
    differences) makes nearly all of the sum, it is left out.
    """
    if values.size < 3:
        return 0.0
    bent = bends(values)
    total, count = float(bent @ bent), bent.size
    if count > _SPIKE:
        worst = int(np.abs(bent).argmax())
        before, after = bent[: max(0, worst - 1)], bent[worst + 2 :]
        rest = float(before @ before) + float(after @ after)
        if rest < _LONE * total:
            total, count = rest, before.size + after.size
    return math.sqrt(total / count) / _OF_SECOND


def turns(values: FloatArray) -> float:
    """Share of inner points that are a local top or bottom, 0...1: 0 for a smooth descent, 2/3 for pure noise.

    NaN for fewer than three values. (Bienaymé's turning point test, 1874.)
    """
    if values.size < 3:
        return math.nan
    steps = np.diff(values)
    return float(np.count_nonzero(steps[1:] * steps[:-1] < 0)) / (values.size - 2)
