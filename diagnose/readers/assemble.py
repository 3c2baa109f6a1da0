"""From columns of numbers to curves: which column is what, where each run begins, one point an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from diagnose.curves import Curves, Direction, FloatArray, IntArray, Note, Series
from diagnose.errors import NoHistory, ReadError, UsageError
from diagnose.metrics import Column
from diagnose.readers.axis import Axis, find_axis
from diagnose.readers.inference import alike_scales, told_directions
from diagnose.readers.plan import Plan, Wishes, make_plan
from diagnose.readers.repeats import Grouping, group, reduce, reduction_note
from diagnose.readers.runs import boundaries, by_run, goes_on, tells_runs_apart
from diagnose.readers.saved import inside_of
from diagnose.readers.table import BoolArray, Table

Rows = slice | IntArray
# More than this is a column that counts something else.
MOST_RUNS = 10_000
REMEDY = "--train NAME, --validation NAME and --direction min|max say which columns to read"


def assemble(
    table: Table, *, train: str | None = None, validation: str | None = None, direction: str | None = None
) -> list[Curves]:
    """The table's runs, one Curves each, in the table's order.

    ``train`` and ``validation`` name the columns to judge, ``direction`` ("min" or "max") which way is better where the
    name doesn't tell. Raises NoHistory when no column is a learning curve, UsageError for a name that isn't a column.
    """
    table = _without_empty(table)
    plan = make_plan(tuple(table.columns), _wishes(table, train, validation, direction))
    if not plan.metrics or not _rows(table):
        raise _nothing(table, plan)
    if not (train or validation or direction or any(_known(one) for one in plan.metrics)):
        raise _nothing(table, plan)
    keys = [table.columns[name] for name in plan.runs if tells_runs_apart(table.columns[name])]
    order = by_run(keys, _rows(table))
    if order is not None:
        table = _taken(table, order)
        keys = [table.columns[name] for name in plan.runs if tells_runs_apart(table.columns[name])]
    axis = find_axis(table, plan)
    if axis.descends:
        table = _taken(table, np.arange(_rows(table))[::-1])
        axis = find_axis(table, plan)
    starts = boundaries(axis.values, table.starts, keys, _rows(table))
    if len(starts) > MOST_RUNS:
        reason = f"{axis.name} goes back that often" if axis.name else "so many headers"
        raise ReadError(
            f"expected at most {MOST_RUNS:,} runs in a history, found {len(starts):,}: {reason}", source=table.source
        )
    ends = [*starts[1:], _rows(table)]
    parts = [_Part(table, plan, axis, slice(start, end)) for start, end in zip(starts, ends, strict=True)]
    runs = [run for run in (_curves(part) for part in parts) if run is not None]
    if not runs:
        raise _nothing(table, plan)
    return _numbered(runs)


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of one run."""

    table: Table
    plan: Plan
    axis: Axis
    rows: slice


def _wishes(table: Table, train: str | None, validation: str | None, direction: str | None) -> Wishes:
    if direction not in (None, "min", "max"):
        raise UsageError(f"expected min or max as direction, found {direction!r}")
    if train is not None and train == validation:
        raise UsageError(f"one column can't be both train and validation: {train!r}")
    wanted: Direction | None = "min" if direction == "min" else "max" if direction == "max" else None
    return Wishes(train, validation, wanted, tuple(table.directions.items()), tuple(table.splits.items()))


def _rows(table: Table) -> int:
    return len(next(iter(table.columns.values()), ()))


def _known(column: Column) -> bool:
    return column.family != "unknown" or column.direction is not None or column.name.lower() in ("train", "val")


def _without_empty(table: Table) -> Table:
    """Without the columns in which every cell is missing: Keras adds such twins, and they prove nothing."""
    empty = {name for name, gone in table.missing.items() if gone.all()}
    if not empty:
        return table
    kept = {name: values for name, values in table.columns.items() if name not in empty}
    listed = tuple(name for name in table.columns if name in empty)
    return replace(table, columns=kept, unused=(*table.unused, *listed))


def _taken(table: Table, order: IntArray) -> Table:
    columns = {name: values[order] for name, values in table.columns.items()}
    missing = {name: gone[order] for name, gone in table.missing.items()}
    return replace(table, columns=columns, missing=missing, starts=())


def _nothing(table: Table, plan: Plan) -> NoHistory:
    names = [*table.columns, *table.unused]
    shown = ", ".join(name or "(no name)" for name in names[:12]) + (", ..." if len(names) > 12 else "")
    found = f"columns {shown}" if names else "no columns"
    if names and not _rows(table):
        return NoHistory(f"expected a row an epoch, found {found} and no rows under them", source=table.source)
    reason = next((note.summary for note in plan.notes if note.note == "unknown-split"), None)
    return NoHistory(
        f"expected a column such as loss, train_loss or val_accuracy, found {found}; {reason or REMEDY}",
        source=table.source,
    )


