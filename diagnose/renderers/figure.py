"""The annotated curves as a picture (.png, .svg, .pdf), drawn by matplotlib without touching pyplot or its settings."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from diagnose.errors import MissingDependency, UsageError
from diagnose.renderers.files import replace
from diagnose.renderers.layers import Measure, draw_layers, measures
from diagnose.renderers.plotted import Panel, condense, panels, scale
from diagnose.renderers.words import clean, headline, named, verdict
from diagnose.wording import number

if TYPE_CHECKING:
    from diagnose.curves import Series
    from diagnose.report import Report

SUFFIXES = (".png", ".svg", ".pdf")
MOST = 30  # histories in one picture
DENSE = 1500  # points from which on a curve is drawn as a band: thin, and not dashed
COLUMNS = 900  # about the pixels of a panel's width: what is finer than that is condensed to its extremes
POINTS_WITH_MARKERS = 3  # a shorter curve is hardly a line
# Okabe and Ito's colours: told apart with any kind of colour blindness.
TRAIN, VALIDATION, RATE = "#0072B2", "#D55E00", "#777777"
SHADES = ("#E69F00", "#CC79A7", "#009E73")


def check_suffix(path: str | Path) -> str:
    """The picture's format by the path's suffix. Raises UsageError for any other than the three."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"expected a picture ending in .png, .svg or .pdf, found {str(path)!r}; rename it")
    return suffix[1:]


def draw(report: Report, path: str | Path | None = None) -> Any:
    """The matplotlib figure of one report; written to ``path`` when given, replacing the file at once.

    The two first metrics, and below them what was measured inside the model, if anything was.

    Raises UsageError for a suffix other than .png, .svg, .pdf; MissingDependency without matplotlib; OSError.
    """
    form = check_suffix(path) if path is not None else ""
    shown = [one for one in panels(report) if one.series][:2]
    measured = measures(report.curves.inside)
    rows = len(shown) + len(measured)
    figure = _figure(10.0, 3.4 + 1.9 * rows)
    axes = figure.subplots(max(rows, 1), 1, sharex=True, squeeze=False)[:, 0]
    for one, ax in zip(shown, axes, strict=False):
        _draw_panel(ax, report, one)
    for measure, ax in zip(measured, axes[len(shown) :], strict=False):
        _draw_measure(ax, report, measure)
    if measured:
        figure.align_ylabels(axes)
    _title(figure.suptitle, report)
    _axis_name(axes[-1], report)
    if path is not None:
        replace(path, picture(figure, form))
    figure._repr_png_ = partial(picture, figure, "png")  # a notebook shows it, whether pyplot was imported or not
    return figure


