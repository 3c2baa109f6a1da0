"""Where a curve is going: a blend of simple decays, fitted to its later part, carried on to multiples of its length."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from diagnose.curves import FloatArray, IntArray

PART = 0.7  # the share of the curve, from its end, that the decays are fitted to
POINTS = 32  # the fitted part is averaged down to at most so many points
RATES = np.array(
    [0.03, 0.06, 0.1, 0.15, 0.25, 0.4, 0.7, 1.2, 2.5]
)  # time constants of the exponentials, in run lengths
POWERS = np.array([0.25, 0.5, 1.0, 2.0])  # exponents of the power laws
HORIZONS = (1.0, 2.0, 3.0, 4.0)  # now, and two to four times the epochs


class Forecast(NamedTuple):
    """What the fitted decays say, in the curve's unit; lower is better.

    now      level at the curve's end
    twice, thrice, fourfold   expected level at so many times the epochs
    spread   standard deviation of ``twice``: disagreement of the decays and noise of the points
    """

    now: float
    twice: float
    thrice: float
    fourfold: float
    spread: float


def _shapes(at: FloatArray) -> FloatArray:
    """All decays at times ``at`` (run lengths): exponentials, power laws, a logarithm, a line. Shape (15, n)."""
    exponentials = np.exp(-at / RATES[:, None])
    powers = at ** -POWERS[:, None]
    return np.concatenate([exponentials, powers, -np.log(at)[None], -at[None]])


def forecast(values: FloatArray, lowest: float = -math.inf, since: int = 0) -> Forecast | None:
    """Fit each decay a + b * shape(t) by least squares, weigh by likelihood, carry on. None for fewer than five values.

    ``values`` (n,) finite, single spikes taken out (``median3``); ``lowest`` is what they can't fall below, where that is
    known; a loss that never was negative is taken not to become so. ``since`` is where a new descent began (a resume, an
    unfreezing): what was before is left out, and time counts from there.

    A weighted blend instead of the single best fit, because the first part of an exponential, a power law and a line look
    alike while their futures differ; ``spread`` says by how much (Domhan, Springenberg, Hutter, *Speeding up automatic
    hyperparameter optimization by extrapolation of learning curves*, 2015, in closed form).
    """
    n = values.size - since
    if n < 5:
        return None
    design = _design(n, since)
    level = values[since + design.start :]
    if design.edges is not None:
        level = np.add.reduceat(level, design.edges) / design.width
    points = level.size
    mean = float(level.sum()) / points
    rest = level - mean
    along = design.about @ rest
    slope = along / design.square
    square = np.maximum(float(rest @ rest) - slope * along, 0.0)  # what each decay leaves unexplained
    least = float(square.min())
    variance = max(least / max(1, points - 3), (1e-4 * float(level.max() - level.min())) ** 2, 1e-300)
    weight = np.exp((least - square) / (2 * variance))
    weight /= weight.sum()
    levels = mean + slope[:, None] * design.ahead
    bound = max(lowest, 0.0) if float(values.min()) > 0 else lowest
    if bound > -math.inf:
        np.maximum(levels, bound, out=levels)
    expected = weight @ levels
    spread = float(weight @ (levels[:, 1] - expected[1]) ** 2 + 3 * variance / points) ** 0.5
    now, twice, thrice, fourfold = expected.tolist()
    return Forecast(now, twice, thrice, fourfold, spread)


class _Design(NamedTuple):
    """What the fit needs and what depends on the number of values alone."""

    start: int
    edges: IntArray | None
    width: IntArray
    about: FloatArray
    square: FloatArray
    ahead: FloatArray


@lru_cache(maxsize=128)
def _design(n: int, since: int = 0) -> _Design:
    """The decays at the fitted points of a curve's last ``n`` values, about their means, and at the horizons.

    Time is counted in lengths of these values; the horizons are multiples of the whole run, ``since`` values longer. Many
    points are averaged down to ``POINTS``.
    """
    start = n - max(4, int(n * PART))
    at = np.arange(start + 1, n + 1) / n
    edges, width = None, np.ones(1, dtype=np.int64)
    if at.size > POINTS:
        bounds = np.linspace(0, at.size, POINTS + 1).astype(np.int64)
        edges, width = bounds[:-1], np.diff(bounds)
        at = np.add.reduceat(at, edges) / width
    shapes = _shapes(at)
    centre = shapes.mean(axis=1)[:, None]
    about = shapes - centre
    return _Design(
        start,
        edges,
        width,
        about,
        np.einsum("ij,ij->i", about, about),
        _shapes(np.array([(one * (n + since) - since) / n for one in HORIZONS])) - centre,
    )
