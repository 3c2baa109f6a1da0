"""What counts the points of a table: epochs, steps, or nothing but its rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from diagnose.curves import FloatArray, Note
from diagnose.readers.plan import Plan
from diagnose.readers.table import Table

# With fewer epochs than this a log of every step is judged by its steps: nothing can be told from two points.
FEW_EPOCHS = 5


@dataclass(frozen=True, slots=True)
class Axis:
    """The counter in force: its column, (rows,) numbers, what it counts, and whether numbers repeat or all go down."""

    name: str | None
    values: FloatArray | None
    point: str
    repeats: bool = False
    descends: bool = False
    notes: tuple[Note, ...] = ()


ROWS = Axis(None, None, "epoch")


def find_axis(table: Table, plan: Plan) -> Axis:
    """The table's counter: as the format says, else the epochs, else the steps, else the rows themselves."""
    if table.axis is not None and table.axis in table.columns:
        point = dict(plan.axes).get(table.axis, "epoch")
        return _axis(table, table.axis, point)
    usable = [one for one in (_axis(table, name, point) for name, point in plan.axes) if _counts(one)]
    if not usable:
        return ROWS
    best = usable[0]
    finer = next((one for one in usable[1:] if one.point != "epoch" and _rises(one)), None)
    if best.point != "epoch" or not (best.repeats or _fractional(best)) or len(usable) == 1:
        return best if _counts_alone(best) else ROWS
    if _fractional(best):
        return finer or best
    return _by_step(best, finer) if _longest(best) < FEW_EPOCHS else best


def _axis(table: Table, name: str, point: str) -> Axis:
    values = table.columns[name]
    gone = table.missing.get(name)
    if gone is not None or np.isnan(values).any():
        blank = np.isnan(values) if gone is None else gone | np.isnan(values)
        values = _filled(values, blank)
    if len(values) < 2 or values[0] < values[-1]:
        return Axis(name, values, point, bool((values[1:] == values[:-1]).any()))
    later, earlier = values[1:], values[:-1]  # compared, not subtracted: a count may be infinite
    return Axis(name, values, point, bool((later == earlier).any()), len(values) > 2 and bool((later < earlier).all()))


def _filled(values: FloatArray, blank: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> FloatArray:
    """An empty count belongs to the next row that has one: Lightning writes the rate first. The last ones look back."""
    known = np.flatnonzero(~blank)
    if not len(known):
        return values
    following = np.searchsorted(known, np.arange(len(values)))
    filled: FloatArray = values[known[np.minimum(following, len(known) - 1)]]
    return filled


def _counts(axis: Axis) -> bool:
    """A count is finite, and changes unless there is one row only."""
    values = axis.values
    if values is None or not len(values) or not np.isfinite(values).all():
        return False
    return len(values) == 1 or bool((values != values[0]).any())


def _counts_alone(axis: Axis) -> bool:
    """A column that goes back at every second row counts something else, such as the batches of each epoch."""
    values = axis.values
    return values is None or axis.descends or 2 * int(np.count_nonzero(values[1:] < values[:-1])) < max(len(values), 4)


def _rises(axis: Axis) -> bool:
    return axis.values is not None and bool((axis.values[1:] >= axis.values[:-1]).all())


def _fractional(axis: Axis) -> bool:
    return axis.values is not None and bool((axis.values != np.floor(axis.values)).any())


def _longest(axis: Axis) -> int:
    """The number of different counts in the longest stretch that doesn't go back."""
    if axis.values is None:
        return 0
    steps = np.diff(axis.values)
    ends = [0, *(np.flatnonzero(steps < 0) + 1).tolist(), len(axis.values)]
    return max(int(np.count_nonzero(steps[start : end - 1] > 0)) + 1 for start, end in pairwise(ends))


def _by_step(epochs: Axis, finer: Axis | None) -> Axis:
    note = Note("judged-by-step", f"fewer than {FEW_EPOCHS} different values of {epochs.name}: every row is a point")
    if finer is None:
        return Axis(None, None, "step", notes=(note,))
    return Axis(finer.name, finer.values, finer.point, finer.repeats, notes=(note,))
