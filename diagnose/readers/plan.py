"""From the names of a table's columns to what each of them is, once a set of names.

A plan is made from names alone, so it is remembered: the next table with these names costs one look-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from diagnose.curves import Direction, Note, Split
from diagnose.errors import UsageError
from diagnose.metrics import Column, describe, identify, tokens
from diagnose.readers.loss import Sum, choose_loss
from diagnose.vocabulary import EPOCHS, INDEXES, ITERATIONS, SPLITS, STEPS, Family


@dataclass(frozen=True, slots=True)
class Plan:
    """What the columns of a table are.

    metrics        columns that are curves, in the table's order; every one has a split
    sums           components that add up to the judged loss: new columns
    axes           columns that count points, the best first, with what they count
    learning_rate  the column of the learning rate
    runs           columns that tell runs apart
    ignored        the others
    """

    metrics: tuple[Column, ...]
    sums: tuple[Sum, ...]
    axes: tuple[tuple[str, str], ...]
    learning_rate: str | None
    runs: tuple[str, ...]
    ignored: tuple[str, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user, or the format, says of some columns."""

    train: str | None = None
    validation: str | None = None
    direction: Direction | None = None
    directions: tuple[tuple[str, Direction], ...] = ()
    splits: tuple[tuple[str, tuple[str, str]], ...] = ()


@lru_cache(maxsize=256)
def make_plan(names: tuple[str, ...], wishes: Wishes) -> Plan:
    """The plan for a table with these columns; UsageError when a wished-for name is not among them."""
    for wished in (wishes.train, wishes.validation):
        if wished is not None and wished not in names:
            raise UsageError(f"no column is called {wished!r}; there are: {', '.join(names)}")
    splits, directions = dict(wishes.splits), dict(wishes.directions)
    columns = [_wished(identify(name), wishes, splits.get(name)) for name in names]
    metrics = [one for one in columns if one.role == "metric"]
    notes: list[Note] = []
    placed, left = _with_splits(metrics, notes, (wishes.train, wishes.validation))
    placed = [_directed(one, directions.get(one.name), wishes) for one in placed]
    placed, sums = choose_loss(placed, notes, forced=[one for one in (wishes.train, wishes.validation) if one])
    placed = _distinct(placed)
    rates = [one.name for one in columns if one.role == "learning_rate"]
    rate = min(rates, key=lambda name: (_is_validation(name), names.index(name))) if rates else None
    axes = _axes([one.name for one in columns if one.role == "counter"])
    runs = tuple(one.name for one in columns if one.role == "run")
    used = {one.name for one in placed} | {name for name, _ in axes[:1]} | {rate, *runs}
    ignored = tuple(one.name for one in columns if one.name not in used)
    if left:
        notes.append(_unplaced(left))
    return Plan(tuple(placed), tuple(sums), axes, rate, runs, ignored, tuple(notes))


def _is_validation(name: str) -> bool:
    return bool({"val", "validation"}.intersection(tokens(name)))


def _wished(column: Column, wishes: Wishes, said: tuple[str, str] | None) -> Column:
    if said is not None:
        split, bare = said
        inner = identify(bare)
        if inner.role != "metric":
            return replace(inner, name=column.name)
        return replace(inner, name=column.name, split=_split(split))
    if column.name not in (wishes.train, wishes.validation):
        return column
    split = "train" if column.name == wishes.train else "validation"
    twin = wishes.train if wishes.train is not None else column.name
    metric, family, direction, exact = describe(_bare(twin))
    direction = wishes.direction or direction
    if family in ("unknown", "score") and direction == "min":
        metric, family = "loss", "loss"
    return Column(column.name, "metric", _split(split), metric or "value", direction, family, exact)


def _split(split: str) -> Split | None:
    found: dict[str, Split] = {"train": "train", "validation": "validation", "test": "test"}
    return found.get(split)


def _bare(name: str) -> tuple[str, ...]:
    column = identify(name)
    return tuple(column.metric.split("_")) if column.metric else ()


def _with_splits(
    metrics: list[Column], notes: list[Note], forced: tuple[str | None, ...]
) -> tuple[list[Column], list[Column]]:
    """Give every metric a split; those for which none can be told come back apart."""
    stated = {one.split for one in metrics if one.name not in forced}
    if "test" in stated and "validation" not in stated:
        notes.append(Note("test-as-validation", "the test columns are the only holdout: they are read as validation"))
        metrics = [replace(one, split="validation") if one.split == "test" else one for one in metrics]
    held_out = {one.metric for one in metrics if one.split in ("validation", "test")}
    plain = [one for one in metrics if one.split is None]
    twins = any(one.metric in held_out for one in plain)
    placed: list[Column] = []
    left: list[Column] = []
    guessed: list[str] = []
    for one in metrics:
        split = one.split or _guess(one, twins, stated, held_out)
        if split is None:
            left.append(one)
            continue
        if one.split is None and split == "validation":
            guessed.append(one.name)
        placed.append(one if one.split else replace(one, split=split))
    if guessed:
        notes.append(Note("read-as-validation", _guessed_text(guessed)))
    return placed, left


def _guess(one: Column, twins: bool, stated: set[Split | None], held_out: set[str]) -> Split | None:
    if "train" in stated:
        # Beside train_... and valid_... columns a plain metric was measured on the validation set (fastai, YOLO);
        # a plain loss beside both could be anything.
        return "validation" if held_out and one.metric not in held_out and one.family != "loss" else None
    if not held_out or twins or one.metric in held_out or one.family == "loss":
        return "train"
    return None


def _guessed_text(names: Sequence[str]) -> str:
    listed = ", ".join(names)
    return f"{listed}: no split in the name, beside train and validation columns, so read as validation"


def _unplaced(left: Sequence[Column]) -> Note:
    listed = ", ".join(one.name for one in left)
    return Note("unknown-split", f"{listed}: train or validation? left out; --train or --validation NAME says which")


def _directed(column: Column, said: Direction | None, wishes: Wishes) -> Column:
    if said is None and column.direction is None and column.family == "unknown":
        said = wishes.direction
    if said is None:
        return column
    family: Family = "error" if column.family == "unknown" and said == "min" else column.family
    return replace(column, direction=said, family=family)


def _distinct(columns: list[Column]) -> list[Column]:
    """Two columns of one split never share a metric: the less exact, or later, gets the name it has."""
    taken: set[tuple[Split | None, str]] = set()
    order = sorted(range(len(columns)), key=lambda at: (columns[at].per_step, not columns[at].exact))
    found = list(columns)
    for at in order:
        one = columns[at]
        metric = one.metric
        if (one.split, metric) in taken:
            metric = _own_name(one)
        while (one.split, metric) in taken:
            metric += "_"
        taken.add((one.split, metric))
        found[at] = one if metric == one.metric else replace(one, metric=metric)
    return found


def _own_name(column: Column) -> str:
    words = tokens(column.name.replace("(", " "))
    return "_".join(word for word in words if word not in SPLITS and word != "metrics") or column.metric


def _axes(counters: list[str]) -> tuple[tuple[str, str], ...]:
    """The counters, epochs first, then iterations, steps and bare indexes."""
    kinds = ((EPOCHS, "epoch"), (ITERATIONS, "iteration"), (STEPS, "step"), (INDEXES | {()}, "epoch"))
    found: list[tuple[int, str, str]] = []
    for name in counters:
        words = tokens(name)
        for rank, (known, point) in enumerate(kinds):
            if words in known:
                found.append((rank, name, point))
                break
    return tuple((name, point) for _, name, point in sorted(found, key=lambda one: one[0]))