def _curves(part: _Part) -> Curves | None:
    """The curves of one run; None when none of its columns holds a value."""
    table, axis = part.table, part.axis
    grouping = group(axis.values[part.rows]) if axis.values is not None and axis.repeats else None
    length = grouping.groups if grouping else part.rows.stop - part.rows.start
    series, how = _series(part, grouping)
    if not series:
        return None
    notes = [*table.notes, *part.plan.notes, *axis.notes]
    if grouping and how:
        notes.append(reduction_note(how, axis.name or "row"))
    series, direction_notes = told_directions(series)
    series, scale_notes = alike_scales(series)
    curves = tuple(one for one in series if not _is_setting(one))
    dropped = tuple(one.name for one in series if _is_setting(one))
    if not curves:
        return None
    return Curves(
        series=curves,
        length=length,
        source=table.source,
        producer=table.producer,
        axis=table.point or axis.point,
        numbering=_numbering(axis, part.rows, grouping),
        learning_rate=_rate(part, grouping),
        ignored=(*(name for name in part.plan.ignored if name != axis.name), *dropped, *table.unused),
        notes=(*notes, *direction_notes, *scale_notes),
        planned=table.planned,
        extra=table.extra,
        inside=inside_of(table.extra.get("inside"), table.source),
    )


def _is_setting(series: Series) -> bool:
    """A number of unknown meaning that never changes is a setting, not a curve."""
    if series.direction is not None or len(series.values) < 2:
        return False
    return bool((series.values == series.values[0]).all())


def _series(part: _Part, grouping: Grouping | None) -> tuple[list[Series], dict[str, list[str]]]:
    found: list[Series] = []
    how: dict[str, list[str]] = {}
    for column in part.plan.metrics:
        gone = part.table.missing.get(column.name)
        one = _one(column, part.table.columns[column.name], gone, part.rows, grouping, how)
        if one is not None:
            found.append(one)
    for added in part.plan.sums:
        values, gone = _summed(part.table, added.parts)
        one = _one(added.column, values, gone, part.rows, grouping, {})
        if one is not None:
            found.append(one)
    return found, how


def _one(
    column: Column,
    values: FloatArray,
    gone: BoolArray | None,
    rows: slice,
    grouping: Grouping | None,
    how: dict[str, list[str]],
) -> Series | None:
    values = values[rows]
    gone = None if gone is None else gone[rows]
    if grouping is not None:
        values, gone, way = reduce(values, gone, grouping)
        if way:
            how.setdefault(way, []).append(column.name)
    epochs = counting(len(values))
    if gone is not None and gone.any():
        values, epochs = values[~gone], epochs[~gone]
    if not len(values) or column.split is None:
        return None
    return Series(column.name, column.split, column.metric, column.direction, epochs, values)


@lru_cache(maxsize=4)
def counting(length: int) -> IntArray:
    """1..length, shape (length,), read-only."""
    numbers: IntArray = np.arange(1, length + 1, dtype=np.int64)
    numbers.flags.writeable = False
    return numbers


def _summed(table: Table, parts: Sequence[str]) -> tuple[FloatArray, BoolArray | None]:
    total: FloatArray = np.sum([table.columns[name] for name in parts], axis=0)
    gaps = [table.missing[name] for name in parts if name in table.missing]
    gone: BoolArray | None = np.any(gaps, axis=0) if gaps else None
    return total, gone


def _numbering(axis: Axis, rows: slice, grouping: Grouping | None) -> FloatArray | None:
    if axis.values is None:
        return None
    values = axis.values[rows]
    return values if grouping is None else values[grouping.first]


def _rate(part: _Part, grouping: Grouping | None) -> FloatArray | None:
    name = part.plan.learning_rate
    if name is None:
        return None
    values = part.table.columns[name][part.rows]
    gone = part.table.missing.get(name)
    gone = None if gone is None else gone[part.rows]
    if grouping is not None:
        values, gone, _ = reduce(values, gone, grouping, last=True)
    if gone is None:
        return values
    return None if gone.all() else np.where(gone, np.nan, values)


def _numbered(runs: list[Curves]) -> list[Curves]:
    if len(runs) == 1:
        return runs
    total = len(runs)
    return [
        _resumed(replace(one, run=at, runs=total, notes=(*one.notes, _several(at, total))), before)
        for at, (one, before) in enumerate(zip(runs, [None, *runs[:-1]], strict=True), start=1)
    ]


def _resumed(run: Curves, before: Curves | None) -> Curves:
    if before is None or not goes_on(before, run):
        return run
    note = Note("resumed", f"run {run.run} goes on where run {run.run - 1} ended: a resume, or fine-tuning", (1, 1))
    return replace(run, notes=(*run.notes, note), extra={**run.extra, "resumed": True})


def _several(run: int, runs: int) -> Note:
    return Note("several-runs", f"the history holds {runs} runs one after the other; this is run {run}")
