"""Delimited text of any producer: Keras CSVLogger, pandas, hand-written loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from diagnose.curves import FloatArray, Note
from diagnose.errors import ReadError
from diagnose.metrics import identify, tokens
from diagnose.readers.cells import column, ends_empty, fast_column, is_missing, is_vector, mostly, number
from diagnose.readers.content import Content
from diagnose.readers.grid import Grid, header_of, holds_numbers, plain_numbers, read_grid
from diagnose.readers.ragged import fit_rows
from diagnose.readers.table import BoolArray, Table
from diagnose.readers.upright import upright
from diagnose.vocabulary import RUNS

# Up to this share of a column's numbers, cells that are no numbers are mistakes; beyond it, the column holds text.
FEW = 0.25
# Text columns that name a run by their nature, besides those called "run" or "fold".
_NAMING = frozenset((word,) for word in ("model", "optimizer", "config", "setting", "settings", "dataset", "variant"))


def recognise(content: Content) -> bool:
    """Whether this is a table of text: a header over rows of numbers, or numbers alone, which ``tables`` refuses."""
    if content.text is None or content.text.lstrip()[:1] in ("{", "["):
        return False
    header = header_of(content)
    if not header:
        return holds_numbers(content, from_first=True)
    return any(map(_speaks, header)) or holds_numbers(content, from_first=False)


def tables(content: Content) -> list[Table]:
    """The table; a header that comes again further down begins a new run."""
    plain = plain_numbers(content)
    if plain is not None:
        header, numbers, separator = plain
        values = {name: numbers[:, at].copy() for at, name in enumerate(distinct(header))}
        first = float(numbers[0, 0]) if len(numbers) else None
        return [Table(values, producer=producer_of(header, first, separator), source=content.source)]
    grid = upright(read_grid(content))
    if all(number(cell) is not None or is_missing(cell) for cell in grid.header):
        raise ReadError(
            "expected the names of the columns, found numbers; write a first line such as epoch,loss,val_loss",
            source=content.source,
            place=f"line {grid.lines[0] - 1 if grid.lines else 1}",
        )
    first = number(grid.rows[0][0]) if grid.rows else None
    return [table_of(fit_rows(grid, content), content, producer_of(grid.header, first, grid.separator))]


@dataclass(slots=True)
class _Columns:
    values: dict[str, FloatArray] = field(default_factory=dict)
    missing: dict[str, BoolArray] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    vectors: list[str] = field(default_factory=list)
    errors: list[ReadError] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    starts: set[int] = field(default_factory=set)


def table_of(fitted: tuple[Grid, tuple[int, ...], tuple[Note, ...]], content: Content, producer: str) -> Table:
    """The columns of a grid whose rows are as long as its header."""
    grid, starts, notes = fitted
    found = _Columns()
    cells = list(zip(*grid.rows, strict=True)) if grid.rows else [()] * len(grid.header)
    for name, texts in zip(distinct(grid.header), cells, strict=True):
        _add(found, name, texts, grid, content)
    if found.errors and not any(identify(name).family != "unknown" for name in found.values):
        raise found.errors[0]
    if found.lost:
        notes = (*notes, Note("nan-as-empty", f"{', '.join(found.lost)}: empty to the end, as pandas writes NaN"))
    if found.vectors:
        listed = ", ".join(found.vectors)
        notes = (*notes, Note("vector-metric", f"{listed}: several numbers in each cell; left out"))
    return Table(
        columns=found.values,
        missing=found.missing,
        producer=producer,
        source=content.source,
        starts=tuple(sorted({*starts, *found.starts})),
        unused=tuple(found.unused),
        notes=notes,
    )


def _add(found: _Columns, name: str, texts: Sequence[str], grid: Grid, content: Content) -> None:
    values = fast_column(texts)
    if values is not None:
        found.values[name] = values
        return
    role = identify(name).role
    values, gone, strange = column(texts, decimal_comma=grid.separator != ",", counts=role == "counter")
    if not strange:
        found.values[name], found.missing[name] = values, gone
        if grid.header[0] == "" and identify(name).family == "loss" and ends_empty(gone) and not texts[-1].strip():
            found.missing[name] = np.zeros_like(gone)
            found.lost.append(name)
        return
    if mostly(texts, is_vector):
        found.vectors.append(name)
    elif tokens(name) in RUNS:
        found.values[name] = codes(texts)
        return
    elif tokens(name)[:1] in _NAMING:
        found.starts.update(_changes(texts))
    elif role in ("metric", "counter") and identify(name).family != "count":
        error = _no_number(name, texts[strange[0]], grid.lines[strange[0]], content)
        numbers = int(np.count_nonzero(~gone))
        if numbers and len(strange) <= max(
            1, FEW * numbers
        ):  # one word among numbers is a slip, however short the file
            raise error
        if identify(name).family != "unknown":
            found.errors.append(error)
    found.unused.append(name)


def _no_number(name: str, cell: str, line: int, content: Content) -> ReadError:
    message = f"expected a number, found {cell.strip()[:40]!r}"
    return ReadError(message, source=content.source, place=f"line {line}, column {name!r}")


def codes(texts: Sequence[str]) -> FloatArray:
    """A number for each different text, in the order in which they come."""
    numbers = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return np.array([numbers[text] for text in texts], dtype=np.float64)


def _changes(texts: Sequence[str]) -> list[int]:
    """The rows at which the text changes, if each text has rows of its own, two at least."""
    found = [at for at in range(1, len(texts)) if texts[at] != texts[at - 1]]
    different = len(set(texts))
    return found if len(found) + 1 == different <= len(texts) / 2 else []


def distinct(names: Sequence[str]) -> list[str]:
    """Names made different: an empty one after its place ("column 3"), a repeated one as pandas does ("loss.1")."""
    found: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        wanted = name if name or place == 1 else f"column {place}"
        copy, again = wanted, found.get(wanted, 0)
        while copy in found:
            again += 1
            copy = f"{wanted}.{again}"
        found[wanted] = again
        found.setdefault(copy, 0)
    return list(found)


def producer_of(header: Sequence[str], first: float | None, separator: str) -> str:
    """Who wrote it: Keras sorts its names behind "epoch", pandas puts an index without a name first."""
    if header[0] == "epoch" and len(header) > 1 and list(header[1:]) == sorted(header[1:]):
        keras = first in (None, 0.0) and not any("/" in name for name in header)
        if keras:
            return "Keras CSVLogger"
    if header[0] in ("", "Unnamed: 0"):
        return "pandas CSV"
    return {"\t": "TSV", " ": "text table", "": "one column of text"}.get(separator, "CSV")


def _speaks(name: str) -> bool:
    column = identify(name)
    return column.family != "unknown" or column.role != "metric"
