"""One curve, measured: what the rules ask about it, computed at most once."""

from __future__ import annotations

import math

import numpy as np

from diagnose.curves import FloatArray, IntArray, Series
from diagnose.evidence.forecast import Forecast, forecast
from diagnose.evidence.noise import mean, middle, noise, noises, scatter
from diagnose.evidence.once import once
from diagnose.evidence.smooth import end_level, median3, moving_mean, window
from diagnose.metrics import is_accuracy

JUMP = 0.2  # a step up, relative to the level, that begins a new descent
JUMP_NOISES = 20.0  # the same in deviations of the noise
PERCENT = 1.5  # an accuracy beyond it is written in percent
FEW = 8  # points below which a scatter is mostly chance
LATE = 0.2  # the late part of a curve: its last fifth
HUGE = 1e100  # values beyond it, or all below its inverse, are measured in units of the largest: squares would overflow
EXPLODED = 100.0  # a start of so many times the typical level says nothing about what a change is worth


def unit_of(*series: Series | None) -> float:
    """What to divide curves by that are judged together: 1, but for values whose squares can't be told as numbers."""
    largest = 0.0
    for one in series:
        if one is not None:
            highest, lowest = float(one.values.max()), float(one.values.min())
            if not (-math.inf < lowest and highest < math.inf):  # NaN, too
                finite = one.values[np.isfinite(one.values)]
                highest, lowest = float(finite.max(initial=0.0)), float(finite.min(initial=0.0))
            largest = max(largest, highest, -lowest)
    return largest if largest > HUGE or 0 < largest < 1 / HUGE else 1.0


