"""Tables that lie on their side: pandas writes one when a history is turned before it is saved."""

from __future__ import annotations

from dataclasses import replace

from diagnose.metrics import identify
from diagnose.readers.cells import is_missing, number
from diagnose.readers.grid import Grid


def upright(grid: Grid) -> Grid:
    """The grid with one column a metric: turned round when its rows begin with names and its header only counts."""
    rows = grid.rows
    if len(grid.header) < 3 or not rows or len(rows) > 100:
        return grid
    if not all(row and _is_name(row[0]) and len(row) == len(grid.header) for row in rows):
        return grid
    if all(_is_name(name) is False for name in grid.header[1:]):
        rows = rows if _counts(grid.header[1:]) else [list(grid.header), *rows]
        if not any(identify(row[0].strip()).family != "unknown" for row in rows):
            return grid
        turned = [list(cells) for cells in zip(*rows, strict=True)]
        names = tuple(cell.strip() for cell in turned[0])
        return replace(grid, header=names, rows=turned[1:], lines=[grid.lines[0]] * (len(turned) - 1))
    return grid


def _is_name(cell: str) -> bool:
    return number(cell) is None and not is_missing(cell)


def _counts(cells: tuple[str, ...]) -> bool:
    found = [number(cell) for cell in cells]
    return all(one in (at, at + 1) for at, one in enumerate(found))
