"""A chart exported from Weights & Biases: a column a run and metric, each with its ``__MIN`` and ``__MAX``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from diagnose.curves import FloatArray
from diagnose.readers import delimited
from diagnose.readers.content import Content
from diagnose.readers.grid import header_of
from diagnose.readers.table import BoolArray, Table

PRODUCER = "W&B chart export"
_JOIN = " - "
_BOUNDS = ("__MIN", "__MAX")


def recognise(content: Content) -> bool:
    """Whether every column but the first is "<run> - <metric>", or has bounds beside it."""
    header = header_of(content)
    if len(header) < 2 or not all(_JOIN in name for name in header[1:]):
        return False
    return header[0].lower() in ("step", "epoch") or any(name.endswith(_BOUNDS) for name in header)


def tables(content: Content) -> list[Table]:
    """The runs, which lie side by side, one below the other in one table."""
    return [stacked(table, header_of(content)[0]) for table in delimited.tables(content)]


def stacked(table: Table, axis: str) -> Table:
    """The table with each run's rows below those of the run before; bounds are dropped, and rows a run doesn't have."""
    if axis not in table.columns:
        return replace(table, producer=PRODUCER)
    runs: dict[str, dict[str, str]] = {}
    for name in table.columns:
        if _JOIN in name and not name.endswith(_BOUNDS):
            run, _, metric = name.rpartition(_JOIN)
            runs.setdefault(run, {})[metric] = name
    parts = {run: _part(table, axis, columns) for run, columns in runs.items()}
    parts = {run: part for run, part in parts.items() if len(part[0])}
    metrics = list(dict.fromkeys(metric for columns in runs.values() for metric in columns))
    counts = {run: len(part[0]) for run, part in parts.items()}
    columns = {axis: np.concatenate([part[0] for part in parts.values()] or [np.zeros(0)])}
    missing: dict[str, BoolArray] = {}
    for metric in metrics:
        columns[metric], missing[metric] = _joined(metric, parts, counts)
    starts = tuple(np.cumsum(list(counts.values()))[:-1].tolist())
    return replace(table, columns=columns, missing=missing, producer=PRODUCER, axis=axis, starts=starts)


_Part = tuple[FloatArray, Mapping[str, tuple[FloatArray, BoolArray]]]


def _part(table: Table, axis: str, columns: Mapping[str, str]) -> _Part:
    """A run's counts and values, at the rows where it has any."""
    rows = len(table.columns[axis])
    none = np.zeros(rows, dtype=np.bool_)
    gaps = {metric: table.missing.get(name, none) for metric, name in columns.items()}
    kept = ~np.all(list(gaps.values()), axis=0)
    values = {metric: (table.columns[name][kept], gaps[metric][kept]) for metric, name in columns.items()}
    return table.columns[axis][kept], values


def _joined(metric: str, parts: Mapping[str, _Part], counts: Mapping[str, int]) -> tuple[FloatArray, BoolArray]:
    values: list[FloatArray] = []
    missing: list[BoolArray] = []
    for run, (_, columns) in parts.items():
        blank = (np.full(counts[run], np.nan), np.ones(counts[run], dtype=np.bool_))
        found, gone = columns.get(metric, blank)
        values.append(found)
        missing.append(gone)
    if not values:
        return np.zeros(0), np.zeros(0, dtype=np.bool_)
    return np.concatenate(values), np.concatenate(missing)