class Shape:
    """A curve turned so that lower is better, and its measures.

    y      (m,) the finite values, in the given unit, negated where the metric is maximised; m >= 1
    at     (m,) their 1-based positions on the run's axis
    lost   (k,) positions of the values that were NaN or Inf
    until    the position up to which it is judged, where a wave of the learning rate is not over; None: to its end
    partner  the same loss on the other split, if there is one
    """

    def __init__(self, series: Series, unit: float = 1.0, until: int | None = None) -> None:
        self.series = series
        self.unit = unit
        self.partner: Shape | None = None
        self.name = series.name
        finite = np.isfinite(series.values)
        if until is not None and bool((finite & (series.epochs <= until)).any()):
            finite &= series.epochs <= until
        whole = bool(finite.all())
        self.raw: FloatArray = series.values if whole else series.values[finite]
        level = self.raw if unit == 1.0 else self.raw / unit
        self.y: FloatArray = -level if series.direction == "max" else level
        self.at: IntArray = series.epochs if whole else series.epochs[finite]
        self.lost: IntArray = series.epochs[:0] if whole else series.epochs[~finite]
        self.n = self.y.size

    @once
    def clean(self) -> FloatArray:
        """The values without single spikes, (m,)."""
        return median3(self.y)

    @once
    def trend(self) -> FloatArray:
        """The smoothed curve, (m,)."""
        return moving_mean(self.clean, window(self.n))

    @once
    def start(self) -> float:
        """The first value."""
        return float(self.y[0])

    @once
    def origin(self) -> float:
        """Where learning began: the lower first value of this curve and its partner on the other split."""
        return min(self.start, self.partner.start) if self.partner else self.start

    @once
    def end(self) -> float:
        """The level at the end."""
        return end_level(self.clean)

    @once
    def best_index(self) -> int:
        """Where (0-based, among the values) the curve is best: the lowest value near the bottom of the trend."""
        near = max(1, window(self.n) // 2)
        bottom = int(self.trend.argmin())
        first = max(0, bottom - near)
        return first + int(self.y[first : bottom + near + 1].argmin())

    @once
    def best(self) -> float:
        """The best level of the smoothed curve."""
        return float(self.trend.min())

    @once
    def floor(self) -> float:
        """5% of the fall from the start: a change below it does not matter, however small the loss has become.

        A start of over a hundred times the typical level is an explosion (unscaled inputs) and tells nothing of what matters.
        """
        fall = max(0.0, self.origin - self.best)
        typical = abs(middle(self.y))
        return 0.05 * (min(fall, EXPLODED * typical) if typical > 0 else fall)

    @once
    def noise(self) -> float:
        """Typical deviation between epochs, of all or of the later half, the smaller: a steep start is not noise."""
        return min(noises(self.y, self.half.size)) if self.n >= 10 else noise(self.y)

    @once
    def late(self) -> FloatArray:
        """The values of the last fifth; of a short curve at least eight, or its last half: a scatter of few is chance."""
        return self.y[-max(5, round(self.n * LATE), min(FEW, self.n // 2)) :]

    @once
    def half(self) -> FloatArray:
        """The values of the last half, at least five."""
        return self.y[-max(5, self.n // 2) :]

    @once
    def half_level(self) -> float:
        """Mean over the last half."""
        return mean(self.half)

    @once
    def late_scatter(self) -> float:
        """Epoch-to-epoch scatter over the last fifth."""
        return scatter(self.late)

    @once
    def half_scatter(self) -> float:
        """Epoch-to-epoch scatter over the last half."""
        return scatter(self.half)

    @once
    def late_level(self) -> float:
        """Mean over the last fifth."""
        return mean(self.late)

    @once
    def rise(self) -> float:
        """How far the end lies above the best of the trend, >= 0."""
        return max(0.0, self.end - self.best)

    @once
    def fall(self) -> float:
        """How far the end lies below the start; negative when it ends worse."""
        return self.start - self.end

    @once
    def new_start(self) -> int:
        """Index at which the curve's last descent began: after the last large jump up, 0 where there was none.

        A jump exceeds twenty deviations of the noise and a fifth of the level; one in the last fifth begins nothing yet.
        """
        steps = self.clean[1:] - self.clean[:-1]
        if float(steps.max(initial=0.0)) <= JUMP_NOISES * self.noise:
            return 0
        large = steps > np.maximum(JUMP_NOISES * self.noise, JUMP * np.abs(self.clean[:-1]) + self.floor)
        at = np.flatnonzero(large[: self.n - max(5, self.n // 5)])
        return int(at[-1]) + 1 if at.size else 0

    @once
    def lowest(self) -> float:
        """What ``y`` can't fall below: for an accuracy minus 1 (or minus 100), else no limit."""
        if self.series.direction != "max" or not is_accuracy(self.series.metric):
            return -math.inf
        return -100.0 if float(self.raw.max()) > PERCENT else -1.0

    @once
    def forecast(self) -> Forecast | None:
        """Where it is going; None for fewer than five values."""
        return forecast(self.clean, self.lowest, self.new_start)

    @once
    def late_fall(self) -> float:
        """How far the trend fell over the last third."""
        return float(self.trend[-1 - self.n // 3]) - self.end if self.n >= 3 else self.fall

    @once
    def halves(self) -> tuple[float, float]:
        """How far the trend fell over the first and over the second half."""
        middle = float(self.trend[self.n // 2])
        return self.start - middle, middle - self.end

    @once
    def settled_index(self) -> int:
        """The first point (0-based) from which on the trend stays within a tenth of its whole fall of its end."""
        near = 0.1 * max(self.start - self.best, self.noise)
        away = np.flatnonzero(np.abs(self.trend - self.end) > near)
        return min(int(away[-1]) + 1, self.n - 1) if away.size else 0

    @once
    def relative_rise(self) -> float:
        """The rise of the trend relative to its best level."""
        return self.rise / self.scale(self.best)

    @once
    def rise_told(self) -> float:
        """The rise from the best value as it was logged, relative: what a person finds who divides the two numbers."""
        best = float(self.y[self.best_index])
        return (self.end - best) / self.scale(best)

    @once
    def rise_in_noise(self) -> float:
        """The rise in deviations of the noise, or in halves of the late scatter where spikes make that the larger."""
        return self.rise / max(self.noise, 0.5 * self.late_scatter, 1e-9 * self.scale(self.best))

    def told(self, level: float) -> float:
        """A level as the history writes it (the sign turned back for a maximised metric)."""
        return (-level if self.series.direction == "max" else level) * self.unit

    def nearest(self, position: int) -> int:
        """The index of the value at a 1-based position of the run's axis, or of the next one logged."""
        return min(int(self.at.searchsorted(position)), self.n - 1)

    def scale(self, level: float) -> float:
        """What a change at this level is taken relative to: the level's size or the floor, never zero."""
        return max(abs(level), self.floor, 1e-300)

    def position(self, index: int) -> int:
        """The 1-based position on the run's axis of the value at ``index``."""
        return int(self.at[index])
