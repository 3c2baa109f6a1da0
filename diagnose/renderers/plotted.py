"""What every drawing needs: which curves to show, on which scale, and long series condensed to their extremes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diagnose.curves import FloatArray, IntArray, Series
    from diagnose.report import Point, Report

LOG_RATIO = 100.0  # from this ratio between the highest and lowest value on, a linear axis hides the low part
STEEP_RATIO = 10.0  # from this ratio on, if the later half of the run is squeezed into...
SQUEEZED = 0.15  # ...less than this share of a linear axis


@dataclass(frozen=True, slots=True)
class Panel:
    """The curves of one metric: training and validation, and the best point of the one that is judged."""

    metric: str
    train: Series | None
    validation: Series | None
    best: Point | None

    @property
    def series(self) -> tuple[Series, ...]:
        """Those that exist, the training curve first."""
        return tuple(one for one in (self.train, self.validation) if one is not None)


def panels(report: Report) -> list[Panel]:
    """One panel a metric: first the one the verdict is about, then the loss, then the rest as logged."""
    metrics = list(dict.fromkeys(one.metric for one in report.curves.series))
    first = _told(report)
    metrics.sort(key=lambda metric: (metric != first, metric != "loss"))
    return [panel(report, metric) for metric in metrics]


def panel(report: Report, metric: str | None = None) -> Panel:
    """The curves of a metric; of the one the verdict is about when none is named."""
    curves = report.curves
    metric = _told(report) if metric is None else metric
    train = curves.of("train", metric)
    validation = curves.of("validation", metric) or curves.of("test", metric)
    return Panel(metric, train, validation, _best(report, validation or train))


def _told(report: Report) -> str:
    by_name = {one.name: one.metric for one in report.curves.series}
    wanted = [finding.curve for finding in report.findings[:1]] + [report.best.curve if report.best else None]
    for name in wanted:
        if name in by_name:
            return by_name[name]
    metrics = list(by_name.values())
    return "loss" if "loss" in metrics or not metrics else metrics[0]


def _best(report: Report, series: Series | None) -> Point | None:
    if series is None or series.direction is None:
        return None
    if report.best is not None and report.best.curve == series.name:
        return report.best
    finite = np.isfinite(series.values)
    if not finite.any():
        return None
    from diagnose.report import Point

    worst = np.inf if series.direction == "min" else -np.inf
    kept = np.where(finite, series.values, worst)
    at = int(kept.argmin() if series.direction == "min" else kept.argmax())
    return Point(series.name, int(series.epochs[at]), float(series.values[at]))


def scale(series: Sequence[Series], length: int) -> Literal["linear", "log"]:
    """Logarithmic when a linear axis would squeeze the last curve, the judged one, into its foot; all must be above 0.

    A training loss that falls towards zero is no reason: on a logarithmic axis it would squeeze the validation curve.
    """
    known = [one for one in series if np.isfinite(one.values).any()]
    if not known:
        return "linear"
    extremes = [_extremes(one.values) for one in known]
    if min(low for low, _ in extremes) <= 0:
        return "linear"
    low, high = extremes[-1][0], max(top for _, top in extremes)
    if high >= LOG_RATIO * low:
        return "log"
    judged = known[-1]
    late = judged.values[np.isfinite(judged.values) & (judged.epochs > length / 2)]
    if late.size < 2:
        return "linear"
    bottom, top = _extremes(late)
    squeezed = top - bottom < SQUEEZED * (high - low) and top < low + (high - low) / 2
    return "log" if high >= STEEP_RATIO * low and squeezed else "linear"


def _extremes(values: FloatArray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return float(finite.min()), float(finite.max())


def condense(epochs: IntArray, values: FloatArray, length: int, columns: int) -> tuple[FloatArray, FloatArray]:
    """The curve in at most four points a column: first, lowest, highest and last, in the order they were logged.

    epochs, values: (m,); returns x, y: (k,), k <= m. A column without a finite value keeps one NaN, so that a gap
    stays a gap; a non-finite value beside finite ones in a column is dropped only when the curve is condensed.
    """
    if len(epochs) <= 4 * columns:
        return epochs.astype(np.float64), values
    bins = ((epochs - 1) * columns) // max(length, 1)
    starts = np.flatnonzero(np.r_[True, bins[1:] != bins[:-1]])
    ends = np.r_[starts[1:], len(bins)] - 1
    finite = np.isfinite(values)
    lowest = _where(np.where(finite, values, np.inf), starts, ends, np.minimum)
    highest = _where(np.where(finite, values, -np.inf), starts, ends, np.maximum)
    kept = np.unique(np.concatenate([starts, lowest, highest, ends]))
    some = np.logical_or.reduceat(finite, starts)[np.searchsorted(starts, kept, side="right") - 1]
    kept = kept[finite[kept] | ~some]
    return epochs[kept].astype(np.float64), values[kept]


def _where(values: FloatArray, starts: IntArray, ends: IntArray, extreme: np.ufunc) -> IntArray:
    """The index of each bin's extreme value."""
    peaks = extreme.reduceat(values, starts)
    hits = np.flatnonzero(values == np.repeat(peaks, ends - starts + 1))
    return hits[np.searchsorted(hits, starts)]
