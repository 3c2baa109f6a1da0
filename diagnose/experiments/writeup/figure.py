"""The report as pictures, by matplotlib: differences with their intervals, and the curves before and after."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from diagnose.errors import MissingDependency
from diagnose.experiments.writeup import words
from diagnose.renderers.figure import TRAIN, VALIDATION, check_suffix, picture
from diagnose.renderers.files import replace
from diagnose.renderers.plotted import LOG_RATIO
from diagnose.renderers.words import clean

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport, Result

BETTER, WORSE, NEITHER = "#009E73", "#CC3311", "#777777"
SHOWN = 4  # results whose curves are in the whole picture
Curves = Sequence[Mapping[str, Sequence[Any]]]


def draw(report: RerunReport, path: str | os.PathLike[str] | None = None) -> Any:
    """The whole picture; written to ``path`` when given, replacing the file at once.

    Raises UsageError for a suffix other than .png, .svg, .pdf; MissingDependency without matplotlib; OSError.
    """
    form = check_suffix(os.fspath(path)) if path is not None else ""
    shown = _first(report)
    heights = [_height(report), *(2.4 for _ in shown)]
    figure = _figure(9.0, sum(heights) + 0.4)
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    _intervals(parts[0], report)
    for part, one in zip(parts[1:], shown, strict=True):
        part.suptitle(f"{words.tried(one, report.results)}: {words.outcome(one)}", fontsize=9, parse_math=False)
        _pair(part, words.before(report, one), one.curves)
    if path is not None:
        replace(os.fspath(path), picture(figure, form))
    return figure


def intervals(report: RerunReport) -> str:
    """The differences with their intervals as an SVG element; "" where there are none."""
    if not any(one.difference.mean is not None for one in report.results):
        return ""
    figure = _figure(8.0, _height(report))
    _intervals(figure, report)
    return _svg(figure)


def pair(before: Curves, after: Curves) -> str:
    """The curves before and after as an SVG element; "" where there are none."""
    if not _panels(before, after):
        return ""
    figure = _figure(8.0, 2.3)
    _pair(figure, before, after)
    return _svg(figure)


def _first(report: RerunReport) -> list[Result]:
    """The winner, then whoever helped, then the others as they were tried; the dropped only where nobody else is."""
    winner = report.winner.steps if report.winner is not None else None
    drawable = [one for one in report.results if _panels(words.before(report, one), one.curves)]
    drawable = [one for one in drawable if not one.dropped] or drawable
    return sorted(drawable, key=lambda one: (one.steps != winner, not one.helped, not one.loss_helped))[:SHOWN]


def _height(report: RerunReport) -> float:
    return 1.0 + 0.26 * max(len(report.results), 2)


def _figure(width: float, height: float) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency("drawing needs matplotlib, which is not installed: pip install matplotlib") from error
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def _intervals(figure: Any, report: RerunReport) -> None:
    """A row a result: the mean difference, its interval, and the difference of every seed; for score and loss."""
    names = [report.metric] + (["loss"] if report.metric != "loss" else [])
    axes = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    rows = list(reversed(report.results))
    for ax, name in zip(axes, names, strict=True):
        ax.axvline(0, color="black", linewidth=0.8)
        for at, one in enumerate(rows):
            _interval(ax, at, one, report, own=name == report.metric)
        rises = name == report.metric and report.direction == "max"
        told = f"change in {clean(name)}   {'better →' if rises else '← better'}"
        ax.set_xlabel(told, fontsize=8, parse_math=False)
        _dress(ax)
        ax.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(rows)), [words.tried(one, rows) for one in rows], parse_math=False)
    axes[0].set_ylim(-0.6, max(len(rows), 1) - 0.4)


def _interval(ax: Any, at: int, one: Result, report: RerunReport, *, own: bool) -> None:
    difference = one.difference if own else one.loss_difference
    if difference.mean is None:
        return
    direction = report.direction if own else "min"
    helped = one.helped if own else one.loss_helped
    harmed = not one.dropped and difference.worse(direction)
    color = BETTER if helped else WORSE if harmed else NEITHER
    if own:
        ax.plot(one.differences, [at] * len(one.differences), "|", color=color, markersize=7, alpha=0.6)
    if difference.interval is not None:
        ax.plot(difference.interval, [at, at], color=color, linewidth=2.0, solid_capstyle="butt")
    ax.plot([difference.mean], [at], "o", color=color, markersize=5, fillstyle="none" if one.dropped else "full")


def _pair(figure: Any, before: Curves, after: Curves) -> None:
    """Before on the left, after on the right, each of ``_panels`` on one scale; a thin line a seed."""
    panels = _panels(before, after)
    axes = figure.subplots(1, 2 * len(panels), squeeze=False)[0]
    for at, (title, names) in enumerate(panels):
        left, right = axes[2 * at : 2 * at + 2]
        right.sharey(left)
        right.tick_params(labelleft=False)
        for ax, when, curves in ((left, "before", before), (right, "after", after)):
            _curves(ax, curves, names)
            ax.set_title(f"{clean(title)} {when}", fontsize=8, parse_math=False)
            ax.set_xlabel("epoch", fontsize=7)
            _dress(ax)
        if _steep([*before, *after], names):
            left.set_yscale("log")
    _legend(figure)


def _curves(ax: Any, curves: Curves, names: tuple[str, str]) -> None:
    for one in curves:
        for name, color in zip(names, (TRAIN, VALIDATION), strict=True):
            values = words.numeric(one.get(name, ()))
            shown = [value if math.isfinite(value) else math.nan for value in values]
            marker = {"marker": "o", "markersize": 3} if len(shown) == 1 else {}
            ax.plot(range(1, len(shown) + 1), shown, color=color, linewidth=0.9, alpha=0.8, **marker)


def _steep(curves: Curves, names: tuple[str, str]) -> bool:
    """Whether a linear scale would hide the low part."""
    values = [value for one in curves for name in names for value in words.numeric(one.get(name, ()))]
    finite = [value for value in values if math.isfinite(value)]
    return bool(finite) and min(finite) > 0 and max(finite) / min(finite) > LOG_RATIO


def _legend(figure: Any) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=TRAIN, label="training"), Line2D([], [], color=VALIDATION, label="validation")]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=7, frameon=False)


def _panels(before: Curves, after: Curves) -> list[tuple[str, tuple[str, str]]]:
    """Which curves both have: the loss, and one metric."""
    if not before or not after:
        return []
    shared = [name for name in before[0] if name in after[0] and not name.startswith("val_")]
    shared.sort(key=lambda name: name != "loss")
    return [(name, (name, f"val_{name}")) for name in shared[:2] if before[0][name] and after[0][name]]


def _dress(ax: Any) -> None:
    ax.tick_params(labelsize=7)
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)


def _svg(figure: Any) -> str:
    """The figure as an element that stands in a page, without anything from outside, the same every time."""
    from matplotlib import rc_context

    buffer = BytesIO()
    empty = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "diagnose"}):
        figure.savefig(buffer, format="svg", metadata=empty)
    text = buffer.getvalue().decode()
    return text[text.index("<svg") :].strip()
