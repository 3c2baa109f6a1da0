"""Curves drawn in characters: Braille (2 x 4 dots a cell), or ASCII where that can't be shown."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from diagnose.renderers import Look
from diagnose.renderers.layout import cut, pad, paint, spaced
from diagnose.renderers.plotted import Panel, condense, scale
from diagnose.renderers.words import clean
from diagnose.wording import number

if TYPE_CHECKING:
    from diagnose.curves import Curves, Series

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # Braille bits by row and column of the cell
LETTERS = {"train": ".", "validation": "*"}  # ASCII: one character a curve
NARROW = 26  # a plot narrower than this gives its labels' place to the curves
Cells = dict[tuple[int, int], set[str]]


class Canvas:
    """Cells of 2 x 4 dots (Braille) or 1 x 1 (ASCII), and who drew into them."""

    def __init__(self, columns: int, rows: int, plain: bool) -> None:
        self.plain = plain
        self.columns, self.rows = columns, rows
        self.across, self.down = (1, 1) if plain else (2, 4)
        self.bits: dict[tuple[int, int], int] = {}
        self.owners: Cells = {}

    def dot(self, x: int, y: int, owner: str) -> None:
        """Set one dot; the origin is at the top left."""
        cell = (x // self.across, y // self.down)
        self.owners.setdefault(cell, set()).add(owner)
        if not self.plain:
            self.bits[cell] = self.bits.get(cell, 0) | DOTS[y % 4][x % 2]

    def line(self, start: tuple[int, int], end: tuple[int, int], owner: str) -> None:
        """All dots from start to end."""
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for step in range(steps + 1):
            x = start[0] + round((end[0] - start[0]) * step / steps)
            y = start[1] + round((end[1] - start[1]) * step / steps)
            self.dot(x, y, owner)

    def row(self, y: int, look: Look) -> str:
        """One row of the canvas as text."""
        cells = [self._cell(x, y) for x in range(self.columns)]
        runs = [("".join(one for one, _ in run), owner) for owner, run in groupby(cells, key=lambda cell: cell[1])]
        return "".join(paint(text, owner, look) if owner else text for text, owner in runs)

    def _cell(self, x: int, y: int) -> tuple[str, str]:
        owners = self.owners.get((x, y))
        if not owners:
            return " ", ""
        owner = "validation" if "validation" in owners else "train"
        if self.plain and len(owners) > 1 and x % 2:
            owner = "train"  # both lie here: they take turns, so that neither hides the other
        return LETTERS[owner] if self.plain else chr(0x2800 + self.bits[x, y]), owner


class Axis:
    """The vertical axis: values to rows of dots, on a linear or logarithmic scale."""

    def __init__(self, series: tuple[Series, ...], length: int, dots: int) -> None:
        self.dots = dots
        self.log = scale(series, length) == "log"
        finite = np.concatenate([one.values[np.isfinite(one.values)] for one in series])
        self.low, self.high = self._at(float(finite.min())), self._at(float(finite.max()))

    def _at(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def dot(self, value: float) -> int:
        """The row of dots of a value, counted from the top."""
        if self.high <= self.low:
            return self.dots // 2
        # Halves first: the difference of two huge values may overflow.
        share = (self.high / 2 - self._at(value) / 2) / (self.high / 2 - self.low / 2)
        return min(self.dots - 1, max(0, round(share * (self.dots - 1))))

    def value(self, share: float) -> float:
        """The value at a share of the height from the top."""
        mixed = self.high * (1 - share) + self.low * share
        return float(10**mixed) if self.log else mixed


def chart(panel: Panel, curves: Curves, look: Look, rows: int = 5) -> list[str]:
    """The panel's curves in ``rows`` lines and one for the epochs; nothing when no value is finite."""
    series = tuple(one for one in panel.series if np.isfinite(one.values).any())
    if not series:
        return []
    axis = Axis(series, curves.length, rows * (1 if look.plain else 4))
    ticks = _ticks(axis, rows)
    margin = 3 + max(len(one) for one in ticks.values())
    labels = [_label(one, look) for one in series]
    columns = look.width - margin - 4 - max(spaced(one) for one in labels)
    below = columns < NARROW
    if below:
        columns = look.width - margin - 3
    canvas = Canvas(max(columns, 8), rows, look.plain)
    ends = [_draw(one, curves.length, canvas, axis) for one in series]
    lines = _body(canvas, ticks, {} if below else _placed(series, ends, labels, rows), margin, look)
    lines.append(_foot(panel, curves, canvas.columns, margin, look))
    return lines + ([_legend(series, labels, look)] if below else [])


