"""Several runs in one history: where each begins, and which one to judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from diagnose.curves import Curves, FloatArray, IntArray


def choose(runs: Sequence[Curves]) -> Curves:
    """The last run that has at least half as many points as the longest."""
    enough = max(one.length for one in runs) / 2
    return next(one for one in reversed(runs) if one.length >= enough)


def goes_on(before: Curves, after: Curves) -> bool:
    """Whether a run goes on where the one before it ended: its training loss begins nearer to that end than to its start."""
    old, new = before.of("train", "loss"), after.of("train", "loss")
    if old is None or new is None or old.direction != "min":
        return False
    start, end, resumed = float(old.values[0]), float(old.values[-1]), float(new.values[0])
    return start > end and abs(resumed - end) < 0.5 * abs(resumed - start)


def boundaries(axis: FloatArray | None, given: Iterable[int], keys: Sequence[FloatArray], rows: int) -> list[int]:
    """Rows at which a run begins, 0 included: where the count goes back, a run's name changes, or as given."""
    found = {0, *(at for at in given if 0 < at < rows)}
    if axis is not None and rows > 1:
        found.update((np.flatnonzero(axis[1:] < axis[:-1]) + 1).tolist())
    for key in keys:
        found.update((np.flatnonzero(~_same(key[1:], key[:-1])) + 1).tolist())
    return sorted(found)


def by_run(keys: Sequence[FloatArray], rows: int) -> IntArray | None:
    """An order of the rows that brings each run together, when their rows alternate; None when they don't."""
    if not keys or rows < 2:
        return None
    label = np.zeros(rows, dtype=np.int64)
    for key in keys:
        _, codes = np.unique(key, return_inverse=True)
        label = label * (int(codes.max()) + 1) + codes.reshape(-1)
    _, first, codes = np.unique(label, return_index=True, return_inverse=True)
    changes = int(np.count_nonzero(label[1:] != label[:-1]))
    if changes + 1 == len(first):
        return None
    order: IntArray = np.argsort(first[codes.reshape(-1)], kind="stable")
    return order


def tells_runs_apart(key: FloatArray) -> bool:
    """Whether a column called "run" or "fold" really does: few values, each on several rows."""
    values = np.unique(key[~np.isnan(key)])
    return 1 < len(values) <= len(key) / 2


def _same(one: FloatArray, other: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((one == other) | (np.isnan(one) & np.isnan(other)))
