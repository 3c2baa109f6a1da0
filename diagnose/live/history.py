"""The whole history of a running training: every epoch's numbers as they were logged."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np

from diagnose.curves import FloatArray
from diagnose.readers.table import BoolArray


def numbers(logs: Mapping[str, Any] | None) -> tuple[dict[str, float], set[str]]:
    """What an epoch logged as plain floats, and the names of what is no single number (a metric per class, a text)."""
    found: dict[str, float] = {}
    others: set[str] = set()
    for name, value in (logs or {}).items():
        try:
            found[str(name)] = float(value)
        except (TypeError, ValueError):
            others.add(str(name))
    return found, others


class History:
    """Columns that grow by one row an epoch, at an amortised constant cost."""

    def __init__(self) -> None:
        self.length = 0
        self._values: dict[str, array[float]] = {}
        self._there: dict[str, bytearray] = {}

    def append(self, values: Mapping[str, float]) -> None:
        """One epoch more; a column that is not in it has nothing to tell of that epoch."""
        for name in values.keys() - self._values.keys():
            self._values[name] = array("d", [math.nan]) * self.length
            self._there[name] = bytearray(self.length)
        for name, column in self._values.items():
            column.append(values.get(name, math.nan))
            self._there[name].append(name in values)
        self.length += 1

    def columns(self) -> tuple[dict[str, FloatArray], dict[str, BoolArray]]:
        """Each column's values, (length,), and where nothing was logged, for columns that have such places."""
        length = self.length
        columns = {name: np.array(column[:length], dtype=np.float64) for name, column in self._values.items()}
        there = {name: np.array(column[:length], dtype=np.bool_) for name, column in self._there.items()}
        return columns, {name: ~one for name, one in there.items() if not one.all()}
