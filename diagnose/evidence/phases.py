"""The parts of a run: where the learning rate steps, cycles or warms up, where a loss jumps and comes back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from diagnose.curves import FloatArray

STEP = 0.2  # change of the rate, in natural logarithms, that makes a step
FEW = 8  # more steps than that are a schedule that changes all the time


class Step(NamedTuple):
    """A change of the learning rate: at which index the new rate is in force, from what, to what."""

    at: int
    before: float
    after: float


def rate_steps(rates: FloatArray) -> list[Step]:
    """The steps of a learning rate, (n,) with NaN where none was logged. Changes below 20% are not steps."""
    at = np.flatnonzero(np.isfinite(rates) & (rates > 0))
    if at.size < 2:
        return []
    known = rates[at]
    changed = np.flatnonzero(np.abs(np.diff(np.log(known))) > STEP)
    return [Step(int(at[one + 1]), float(known[one]), float(known[one + 1])) for one in changed]


def rate_turns(rates: FloatArray) -> tuple[int, int]:
    """How often a learning rate, (n,), turns from falling to rising (valleys), and from rising to falling (peaks)."""
    known = rates[np.isfinite(rates)]
    moves = np.diff(known)
    signs = np.sign(moves[moves != 0])
    turns = np.diff(signs)
    return int(np.count_nonzero(turns > 0)), int(np.count_nonzero(turns < 0))


def cycle_end(rates: FloatArray) -> int | None:
    """Of a learning rate, (n,), that goes up and down at least twice: the number of points up to its last trough.

    What comes after the last trough is the beginning of a wave that is not over. None when the rate doesn't cycle.
    """
    if not np.isfinite(rates).all() or rate_turns(rates)[0] < 2:
        return None
    rises = np.flatnonzero(np.diff(rates) > 0)
    troughs = rises[np.diff(rises, prepend=-2) > 1]  # the last point before each rise begins
    if rates[-1] <= 1.5 * float(rates[troughs].max()):
        return int(rates.size)
    return int(troughs[-1]) + 1


def warm_up_end(rates: FloatArray) -> int:
    """Index of the peak of a learning rate, (n,), that rises from its first value on; 0 when it doesn't rise at first."""
    if rates.size < 3 or not np.isfinite(rates).all() or not rates[1] > rates[0]:
        return 0
    falls = np.flatnonzero(np.diff(rates) < 0)
    return int(rates[: falls[0] + 1 if falls.size else rates.size].argmax())


def recovered_jumps(values: FloatArray, noise: float) -> list[tuple[int, int]]:
    """Upward jumps of a loss, (n,), that it made good again: (index of the jump, index where it is back), in order.

    A jump exceeds ten deviations of the noise and a tenth of the level; it is made good when the loss comes below its
    last value before the jump. One point above is a spike: both indices differ by one.
    """
    found: list[tuple[int, int]] = []
    if values.size < 2:
        return found
    lowest_after = np.minimum.accumulate(values[::-1])[::-1]
    level = np.abs(values[:-1])
    at = np.flatnonzero(np.diff(values) > np.maximum(10 * noise, 0.1 * level))
    back = 0
    for one in at.tolist():
        if one < back:
            continue
        if lowest_after[one + 1] > values[one]:
            continue
        back = _first_at_most(values, one + 1, float(values[one]))
        found.append((one + 1, back))
    return found


def _first_at_most(values: FloatArray, start: int, bound: float) -> int:
    """The first index from ``start`` on with a value of at most ``bound``; there must be one. Looks no further than needed."""
    width = 64
    while not (values[start : start + width] <= bound).any():
        start, width = start + width, 2 * width
    return start + int((values[start : start + width] <= bound).argmax())
