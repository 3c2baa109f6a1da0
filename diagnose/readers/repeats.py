"""Several rows of one epoch become one point: per-batch logs, and loggers that write train and validation apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnose.curves import FloatArray, IntArray, Note
from diagnose.readers.table import BoolArray

# A sum over the batches so far grows at least so much from the first to the last row of an epoch.
ACCUMULATED = 3.0
# Up to this share of epochs, a repeated number is an epoch done again after a resume, not a log of batches.
DONE_AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class Grouping:
    """Rows with one count: ``of[i]`` is the 0-based group of row i, ``first[g]`` the first row of group g."""

    of: IntArray
    first: IntArray
    groups: int


def group(axis: FloatArray) -> Grouping | None:
    """The groups of equal neighbours of ``axis``, shape (rows,); None when no number repeats."""
    changes = axis[1:] != axis[:-1]
    if changes.all():
        return None
    first: IntArray = np.concatenate(([0], np.flatnonzero(changes) + 1)).astype(np.int64)
    of: IntArray = np.concatenate(([0], np.cumsum(changes))).astype(np.int64)
    return Grouping(of, first, len(first))


def reduce(
    values: FloatArray, gone: BoolArray | None, grouping: Grouping, *, last: bool = False
) -> tuple[FloatArray, BoolArray, str | None]:
    """One value a group, where it is missing, and how several became one ("mean", "last", "sum"; None: no need).

    The mean of what was logged; the last if asked for, if it is a sum that starts anew each epoch, or if only few
    epochs were logged twice.
    """
    kept = np.arange(len(values)) if gone is None else np.flatnonzero(~gone)
    of = grouping.of[kept]
    counts = np.bincount(of, minlength=grouping.groups)
    final = np.zeros(grouping.groups, dtype=np.int64)
    final[of] = kept
    empty: BoolArray = counts == 0
    if counts.max(initial=0) <= 1:
        return values[final], empty, None
    if last or _done_again(counts):
        return values[final], empty, "last"
    if accumulates(values[kept], of):
        return values[final], empty, "sum"
    with np.errstate(invalid="ignore", over="ignore"):
        means: FloatArray = np.bincount(of, weights=values[kept], minlength=grouping.groups) / np.maximum(counts, 1)
    return means, empty, "mean"


def accumulates(values: FloatArray, of: IntArray) -> bool:
    """Whether values grow inside every group and start anew with the next: a sum over the batches so far."""
    same = of[1:] == of[:-1]
    if not same.any() or same.all():
        return False
    with np.errstate(invalid="ignore"):
        steps = np.diff(values)
    if not (steps[same] > 0).all() or not (steps[~same] < 0).all():
        return False
    ends = np.flatnonzero(~same)
    firsts, lasts = values[np.concatenate(([0], ends + 1))], values[np.concatenate((ends, [len(values) - 1]))]
    return bool(np.median(lasts / np.where(firsts == 0, np.nan, firsts)) >= ACCUMULATED)


def _done_again(counts: IntArray) -> bool:
    twice = int(np.count_nonzero(counts == 2))
    return int(counts.max()) == 2 and int(counts.min()) == 1 and twice <= max(1, DONE_AGAIN * len(counts))


def reduction_note(how: dict[str, list[str]], axis: str) -> Note:
    """What was done to which columns."""
    words = {
        "mean": "averaged over its rows",
        "last": "taken from its last row",
        "sum": "a running sum, taken from its last row",
    }
    told = "; ".join(f"{', '.join(names)}: {words[way]}" for way, names in how.items())
    return Note("one-point-an-epoch", f"several rows have the same {axis}, and become one point ({told})")