def _ticks(axis: Axis, rows: int) -> dict[int, str]:
    if axis.high <= axis.low:
        return {rows // 2: number(axis.value(0))}
    return {row: number(axis.value(row / (rows - 1))) for row in sorted({0, rows // 2, rows - 1})}


def _label(one: Series, look: Look) -> str:
    last = number(float(one.values[-1]))
    mark = f"{LETTERS[_owner(one)]} " if look.plain else ""
    return f"{mark}{cut(clean(one.name), max(look.width // 4, 10), plain=look.plain)} {last}"


def _owner(one: Series) -> str:
    return "train" if one.split == "train" else "validation"


def _draw(one: Series, length: int, canvas: Canvas, axis: Axis) -> int:
    """Draw a curve; returns the row of cells in which it ends."""
    wide = canvas.columns * canvas.across
    xs, ys = condense(one.epochs, one.values, length, wide)
    before: tuple[int, int] | None = None
    row = 0
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        if not math.isfinite(y):
            before = None
            continue
        here = (round((x - 1) / max(length - 1, 1) * (wide - 1)), axis.dot(y))
        canvas.line(before or here, here, _owner(one))
        before, row = here, here[1] // canvas.down
    return row


def _placed(series: tuple[Series, ...], ends: list[int], labels: list[str], rows: int) -> dict[int, tuple[str, str]]:
    """Each label at the row where its curve ends; two that meet move apart, keeping their order."""
    if len(series) == 1:
        return {ends[0]: (labels[0], _owner(series[0]))}
    places = list(ends)
    if places[0] == places[1]:
        lower = 0 if series[0].values[-1] <= series[1].values[-1] else 1
        if places[lower] < rows - 1:
            places[lower] += 1
        else:
            places[1 - lower] -= 1
    return {place: (label, _owner(one)) for place, label, one in zip(places, labels, series, strict=True)}


def _body(
    canvas: Canvas, ticks: dict[int, str], labels: dict[int, tuple[str, str]], margin: int, look: Look
) -> list[str]:
    lines = []
    for row in range(canvas.rows):
        rule = ("+" if look.plain else "┤") if row in ticks else ("|" if look.plain else "│")
        left = f"{ticks.get(row, ''):>{margin - 1}} {paint(rule, 'dim', look)}"
        text, owner = labels.get(row, ("", "train"))
        right = f"  {paint(text, owner, look)}" if text else ""
        lines.append(f"{left}{canvas.row(row, look)}{right}".rstrip())
    return lines


def _foot(panel: Panel, curves: Curves, columns: int, margin: int, look: Look) -> str:
    """The line of epochs, with the best one marked."""
    dash, corner, mark = ("-", "+", "^") if look.plain else ("─", "└", "▲")
    line = dash * columns
    if panel.best is not None:
        at = round((panel.best.epoch - 1) / max(curves.length - 1, 1) * (columns - 1))
        text = f"best {number(panel.best.value)}, {clean(curves.label(panel.best.epoch))}"
        line = _marked(columns, at, mark, text, dash)
    return " " * margin + paint(f"{corner}{line}", "dim", look)


def _marked(columns: int, at: int, mark: str, text: str, dash: str) -> str:
    if at + 2 + len(text) <= columns:
        return pad(f"{dash * at}{mark} {text} ", at).ljust(columns, dash)[:columns]
    if at - 1 - len(text) >= 0:
        return f"{dash * (at - 2 - len(text))} {text} {mark}".rjust(at + 1).ljust(columns, dash)
    return f"{dash * at}{mark}".ljust(columns, dash)


def _legend(series: tuple[Series, ...], labels: list[str], look: Look) -> str:
    """One line under a narrow plot: a label a curve, in the order of the last values, as far as they fit."""
    shown = sorted(zip(series, labels, strict=True), key=lambda pair: -float(np.nan_to_num(pair[0].values[-1])))
    room = max(look.width // len(shown) - 3, 10)
    return "  " + "  ".join(paint(cut(label, room, plain=look.plain), _owner(one), look) for one, label in shown)
