"""Long tables: a row holds a metric's name, a step and a value (Comet, Neptune, ClearML, MLflow, hand-written loops).

Also rows that name their split ("phase" train or val), and TensorBoard's download, whose only name is the file's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diagnose.curves import FloatArray, Note
from diagnose.errors import ReadError
from diagnose.metrics import identify, tokens
from diagnose.readers.cells import is_missing, number
from diagnose.readers.content import Content
from diagnose.readers.grid import Grid, header_of, read_grid
from diagnose.readers.ragged import fit_rows
from diagnose.readers.table import BoolArray, Table
from diagnose.vocabulary import EPOCHS, ITERATIONS, RUNS, SPLITS, STEPS

# A table of names by steps this large is only built when at most so many cells stay empty for each that is filled.
MOST_CELLS = 10_000_000
MOST_EMPTY = 20
_NAMES = frozenset({"metric", "name", "tag", "key", "metric_name", "variable", "series", "measure", "scalar"})
_VALUES = frozenset({"value", "values", "metric_value"})
_PHASES = frozenset({"phase", "split", "set", "mode", "subset", "stage", "partition", "dataset", "data", "type"})
_TENSORBOARD = ("Wall time", "Step", "Value")
_DOWNLOAD = re.compile(r"(?:run-(?P<run>.*?)-)?tag-(?P<tag>.+?)(?:\.csv)?$")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Places of the columns in the header; None where there is no such column."""

    name: int | None
    phase: int | None
    step: int | None
    run: int | None
    values: tuple[int, ...]


def recognise(content: Content) -> bool:
    """Whether a column names the metric beside one value, or a column names the split."""
    header = header_of(content)
    if header == _TENSORBOARD:
        return True
    layout = _layout(header)
    if layout.name is not None:
        return bool(layout.values)
    return layout.phase is not None and _split_words(content, layout.phase)


def tables(content: Content) -> list[Table]:
    """One table with a column a metric; a metric whose steps go back begins a new run."""
    grid, _, notes = fit_rows(read_grid(content), content)
    if grid.header == _TENSORBOARD:
        return [_downloaded(grid, content)]
    layout = _layout(grid.header)
    point = "epoch"
    if layout.step is not None and tokens(grid.header[layout.step]) not in EPOCHS:
        point = "iteration" if tokens(grid.header[layout.step]) in ITERATIONS else "step"
    return [_wide(_entries(grid, layout), content, point, notes)]


def _layout(header: Sequence[str]) -> _Layout:
    words = ["_".join(tokens(name)) for name in header]
    name = next((at for at, word in enumerate(words) if word in _NAMES), None)
    phase = next((at for at, word in enumerate(words) if word in _PHASES and at != name), None)
    counters = [at for kind in (EPOCHS, STEPS, ITERATIONS) for at, one in enumerate(header) if tokens(one) in kind]
    run = next((at for at, one in enumerate(header) if tokens(one) in RUNS), None)
    if name is not None:
        values = tuple(at for at, word in enumerate(words) if word in _VALUES)[:1]
    else:
        values = tuple(at for at, one in enumerate(header) if at != phase and identify(one).role == "metric")
    return _Layout(name, phase, counters[0] if counters else None, run, values)


def _split_words(content: Content, place: int) -> bool:
    """Whether this column holds the names of at least two splits and nothing else."""
    rows = read_grid(content).rows
    found = {row[place].strip().strip("\"'").lower() for row in rows if place < len(row)}
    return len(found) > 1 and found <= set(SPLITS)


_Entry = tuple[str, str, float, float]  # run, metric, step, value


def _entries(grid: Grid, layout: _Layout) -> list[_Entry]:
    counts: dict[tuple[str, str], int] = {}
    found: list[_Entry] = []
    for row in grid.rows:
        run = row[layout.run].strip() if layout.run is not None else ""
        phase = row[layout.phase].strip().strip("\"'") if layout.phase is not None else ""
        for place in layout.values:
            bare = row[layout.name].strip() if layout.name is not None else grid.header[place]
            name = f"{phase}_{bare}" if phase.lower() in SPLITS and identify(bare).split is None else bare
            value = number(row[place])
            if value is None:
                continue
            order = counts[run, name] = counts.get((run, name), 0) + 1
            step = number(row[layout.step]) if layout.step is not None else float(order)
            if step is not None:
                found.append((run, name, step, value))
    return found


def _wide(entries: list[_Entry], content: Content, point: str, notes: tuple[Note, ...]) -> Table:
    """Rows by run, step, and how often the step came before."""
    at: dict[tuple[str, str], tuple[int, float, int]] = {}
    runs = {run: place for place, run in enumerate(dict.fromkeys(one[0] for one in entries))}
    cells: dict[tuple[int, int, float, int], dict[str, float]] = {}
    for run, name, step, value in entries:
        part, before, again = at.get((run, name), (0, -np.inf, 0))
        if step < before:
            part, again = part + 1, 0
        elif step == before:
            again += 1
        else:
            again = 0
        at[run, name] = (part, step, again)
        cells.setdefault((runs[run], part, step, again), {})[name] = value
    rows = sorted(cells)
    names = list(dict.fromkeys(one[1] for one in entries))
    if len(names) * len(rows) > max(MOST_CELLS, MOST_EMPTY * len(entries)):
        text = f"expected metrics that share their steps, found {len(names):,} names over {len(rows):,} steps"
        raise ReadError(text, source=content.source)
    columns: dict[str, FloatArray] = {point: np.array([key[2] for key in rows], dtype=np.float64)}
    missing: dict[str, BoolArray] = {}
    for name in names:
        columns[name] = np.array([cells[key].get(name, np.nan) for key in rows], dtype=np.float64)
        missing[name] = np.array([name not in cells[key] for key in rows], dtype=np.bool_)
    starts = tuple(place for place in range(1, len(rows)) if rows[place][:2] != rows[place - 1][:2])
    return Table(columns, missing, "long table", content.source, axis=point, point=point, starts=starts, notes=notes)


def _downloaded(grid: Grid, content: Content) -> Table:
    """TensorBoard's download of one chart: the tag stands in the file's name, if anywhere."""
    found = _DOWNLOAD.search(content.name)
    name = "_".join(filter(None, found.groups())) if found else content.name.rsplit(".", 1)[0]
    if identify(name).family == "unknown":
        name = "Value"
    entries = [
        ("", name, step, value)
        for step, value in ((number(row[1]), number(row[2])) for row in grid.rows if not is_missing(row[2]))
        if step is not None and value is not None
    ]
    table = _wide(entries, content, "step", ())
    return Table(table.columns, table.missing, "TensorBoard download", content.source, axis="step", starts=table.starts)
