"""What the numbers tell where the names don't: which way is better, and percent beside fractions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diagnose.curves import Direction, FloatArray, Note, Series
from diagnose.metrics import is_accuracy

# Rank correlation with the training loss from which a direction is believed, and points it needs.
STRONG = 0.7
ENOUGH = 6
# An accuracy above this is a percentage; a fraction is 1 at most.
PERCENT = 1.5


def told_directions(series: list[Series]) -> tuple[list[Series], list[Note]]:
    """Directions that can't be read from a name, from the rank correlation with the training loss."""
    if all(one.direction is not None for one in series):
        return series, []
    loss = next((one for one in series if one.split == "train" and one.metric == "loss"), None)
    told: dict[str, Direction] = {}
    notes: list[Note] = []
    unknown: list[str] = []
    for one in series:
        if one.direction is not None or _counted(one.metric) or not _varies(one):
            continue
        found = told.get(one.metric) or (_direction(one, loss, notes) if loss is not None else None)
        if found is None:
            unknown.append(one.name)
        else:
            told[one.metric] = found
    if unknown:
        notes.append(Note("unknown-direction", f"{', '.join(unknown)}: which way is better can't be told; not judged"))
    return [_with_direction(one, told) for one in series], notes


def _with_direction(one: Series, told: dict[str, Direction]) -> Series:
    if one.direction is not None or one.metric not in told:
        return one
    return replace(one, direction=told[one.metric])


def _counted(metric: str) -> bool:
    from diagnose.vocabulary import KNOWN

    known = KNOWN.get(tuple(metric.split("_")))
    return known is not None and known.family == "count"


def _varies(one: Series) -> bool:
    return bool((one.values != one.values[0]).any())


def _direction(one: Series, loss: Series, notes: list[Note]) -> Direction | None:
    _, mine, theirs = np.intersect1d(one.epochs, loss.epochs, assume_unique=True, return_indices=True)
    first, second = one.values[mine], loss.values[theirs]
    finite = np.isfinite(first) & np.isfinite(second)
    if np.count_nonzero(finite) < ENOUGH:
        return None
    strength = rank_correlation(first[finite], second[finite])
    if not abs(strength) >= STRONG:
        return None
    direction: Direction = "min" if strength > 0 else "max"
    way = "lower" if direction == "min" else "higher"
    reason = f"from its rank correlation of {strength:.2f} with the training loss"
    notes.append(Note("inferred-direction", f"{one.metric}: {way} is taken to be better, {reason}"))
    return direction


def rank_correlation(one: FloatArray, other: FloatArray) -> float:
    """Spearman's rho of two (n,) arrays of finite numbers, ties sharing their mean rank; NaN when one is constant."""
    first, second = _ranks(one), _ranks(other)
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / size if size > 0 else float("nan")


def _ranks(values: FloatArray) -> FloatArray:
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: FloatArray = (ends - (counts - 1) / 2.0)[codes.reshape(-1)]
    return ranks


def alike_scales(series: list[Series]) -> tuple[list[Series], list[Note]]:
    """An accuracy in percent beside its twin in fractions: both as fractions. Other pairs of scales are only told."""
    changed: dict[str, Series] = {}
    odd: list[str] = []
    for one in series:
        if one.split != "train" or not is_accuracy(one.metric):
            continue
        twin = next((other for other in series if other.split == "validation" and other.metric == one.metric), None)
        if twin is None:
            continue
        tops = (_top(one.values), _top(twin.values))
        if (tops[0] > PERCENT) == (tops[1] > PERCENT) or min(tops) > 1.0:
            continue
        larger = one if tops[0] > PERCENT else twin
        if max(tops) <= 100.0 and larger.values[-1] > 1.0:
            changed[larger.name] = replace(larger, values=larger.values / 100.0)
        else:
            odd.append(larger.name)
    return ([changed.get(one.name, one) for one in series] if changed else series), _scale_notes(list(changed), odd)


def _top(values: FloatArray) -> float:
    top = float(values.max())
    if np.isfinite(top):
        return top
    return float(np.max(values, initial=-np.inf, where=np.isfinite(values)))


def _scale_notes(changed: list[str], odd: list[str]) -> list[Note]:
    notes: list[Note] = []
    if changed:
        text = f"{', '.join(changed)}: percent beside a twin in fractions, so divided by 100"
        notes.append(Note("percent-and-fraction", text))
    if odd:
        text = f"{', '.join(odd)}: neither a fraction nor a percentage throughout, beside a twin in fractions"
        notes.append(Note("odd-scale", text))
    return notes
