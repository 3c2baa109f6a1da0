"""What a callback saved with ``callback.save("run.json")``: the training as it was logged, and what was seen inside.

One JSON object: ``{"diagnose_run": 1, ...}``. Its keys:

diagnose_run  the version of this format, 1
written_by    "diagnose 0.3.0", for people
producer, source, point   whose training it was ("Keras fit", the model's name), and what a row is ("epoch")
first         the training's own number of the first row, from 1
planned       how many rows were asked for, or null
directions    name -> "min" | "max" where the training itself said so
splits        name -> ["train" | "validation" | "test", metric] where the names don't tell
kind          "boosting" or null
unused        names of what was logged and is no single number
columns       name -> list of numbers, one a row; null where nothing was logged, "NaN", "Infinity" and "-Infinity" as words
inside        optional: what was collected inside the model
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from diagnose.curves import Direction, FloatArray, Note
from diagnose.errors import ReadError, UsageError
from diagnose.inside import Inside
from diagnose.readers.table import BoolArray, Table

KEY = "diagnose_run"
VERSION = 1
START = f'{{"{KEY}": '  # how such a file begins
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def cells(values: FloatArray, missing: BoolArray | None) -> list[float | str | None]:
    """A column as it is saved."""
    found: list[float | str | None] = [one if math.isfinite(one) else _word(one) for one in values.tolist()]
    if missing is not None:
        for at in np.flatnonzero(missing).tolist():
            found[at] = None
    return found


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def went_on(first: int) -> tuple[tuple[Note, ...], dict[str, object]]:
    """Notes and facts of a training whose first row here was not its first."""
    if first <= 1:
        return (), {}
    note = Note("resumed", f"went on from an earlier training: point 1 is its number {first}", (1, 1))
    return (note,), {"resumed": True}


def of_saved(value: Mapping[str, Any]) -> Table:
    """The table of a saved training. Raises ReadError for another version, or what was changed by hand."""
    if value[KEY] != VERSION:
        raise ReadError(f"expected version {VERSION} of a saved training, found {value[KEY]!r}; update diagnose")
    columns: dict[str, FloatArray] = {}
    missing: dict[str, BoolArray] = {}
    for name, one in _expected(value, "columns", dict, {}).items():
        columns[name], gone = _column(name, one)
        if gone.any():
            missing[name] = gone
    if len({len(one) for one in columns.values()}) > 1:
        raise ReadError("expected columns of one length in a saved training, found several")
    planned = value.get("planned")
    notes, extra = went_on(_expected(value, "first", int, 1))
    if value.get("kind") is not None:
        extra["kind"] = _expected(value, "kind", str, "")
    if value.get("inside") is not None:
        extra["inside"] = _expected(value, "inside", dict, {})
    return Table(
        columns,
        missing,
        producer=_expected(value, "producer", str, "saved training"),
        point=_expected(value, "point", str, "epoch"),
        directions=_directions(_expected(value, "directions", dict, {})),
        splits=_splits(_expected(value, "splits", dict, {})),
        unused=tuple(map(str, _expected(value, "unused", list, []))),
        planned=planned if type(planned) is int else None,
        notes=notes,
        extra=extra,
    )


def _expected(value: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    found = value.get(key, default)
    if not isinstance(found, kind):
        raise ReadError(f"expected {key} of a saved training as {kind.__name__}, found {type(found).__name__}")
    return found


def _directions(found: dict[str, Any]) -> dict[str, Direction]:
    return {name: cast(Direction, way) for name, way in found.items() if way in ("min", "max")}


def _splits(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    for name, said in found.items():
        if not (isinstance(said, list) and len(said) == 2 and all(isinstance(one, str) for one in said)):
            raise ReadError(f"expected a split and a metric for column {name!r}, found {said!r}")
    return {name: (said[0], said[1]) for name, said in found.items()}


def _column(name: str, values: object) -> tuple[FloatArray, BoolArray]:
    if not isinstance(values, list):
        raise ReadError(f"expected a list of numbers in column {name!r}, found {type(values).__name__}")
    numbers = [_WORDS.get(one, one) if isinstance(one, str) else math.nan if one is None else one for one in values]
    wrong = next((one for one in numbers if not isinstance(one, (int, float))), None)
    if wrong is not None:
        raise ReadError(f"expected numbers in column {name!r}, found {wrong!r}")
    return np.array(numbers, dtype=np.float64), np.array([one is None for one in values], dtype=np.bool_)


def inside_of(saved: object, source: str) -> Inside | None:
    """What a callback saved of the inside of the model. Raises ReadError for what no callback saved."""
    if not isinstance(saved, dict):
        return None
    try:
        return Inside.from_dict(saved)
    except UsageError as error:
        raise ReadError(str(error), source=source) from error