def draw_all(reports: Sequence[Report], path: str | Path) -> int:
    """One picture of all reports, in a grid; returns how many did not fit (beyond ``MOST``)."""
    if len(reports) == 1:
        draw(reports[0], path)
        return 0
    form = check_suffix(path)
    shown = reports[:MOST]
    across = 1 if len(shown) == 1 else 2 if len(shown) <= 4 else 3 if len(shown) <= 12 else 5
    down = -(-len(shown) // across)
    figure = _figure(max(9.0, 4.2 * across), 3.1 * down)
    axes = figure.subplots(down, across, squeeze=False).ravel()
    mixed = len({_axis_of(report) for report in shown}) > 1
    for at, (ax, report) in enumerate(zip(axes, shown, strict=False)):
        _draw_panel(ax, report, next(iter(panels(report)), None), small=True)
        _title(ax.set_title, report, small=True)
        if mixed or at + across >= len(shown):  # where all count the same, the lowest of each column says it
            _axis_name(ax, report, small=True)
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    replace(path, picture(figure, form))
    return len(reports) - len(shown)


def picture(figure: Any, form: str) -> bytes:
    """The figure in the format's bytes; a name in letters the font lacks shows boxes, without a warning."""
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(buffer, format=form, dpi=150)
    return buffer.getvalue()


def _figure(width: float, height: float) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency("drawing needs matplotlib, which is not installed: pip install matplotlib") from error
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def _title(place: Any, report: Report, *, small: bool = False) -> None:
    """The verdict over the source; in a grid short enough for a small panel. A "$" in a file's name is no formula."""
    longest = 38 if small else 70
    source = clean(report.source)
    source = source if len(source) <= longest else f"…{source[1 - longest :]}"
    said = verdict(report) if small else f"{named(report.diagnosis).upper()}: {clean(headline(report))}"
    place(f"{said}\n{source}", fontsize=8 if small else 11, parse_math=False)


def _draw_panel(ax: Any, report: Report, panel: Panel | None, *, small: bool = False) -> None:
    if panel is None:
        ax.text(0.5, 0.5, "no curve", ha="center", va="center", transform=ax.transAxes)
        return
    length = report.curves.length
    if scale(panel.series, length) == "log":
        ax.set_yscale("log")
    handles = [_curve(ax, one, length) for one in panel.series]
    handles += _best(ax, report, panel)
    handles += _shades(ax, report, panel)
    _marks(ax, report)
    ax.set_ylabel(clean(panel.metric), parse_math=False)
    _dress(ax, length, small)
    _legend(ax, handles, small)


def _draw_measure(ax: Any, report: Report, measure: Measure) -> None:
    length = report.curves.length
    handles, title = draw_layers(ax, measure, length)
    _marks(ax, report)
    ax.set_ylabel(measure.name)
    _dress(ax, length, small=False)
    _legend(ax, handles, small=False, title=title)


def _dress(ax: Any, length: int, small: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(5 if small else 9, integer=True, min_n_ticks=1))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.set_xlim(*((0.5, length + 0.5) if length < 50 else (1, length)))
    ax.spines[["top", "right"]].set_visible(False)


def _curve(ax: Any, one: Series, length: int) -> Any:
    xs, ys = condense(one.epochs, one.values, length, COLUMNS)
    train, dense = one.split == "train", len(ys) > DENSE
    finite = int(np.isfinite(ys).sum())
    # A lone point between gaps is no line: short curves show their points.
    marker = {"marker": "o", "markersize": 4.0} if finite <= POINTS_WITH_MARKERS or len(ys) <= 40 else {}
    if len(ys) > POINTS_WITH_MARKERS and marker:
        marker["markersize"] = 2.5
    label = f"{_shown(one.name)}  {number(float(one.values[-1]))}"
    shown = np.where(np.isfinite(ys), ys, np.nan)
    (line,) = ax.plot(
        xs, shown, color=TRAIN if train else VALIDATION, linestyle="-" if train or dense else (0, (5, 1)),
        linewidth=0.6 if dense else 1.4, alpha=0.8 if dense else 1.0, label=label, zorder=3, **marker,
    )  # fmt: skip
    return line


def _shown(name: str) -> str:
    # Legends leave out labels that begin with an underscore.
    return f" {clean(name)}" if name.startswith("_") else clean(name)


def _best(ax: Any, report: Report, panel: Panel) -> list[Any]:
    best = panel.best
    if best is None:
        return []
    label = f"best {number(best.value)}, {clean(report.curves.label(best.epoch))}"
    return [ax.plot([best.epoch], [best.value], "*", color="black", markersize=9, zorder=5, label=label)[0]]


def _shades(ax: Any, report: Report, panel: Panel) -> list[Any]:
    metrics = {one.name: one.metric for one in report.curves.series}
    handles = []
    for color, one in zip(SHADES, report.findings, strict=False):
        if one.epochs is None or metrics.get(one.curve or "", panel.metric) != panel.metric:
            continue
        first, last = one.epochs
        look = {"color": color, "alpha": 0.16, "linewidth": 0, "zorder": 0}
        handles.append(ax.axvspan(first - 0.5, last + 0.5, label=named(one.rule), **look))
    return handles


def _marks(ax: Any, report: Report) -> None:
    """Thin lines where the learning rate steps and where a note begins, unless they would be a fence."""
    curves = report.curves
    places = {one.epochs[0] for one in report.notes if one.epochs and one.epochs[0] > 1}
    if curves.learning_rate is not None:
        rate = curves.learning_rate
        changed = np.flatnonzero(np.isfinite(rate[1:]) & np.isfinite(rate[:-1]) & (rate[1:] != rate[:-1])) + 2
        places |= set(changed.tolist()) if len(changed) <= 12 else set()
    for place in sorted(places)[:20]:
        ax.axvline(place - 0.5, color=RATE, linewidth=0.7, linestyle=":", zorder=1)


def _legend(ax: Any, handles: list[Any], small: bool, title: str | None = None) -> None:
    # Beside the curves, so that it hides nothing; in a grid there is no room for that.
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "fontsize": 8}
    if small:
        place = {"loc": "best", "fontsize": 6.5}
    if title is not None:
        place |= {"title": title, "title_fontsize": 8, "alignment": "left"}
    legend = ax.legend(handles=handles, framealpha=0.8, frameon=small, **place)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _axis_name(ax: Any, report: Report, *, small: bool = False) -> None:
    ax.set_xlabel(_axis_of(report), parse_math=False, fontsize=8 if small else None)


def _axis_of(report: Report) -> str:
    curves = report.curves
    if curves.axis == "epoch" or curves.numbering is None:
        return curves.axis
    return f"logged point ({clean(curves.axis_range)})"
