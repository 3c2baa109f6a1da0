"""What a notebook shows for a report: self-contained HTML with an inline drawing, readable on light and on dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from diagnose.renderers.plotted import Panel, condense, panel, scale
from diagnose.renderers.words import clean, fine, headline, named, numbers, remedy
from diagnose.wording import number

if TYPE_CHECKING:
    from diagnose.curves import FloatArray, Series
    from diagnose.report import Recommendation, Report

WIDTH, HEIGHT, LEFT, TOP, FOOT = 640, 200, 56, 10, 24
COLUMNS = 300
# Middle tones that stand out from white and from black alike; text takes the page's own colour.
CURVES = {"train": "#3b8fd0", "validation": "#e07b28"}
SHADE = "#d9a21b"
VERDICTS = {"learning": "#d9534f", "generalization": "#d08700", "prediction": "#b565c9", None: "#3a9d5d"}


def render(report: Report) -> str:
    """One ``<div>``; every name and sentence in it is escaped."""
    parts = [_head(report), _drawing(report, panel(report))]
    if report.findings:
        parts.append(_list("Why", [one.summary for one in report.findings]))
        parts.append(_advice(report.recommendations))
    else:
        parts.append(_list("", [numbers(report)] if report.healthy else [f"To judge it: {remedy(report)}."]))
    parts.append(_list("Notes", [one.summary for one in report.notes]))
    if report.fine:
        parts.append(f"<div><b>Fine</b> {_text(', '.join(fine(report)))}</div>")
    return f'<div style="max-width:{WIDTH}px;font-family:sans-serif;line-height:1.4">{"".join(parts)}</div>'


def _text(text: str) -> str:
    return escape(clean(text), quote=True)


def _head(report: Report) -> str:
    told = report.findings or report.healthy
    color = VERDICTS[report.area] if told else "#808890"
    verdict = f'<b style="color:{color}">{_text(named(report.diagnosis).upper())}</b>'
    return (
        f'<div style="opacity:.75">{_text(report.source)} &nbsp; {_text(report.curves.read_as)}</div>'
        f'<div style="font-size:115%;margin:.4em 0">{verdict} &nbsp; {_text(headline(report))}</div>'
    )


def _list(title: str, lines: list[str]) -> str:
    shown = "".join(f"<li>{_text(line)}</li>" for line in lines if line)
    if not shown:
        return ""
    return f'{f"<b>{title}</b>" if title else ""}<ul style="margin:.2em 0 .6em 0">{shown}</ul>'


def _advice(advice: tuple[Recommendation, ...]) -> str:
    if not advice:
        return ""
    first, *rest = advice
    others = ", ".join(named(one.technique) for one in rest)
    return (
        f"<b>Do</b> {_text(named(first.technique))}: {_text(first.why)}"
        f'<pre style="padding:.5em;border:1px solid #8888;overflow-x:auto">{escape(first.code)}</pre>'
        + (f"<div>or {_text(others)}</div>" if others else "")
    )


def _drawing(report: Report, shown: Panel) -> str:
    series = [one for one in shown.series if np.isfinite(one.values).any()]
    if not series or report.curves.length < 2:
        return ""
    log = scale(series, report.curves.length) == "log"
    finite = np.concatenate([one.values[np.isfinite(one.values)] for one in series])
    low, high = float(finite.min()), float(finite.max())
    place = _Place(report.curves.length, low, high, log)
    parts = [_shade(report, place), *(_curve(one, place) for one in series), _best(shown, place)]
    parts += [_label(number(high), TOP + 8), _label(number(low), TOP + HEIGHT), _keys(series)]
    return (
        f'<svg viewBox="0 0 {LEFT + WIDTH} {TOP + HEIGHT + FOOT}" width="100%" role="img" '
        f'font-size="12" fill="currentColor" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{_text(shown.metric)} over {_text(report.curves.axis_range)}</title>{''.join(parts)}</svg>"
    )


class _Place:
    """Epochs and values to the drawing's coordinates."""

    def __init__(self, length: int, low: float, high: float, log: bool) -> None:
        self.length, self.log = length, log
        self.low, self.high = (float(np.log10(low)), float(np.log10(high))) if log else (low, high)

    def x(self, epochs: FloatArray | float) -> FloatArray:
        return LEFT + (np.asarray(epochs, dtype=np.float64) - 1) / max(self.length - 1, 1) * (WIDTH - 10)

    def y(self, values: FloatArray | float) -> FloatArray:
        shown = np.log10(values) if self.log else np.asarray(values, dtype=np.float64)
        if not self.high > self.low:
            return np.full_like(shown, TOP + HEIGHT / 2)
        # Halves first: the difference of two huge values may overflow.
        return TOP + (self.high / 2 - shown / 2) / (self.high / 2 - self.low / 2) * HEIGHT


def _curve(one: Series, place: _Place) -> str:
    xs, ys = condense(one.epochs, one.values, place.length, COLUMNS)
    finite = np.isfinite(ys)
    owner = "train" if one.split == "train" else "validation"
    style = f'fill="none" stroke="{CURVES[owner]}" stroke-width="1.8"'
    dash = "" if owner == "train" else ' stroke-dasharray="7 2"'
    pieces = []
    for part in np.split(np.arange(len(xs)), np.flatnonzero(~finite)):
        kept = part[finite[part]]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(place.x(xs[kept]), place.y(ys[kept]), strict=True))
        if len(kept) == 1:
            x, y = points.split(",")
            pieces.append(f'<circle cx="{x}" cy="{y}" r="2" fill="{CURVES[owner]}"/>')
        elif points:
            pieces.append(f'<polyline points="{points}" {style}{dash}/>')
    return "".join(pieces)


def _best(shown: Panel, place: _Place) -> str:
    if shown.best is None or not np.isfinite(shown.best.value):
        return ""
    x, y = float(place.x(shown.best.epoch)), float(place.y(shown.best.value))
    side, gap = ("end", -7) if x > WIDTH / 2 else ("start", 7)
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f'<text x="{x + gap:.1f}" y="{max(y - 9, TOP + 12):.1f}" text-anchor="{side}">'
        f"best {number(shown.best.value)}</text>"
    )


def _shade(report: Report, place: _Place) -> str:
    if not report.findings or report.findings[0].epochs is None:
        return ""
    start, end = (float(place.x(one)) for one in report.findings[0].epochs)
    size = f'x="{start:.1f}" y="{TOP}" width="{max(end - start, 2):.1f}" height="{HEIGHT}"'
    return f'<rect {size} fill="{SHADE}" opacity=".18"/>'


def _label(text: str, y: int) -> str:
    return f'<text x="{LEFT - 6}" y="{y}" text-anchor="end">{text}</text>'


def _keys(series: list[Series]) -> str:
    out, x = [], float(LEFT)
    for one in series:
        owner = "train" if one.split == "train" else "validation"
        text = f"{'━' if owner == 'train' else '╍'} {clean(one.name)[:40]} {number(float(one.values[-1]))}"
        out.append(f'<text x="{x:.0f}" y="{TOP + HEIGHT + FOOT - 6}" fill="{CURVES[owner]}">{escape(text)}</text>')
        x += 8.0 * len(text) + 16
    return "".join(out)
