"""What a Python program has in hand: a dict of lists, Keras' History, a data frame, a list of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diagnose.curves import FloatArray, Note
from diagnose.errors import ReadError
from diagnose.readers.cells import ends_empty, is_missing, number
from diagnose.readers.delimited import distinct
from diagnose.readers.table import BoolArray, Table

MOST_NAMES = 10_000
HISTORY = "Keras History"


def table_of(history: object) -> Table | None:
    """The table a Python object holds, or None when it is no such object.

    Takes a dict of equally long lists, an object with ``.history`` and ``.epoch`` (Keras' History), a data frame with
    ``.columns`` and ``.to_numpy()``, or a list of records. Raises ReadError for lists that can't be brought together.
    """
    if isinstance(history, Mapping):
        return _of_mapping(history)
    inner = getattr(history, "history", None)
    if isinstance(inner, Mapping) and hasattr(history, "epoch"):
        return _of_history(history, inner)
    if hasattr(history, "columns") and hasattr(history, "to_numpy"):
        return _of_frame(history)
    if isinstance(history, Sequence) and not isinstance(history, (str, bytes)):
        return of_records(history)
    return None


def _of_mapping(history: Mapping[Any, Any]) -> Table | None:
    if not history:
        return None
    columns: dict[str, FloatArray] = {}
    missing: dict[str, BoolArray] = {}
    unused: list[str] = []
    vectors: list[str] = []
    for name, values in history.items():
        if not _is_list(values):
            if isinstance(values, Mapping):
                return None
            unused.append(str(name))
            continue
        found, gone = _column(values)
        if found is None:
            (vectors if _nested(values) else unused).append(str(name))
            continue
        columns[str(name)] = found
        if gone is not None:
            missing[str(name)] = gone
    if not columns and not vectors:
        return None
    notes: tuple[Note, ...] = ()
    if vectors:
        notes = (Note("vector-metric", f"{', '.join(vectors)}: several numbers an epoch; left out"),)
    table = Table(columns, missing, producer="history", unused=(*unused, *vectors), notes=notes)
    return table if len(set(map(len, columns.values()))) < 2 else _spread(table)


def _is_list(values: object) -> bool:
    if isinstance(values, (str, bytes, Mapping, set, frozenset)) or getattr(values, "ndim", 1) == 0:
        return False
    return hasattr(values, "__len__")


def _column(values: Any) -> tuple[FloatArray | None, BoolArray | None]:
    """The numbers and where they are missing; (None, None) when these aren't numbers."""
    try:
        found: FloatArray = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return _cells(values)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        return None, None
    if found is values or found.base is not None:
        return found.view(), None  # what is the caller's own stays writeable
    if isinstance(values, list) and None in values:
        return found, np.array([one is None for one in values], dtype=np.bool_)
    return found, None


def _cells(values: Any) -> tuple[FloatArray | None, BoolArray | None]:
    """Lists with words in them: "NA" and numbers written as text."""
    numbers: list[float] = []
    gone: list[bool] = []
    for one in values:
        found = _cell(one)
        if isinstance(found, str):
            return None, None
        numbers.append(np.nan if found is None else found)
        gone.append(found is None)
    return np.array(numbers, dtype=np.float64), np.array(gone, dtype=np.bool_)


def _cell(value: object) -> float | str | None:
    """The number of a cell, None for a missing one, "" for anything else."""
    if value is None or type(value).__name__ == "NAType":
        return None
    if isinstance(value, str):
        found = number(value)
        return found if found is not None else (None if is_missing(value) else "")
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return ""


def _nested(values: Any) -> bool:
    return any(hasattr(one, "__len__") and not isinstance(one, str) for one in list(values)[:1])


def _spread(table: Table) -> Table:
    """Lists of different lengths: a validation every k-th epoch is put in its place, anything else is left out."""
    length = max(map(len, table.columns.values()))
    columns: dict[str, FloatArray] = {}
    missing = {name: gone for name, gone in table.missing.items() if len(gone) == length}
    spread: dict[int, list[str]] = {}
    left: list[str] = []
    for name, values in table.columns.items():
        if len(values) == length:
            columns[name] = values
        elif len(values) and length % len(values) == 0:
            every = length // len(values)
            columns[name], missing[name] = _placed(values, table.missing.get(name), every)
            spread.setdefault(every, []).append(name)
        elif len(values):
            left.append(f"{name} ({len(values)})")
        else:
            left.append(f"{name} (empty)")
    notes = [Note("sparse-validation", _spread_text(names, every)) for every, names in spread.items()]
    if left:
        text = f"{', '.join(left)}: shorter than the {length} epochs and not every k-th of them, so left out"
        notes.append(Note("unaligned", text))
    unused = (*table.unused, *(one.rpartition(" (")[0] for one in left))
    return replace(table, columns=columns, missing=missing, unused=unused, notes=(*table.notes, *notes))


def _placed(values: FloatArray, gone: BoolArray | None, every: int) -> tuple[FloatArray, BoolArray]:
    """Values at the epochs every, 2 * every...: Keras validates at the end of each ``validation_freq`` epochs."""
    length = len(values) * every
    wide: FloatArray = np.full(length, np.nan)
    blank: BoolArray = np.ones(length, dtype=np.bool_)
    wide[every - 1 :: every] = values
    blank[every - 1 :: every] = False if gone is None else gone
    return wide, blank


def _spread_text(names: list[str], every: int) -> str:
    return f"{', '.join(names)}: one value for {every} epochs, read as logged at every {every}th epoch"


def _of_history(history: object, inner: Mapping[Any, Any]) -> Table | None:
    table = _of_mapping(inner)
    if table is None:
        return Table({}, producer=HISTORY)
    params = getattr(history, "params", None)
    planned = params.get("epochs") if isinstance(params, Mapping) else None
    return replace(table, producer=HISTORY, planned=planned if isinstance(planned, int) else None)


def _of_frame(frame: Any) -> Table:
    """A pandas or polars frame.

    A frame has one word for NaN and for nothing: NaN to the end of a column was logged by a training that diverged,
    NaN anywhere else is a gap.
    """
    if getattr(getattr(frame, "index", None), "name", None) is not None:
        frame = frame.reset_index()
    names = distinct([str(name) for name in frame.columns])
    columns: dict[str, FloatArray] = {}
    missing: dict[str, BoolArray] = {}
    unused: list[str] = []
    for place, name in enumerate(names):
        series = frame.iloc[:, place] if hasattr(frame, "iloc") else frame[frame.columns[place]]
        values = series.to_numpy()
        if values.dtype.kind in "fiu":
            found = values.astype(np.float64)
            gone = np.isnan(found)
            if ends_empty(gone):
                gone = np.zeros_like(gone)
        elif values.dtype.kind == "O":
            numbers, blank = _cells(values)
            if numbers is None or blank is None:
                unused.append(name)
                continue
            found, gone = numbers, blank
        else:
            unused.append(name)
            continue
        columns[name] = found
        if gone.any():
            missing[name] = gone
    return Table(columns, missing, producer="data frame", unused=tuple(unused))


def of_records(records: Sequence[object]) -> Table | None:
    """A list of dicts, one an epoch or a step, as a table; None for any other list."""
    if not records or not all(isinstance(one, Mapping) for one in records):
        return None
    rows: list[Mapping[Any, Any]] = [one for one in records if isinstance(one, Mapping)]
    names = list(dict.fromkeys(key for row in rows for key in row))
    if len(names) > MOST_NAMES:
        raise ReadError(f"expected records with at most {MOST_NAMES:,} names between them, found {len(names):,}")
    columns: dict[str, FloatArray] = {}
    missing: dict[str, BoolArray] = {}
    unused: list[str] = []
    for name in names:
        values, gone = _cells([row.get(name) for row in rows])
        if values is None or gone is None:
            unused.append(str(name))
            continue
        columns[str(name)] = values
        if gone.any():
            missing[str(name)] = gone
    if not columns:
        raise ReadError(f"expected numbers in the records, found none in {', '.join(map(str, names[:10]))}")
    return Table(columns, missing, producer="records", unused=tuple(unused))
