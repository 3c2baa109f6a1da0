"""Which column is the loss that is judged, when a history has several or none by that name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from diagnose.curves import Note, Split
from diagnose.metrics import Column

_WHOLE = frozenset({"total", "overall", "combined", "sum", "all", "full"})
_ADVERSARIAL = frozenset({"g", "d", "gen", "disc", "generator", "discriminator", "critic", "adversarial", "adv", "gan"})
# Of several error measures, the one most often minimised comes first.
_ERROR_ORDER = ("mean_squared_error", "root_mean_squared_error", "logcosh", "mean_absolute_error")


@dataclass(frozen=True, slots=True)
class Sum:
    """A loss that no column holds: the sum of its components."""

    column: Column
    parts: tuple[str, ...]


def choose_loss(columns: list[Column], notes: list[Note], forced: Collection[str]) -> tuple[list[Column], list[Sum]]:
    """Give the metric "loss" to one column a split at most: the pair to judge. ``forced`` are the user's choices."""
    chosen = [one for one in columns if one.name in forced and one.family in ("loss", "error")]
    if chosen:
        return _around(columns, chosen), []
    losses = [one for one in columns if one.family == "loss"]
    if not losses:
        return _error_as_loss(columns, notes), []
    best = min(_rank(one) for one in losses)
    if best < _PART:
        return _plain(columns, losses, notes), []
    return _of_parts(columns, losses, notes)


_PART = 3


def _rank(column: Column) -> int:
    """0 the loss itself, 1 a total, 2 the loss of each step, 3 a part or a loss of another name."""
    if column.metric == "loss":
        return 2 if column.per_step else 0
    words = set(column.metric.split("_"))
    return 1 if words & _WHOLE else _PART


def _around(columns: list[Column], forced: Sequence[Column]) -> list[Column]:
    """The user has said which column to judge, of one split or both; the other split's is its twin, else its loss."""
    chosen: dict[Split | None, str] = {}
    for one in sorted(columns, key=_rank, reverse=True):
        if one.family == "loss" and _rank(one) < _PART:
            chosen[one.split] = one.name
    metrics = {one.metric for one in forced}
    chosen.update({one.split: one.name for one in columns if one.metric in metrics})
    chosen.update({one.split: one.name for one in forced})
    keep = set(chosen.values())
    return [replace(one, metric="loss") if one.name in keep else _demoted(one) for one in columns]


def _demoted(column: Column) -> Column:
    return replace(column, metric=_named(column)) if column.metric == "loss" else column


def _named(column: Column) -> str:
    return "loss_step" if column.per_step else f"{column.metric}_other"


def _plain(columns: list[Column], losses: Iterable[Column], notes: list[Note]) -> list[Column]:
    """In each split the column that comes nearest to being the loss itself."""
    chosen: dict[Split | None, Column] = {}
    for one in losses:
        known = chosen.get(one.split)
        if _rank(one) < _PART and (known is None or _rank(one) < _rank(known)):
            chosen[one.split] = one
    keep = {one.name for one in chosen.values()}
    totals = [one.name for one in chosen.values() if _rank(one) == 1]
    if totals:
        notes.append(Note("read-as-loss", f"{', '.join(totals)} is judged as the loss; --train NAME chooses another"))
    return [replace(one, metric="loss") if one.name in keep else _demoted(one) for one in columns]


def _of_parts(columns: list[Column], losses: list[Column], notes: list[Note]) -> tuple[list[Column], list[Sum]]:
    """No column is the whole loss: one single loss is it, several components are added up."""
    train = [one for one in losses if one.split == "train"] or losses
    bare = list(dict.fromkeys(one.metric for one in train))
    if len(bare) == 1:
        return [replace(one, metric="loss") if one.metric == bare[0] else one for one in columns], []
    if any(_ADVERSARIAL.intersection(name.split("_")) for name in bare):
        text = f"{', '.join(bare)}: adversarial losses are not added up; --train NAME chooses one"
        notes.append(Note("no-single-loss", text))
        return columns, []
    components = [name for name in bare if name.endswith("loss")]
    held_out = {one.metric for one in losses if one.split == "validation"}
    if held_out:
        components = [name for name in components if name in held_out]
    if len(components) < 2:
        return _first(columns, bare, held_out, notes), []
    return columns, _sums(losses, components, notes)


def _first(columns: list[Column], bare: list[str], held_out: set[str], notes: list[Note]) -> list[Column]:
    chosen = next((name for name in bare if name in held_out), bare[0])
    notes.append(Note("read-as-loss", f"{chosen} is judged as the loss; --train and --validation choose another"))
    return [replace(one, metric="loss") if one.metric == chosen else one for one in columns]


def _sums(losses: list[Column], components: list[str], notes: list[Note]) -> list[Sum]:
    found: list[Sum] = []
    for split in ("train", "validation", "test"):
        parts = [one for one in losses if one.split == split and one.metric in components]
        if len(parts) == len(components):
            column = Column(f"{split} loss (sum)", "metric", parts[0].split, "loss", "min", "loss")
            found.append(Sum(column, tuple(one.name for one in parts)))
    if found:
        listed = " + ".join(components)
        notes.append(Note("summed-loss", f"no column holds the whole loss: the sum {listed} is judged"))
    return found


def _error_as_loss(columns: list[Column], notes: list[Note]) -> list[Column]:
    """Without any loss, an error that was followed on the training set takes its place."""
    errors = [one for one in columns if one.family == "error" and one.split == "train"]
    if not errors:
        return columns
    held_out = {one.metric for one in columns if one.split == "validation"}
    chosen = min(errors, key=lambda one: (one.metric not in held_out, _error_rank(one.metric)))
    notes.append(Note("read-as-loss", f"no column is a loss: {chosen.name} is judged in its place"))
    return [replace(one, metric="loss") if one.metric == chosen.metric else one for one in columns]


def _error_rank(metric: str) -> int:
    return _ERROR_ORDER.index(metric) if metric in _ERROR_ORDER else len(_ERROR_ORDER)
