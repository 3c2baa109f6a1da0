"""A header that comes again, the same or another: fastai and hand-written loops write one each time they start."""

from __future__ import annotations

from dataclasses import replace

from diagnose.metrics import identify
from diagnose.readers.cells import is_missing, number
from diagnose.readers.grid import Grid

MOST_NAMES = 1000
_NUMERIC = tuple("0123456789-+.")


def joined(grid: Grid) -> tuple[Grid, tuple[int, ...]]:
    """The rows of all sections under one header with the columns of each, and the rows at which a section begins."""
    words = [(at, row) for at, row in enumerate(grid.rows) if not row[0].startswith(_NUMERIC)]
    heads = [at for at, row in words if not row[-1].startswith(_NUMERIC) and _is_header(row, grid.header)]
    if not heads:
        return grid, ()
    places = set(heads)
    names = list(dict.fromkeys((*grid.header, *(name for at in heads for name in _names(grid.rows[at])))))
    if len(names) > MOST_NAMES and len(names) > len(grid.header):
        return grid, ()  # these aren't headers: what doesn't fit is reported with its line
    rows: list[list[str]] = []
    lines: list[int] = []
    starts: list[int] = []
    header = grid.header
    for at, row in enumerate(grid.rows):
        if at in places:
            header = _names(row)
            starts.append(len(rows))
            continue
        rows.append(_under(row, header, names))
        lines.append(grid.lines[at])
    begins = tuple(sorted({start for start in starts if 0 < start < len(rows)}))
    return replace(grid, header=tuple(names), rows=rows, lines=lines), begins


def _under(row: list[str], header: tuple[str, ...], names: list[str]) -> list[str]:
    """The row with its cells where the joint header has their names; one that doesn't fit stays, to be reported."""
    if tuple(names) == header or len(row) != len(header):
        return row
    cells = dict(zip(header, row, strict=True))
    return [cells.get(name, "") for name in names]


def _is_header(row: list[str], header: tuple[str, ...]) -> bool:
    if _names(row) == header:
        return True
    if len(row) < 2 or any(number(cell) is not None or is_missing(cell) for cell in row):
        return False
    columns = [identify(name) for name in _names(row)]
    counted = any(one.role == "counter" for one in columns)
    return counted and any(one.role == "metric" and one.family != "unknown" for one in columns)


def _names(row: list[str]) -> tuple[str, ...]:
    return tuple(cell.strip().strip("\"'").strip() for cell in row)
