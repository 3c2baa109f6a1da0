"""Rows that don't fit their header: cut short by a kill, summaries in between, a header written again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from diagnose.curves import Note
from diagnose.errors import ReadError
from diagnose.metrics import identify
from diagnose.readers.cells import counted, fast_column, is_missing, number
from diagnose.readers.content import Content
from diagnose.readers.grid import Grid
from diagnose.readers.sections import joined


def fit_rows(grid: Grid, content: Content) -> tuple[Grid, tuple[int, ...], tuple[Note, ...]]:
    """The grid with rows as long as its header, the rows at which a repeated header began a new run, and notes.

    Raises ReadError, naming the line, for a row whose cells can't be assigned to columns.
    """
    grid, starts = joined(grid)
    notes: list[Note] = []
    grid = _with_index(grid)
    width = len(grid.header)
    if _uneven(grid) or _has_words(grid):
        grid, starts = _without_summaries(grid, starts, notes)
    if _uneven(grid):
        grid = replace(grid, rows=[_trimmed(row, width) for row in grid.rows])
        grid = _without_cut_line(grid, content, notes)
        _check(grid, content)
    return grid, starts, tuple(notes)


def _picked(grid: Grid, kept: list[int]) -> Grid:
    return replace(grid, rows=[grid.rows[at] for at in kept], lines=[grid.lines[at] for at in kept])


def _with_index(grid: Grid) -> Grid:
    """R and some loops write row numbers without a name for them: every row has one cell more than the header."""
    width = len(grid.header)
    if set(map(len, grid.rows)) != {width + 1}:
        return grid
    if all(is_missing(row[-1]) for row in grid.rows):
        return replace(grid, rows=[row[:-1] for row in grid.rows])
    counted = [number(row[0]) for row in grid.rows]
    if "" not in grid.header and all(one is not None and one in (at, at + 1) for at, one in enumerate(counted)):
        return replace(grid, header=("", *grid.header))
    return grid


def _counter(grid: Grid) -> list[int]:
    return [at for at, name in enumerate(grid.header) if name and identify(name).role == "counter"]


def _uneven(grid: Grid) -> bool:
    return bool(set(map(len, grid.rows)) - {len(grid.header)})


def _has_words(grid: Grid) -> bool:
    """Whether a column that counts holds a word; for rows of one length only."""
    columns = ([row[at] for row in grid.rows] for at in _counter(grid))
    return any(fast_column(cells) is None and any(map(_word, cells)) for cells in columns)


def _word(cell: str) -> bool:
    return not is_missing(cell) and counted(cell) is None


def _without_summaries(grid: Grid, starts: tuple[int, ...], notes: list[Note]) -> tuple[Grid, tuple[int, ...]]:
    """Without rows that have a word where their number should be: "summary", "mean", "best"."""
    places = _counter(grid)
    words = [at for at, row in enumerate(grid.rows) if any(place < len(row) and _word(row[place]) for place in places)]
    if not words or 2 * len(words) > len(grid.rows):
        return grid, starts
    skipped = set(words)
    kept = [at for at in range(len(grid.rows)) if at not in skipped]
    shown = ", ".join(str(grid.lines[at]) for at in words[:5]) + (", ..." if len(words) > 5 else "")
    rows = "row" if len(words) == 1 else "rows"
    notes.append(Note("summary-rows", f"{len(words)} {rows} with a word in place of a count left out (line {shown})"))
    return _picked(grid, kept), tuple(at - sum(one < at for one in words) for at in starts)


def _trimmed(row: list[str], width: int) -> list[str]:
    while len(row) > width and is_missing(row[-1]):
        row = row[:-1]
    return row


def _without_cut_line(grid: Grid, content: Content, notes: list[Note]) -> Grid:
    """A killed training leaves half a line at the end: it is left out."""
    if not grid.rows or len(grid.rows[-1]) >= len(grid.header) or len(grid.rows) < 2:
        return grid
    if len(grid.rows[-2]) != len(grid.header) or content.text is None or content.text.endswith("\n"):
        return grid
    text = f"line {grid.lines[-1]} is cut short and left out: the training was stopped while writing it"
    notes.append(Note("cut-line", text))
    return _picked(grid, list(range(len(grid.rows) - 1)))


def _check(grid: Grid, content: Content) -> None:
    width = len(grid.header)
    lengths = Counter(map(len, grid.rows))
    if set(lengths) == {width}:
        return
    at = next(at for at, row in enumerate(grid.rows) if len(row) != width)
    found = len(grid.rows[at])
    what = f"{found} cell{'s' if found != 1 else ''}"
    raise ReadError(
        f"expected {width} cells, as in the header, found {what}; correct or delete the line",
        source=content.source,
        place=f"line {grid.lines[at]}",
    )
