"""Boosting libraries: XGBoost's and LightGBM's evals_result, CatBoost's training.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnose.curves import Direction, Note
from diagnose.metrics import tokens
from diagnose.readers.objects import of_records, table_of
from diagnose.readers.table import Table
from diagnose.vocabulary import SPLITS

_SIDES = {"learn": "train", "test": "validation"}
KIND: Mapping[str, object] = {"kind": "boosting"}
_NUMBERED = ("validation", "valid", "eval")
# Metrics no neural network's log calls by these names.
_KNOWN = """
logloss mlogloss error merror rmse rmsle mae mape auc aucpr map ndcg gamma-nloglik aft-nloglik l1 l2 binary_logloss
multi_logloss multi_error binary_error cross_entropy tweedie huber quantile average_precision
"""
_METRICS = frozenset(_KNOWN.split())


def of_sets(value: Mapping[str, Mapping[str, Sequence[Any]]]) -> Table | None:
    """{"train": {"logloss": [...]}, "eval": {...}}, also metric first; None when the outer names are no sets."""
    sets = {str(name): dict(inner) for name, inner in value.items()}
    if not _are_sets(sets):
        turned = _turned(sets)
        if not _are_sets(turned):
            return None
        sets = turned
    splits, notes = assign(list(sets))
    columns: dict[str, Any] = {}
    names: dict[str, tuple[str, str]] = {}
    for name, inner in sets.items():
        for metric, values in inner.items():
            column = f"{name}-{metric}"
            columns[column] = values
            names[column] = (splits[name], str(metric))
    table = table_of(columns)
    if table is None:
        return None
    boosted = _boosted(sets)
    return Table(
        columns=table.columns,
        missing=table.missing,
        producer="boosting evals_result" if boosted else "history by split",
        point="iteration" if boosted else None,
        splits={name: said for name, said in names.items() if name in table.columns},
        unused=table.unused,
        notes=(*table.notes, *notes),
        extra=KIND if boosted else {},
    )


def assign(sets: Sequence[str]) -> tuple[dict[str, str], tuple[Note, ...]]:
    """Which split each evaluation set is: set -> "train" | "validation" | "test", with notes on what was guessed."""
    numbered = [name for name in sets if _is_numbered(name)]
    found = {name: _stated(name) for name in sets}
    notes: list[Note] = []
    if len(numbered) > 1 and "train" not in found.values():
        found[numbered[0]] = "train"
        told = f"{numbered[0]}, the first of {len(numbered)}, is read as the training set"
        notes.append(Note("read-as-training", told))
    stated = [split for split in found.values() if split]
    splits: dict[str, str] = {}
    for name in sets:
        split = found[name]
        if split is None:
            split = "validation" if "train" in (*stated, *splits.values()) or len(sets) == 1 else "train"
            slug = "read-as-training" if split == "train" else "read-as-validation"
            notes.append(Note(slug, f"{name} is read as the {split} set"))
        splits[name] = split
    if "validation" not in splits.values():
        splits = {name: "validation" if split == "test" else split for name, split in splits.items()}
    held = [one for one in sets if splits[one] == "validation"]
    splits.update(dict.fromkeys(held[1:], "test"))
    return splits, tuple(notes)


def _is_numbered(name: str) -> bool:
    words = tokens(name)
    return len(words) == 2 and words[0] in _NUMBERED and words[1].isdigit()


def _stated(name: str) -> str | None:
    for word in tokens(name):
        split = SPLITS.get(word) or SPLITS.get(word[1:] if word.startswith("d") else word)
        if split is not None:
            return split
    return None


def _are_sets(sets: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(_stated(name) or _is_numbered(name) for name in sets) or _boosted(sets)


def _boosted(sets: Mapping[str, Mapping[str, Any]]) -> bool:
    metrics = {str(metric).split("@")[0].lower() for inner in sets.values() for metric in inner}
    return (bool(metrics) and metrics <= _METRICS) or any(_is_numbered(name) for name in sets)


def _turned(sets: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for outer, inner in sets.items():
        for name, values in inner.items():
            found.setdefault(str(name), {})[outer] = values
    return found


def of_catboost(value: Mapping[str, Any]) -> Table | None:
    """catboost_training.json, which states the direction of every metric itself."""
    meta = value["meta"] if isinstance(value["meta"], Mapping) else {}
    sides = {side: _listed(meta.get(f"{side}_metrics")) for side in ("learn", "test")}
    table = of_records([_row(one, sides) for one in value["iterations"] if isinstance(one, Mapping)])
    if table is None:
        return None
    names = {f"{side}-{name}": (split, name) for side, split in _SIDES.items() for name in sides[side]}
    best = {name: way for listed in sides.values() for name, way in listed.items() if way is not None}
    return Table(
        columns=table.columns,
        missing=table.missing,
        producer="CatBoost training.json",
        axis="iteration" if "iteration" in table.columns else None,
        point="iteration",
        directions={column: best[name] for column, (_, name) in names.items() if name in best},
        splits={column: said for column, said in names.items() if column in table.columns},
        unused=table.unused,
        extra=KIND,
    )


def _listed(metrics: Any) -> dict[str, Direction | None]:
    ways: dict[Any, Direction] = {"Min": "min", "Max": "max"}
    found: dict[str, Direction | None] = {}
    for one in metrics if isinstance(metrics, list) else ():
        if isinstance(one, Mapping):
            found[str(one.get("name"))] = ways.get(str(one.get("best_value")))
    return found


def _row(iteration: Mapping[str, Any], sides: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {"iteration": iteration.get("iteration")}
    for side, names in sides.items():
        cells = iteration.get(side)
        if isinstance(cells, list):
            row.update({f"{side}-{name}": cell for name, cell in zip(names, cells, strict=False)})
    return row
