"""What is written in a cell: a number in one of its many spellings, nothing, or something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from diagnose.curves import FloatArray
from diagnose.readers.table import BoolArray

# NaN and Inf are not among these: they were really logged, by a training that diverged.
MISSING = frozenset({"", "na", "n/a", "none", "null", "no log", "-", "--", "<na>"})

_PERCENT = re.compile(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*%")
_TENSOR = re.compile(r"(?:tf\.)?[Tt]ensor\(\s*([-+]?[\w.+-]+?)\s*(?:,.*)?\)")
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
_COUNT = re.compile(r"(?:[A-Za-z]+[\s_#:]*)?\[?\s*(\d{1,15})\s*(?:/\s*\d+)?\s*\]?:?")
_VECTOR = re.compile(r"\"*\s*[\[(].*[\])]\s*\"*", re.DOTALL)


def number(cell: str, *, decimal_comma: bool = False) -> float | None:
    """The number in a cell, None when there is none in it: "0.5", "45.3%" (as 45.3), "tensor(0.5, device='cuda')"."""
    text = cell.strip().strip("\"'").strip()
    try:
        return float(text) if "_" not in text else _tensor(text)
    except ValueError:
        pass
    if _PERCENT.fullmatch(text):
        return _float(text.rstrip("% \t"))
    if text[:6].lower() in ("tensor", "tf.ten"):
        return _tensor(text)
    if decimal_comma and _DECIMAL_COMMA.fullmatch(text):
        return _float(text.replace(",", "."))
    return None


def _tensor(text: str) -> float | None:
    found = _TENSOR.fullmatch(text)
    return _float(found.group(1)) if found else None


def counted(cell: str) -> float | None:
    """The number of a cell that counts: "3", "3/50", "Epoch 3", "[3/50]"."""
    found = _COUNT.fullmatch(cell.strip())
    return float(found.group(1)) if found else number(cell)


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def is_missing(cell: str) -> bool:
    """Whether a cell holds nothing."""
    return cell.strip().strip("\"'").strip().lower() in MISSING


def is_vector(cell: str) -> bool:
    """Whether a cell holds several numbers: "[0.45, 0.36]", a metric of each class."""
    return bool(_VECTOR.fullmatch(cell.strip()))


def fast_column(cells: Sequence[str]) -> FloatArray | None:
    """The numbers of a column that holds nothing but plain numbers; None for any other."""
    try:
        return np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
    except ValueError:
        return None


def column(
    cells: Iterable[str], *, decimal_comma: bool = False, counts: bool = False
) -> tuple[FloatArray, BoolArray, list[int]]:
    """The numbers (rows,), where a cell is missing (rows,), and the rows whose cell is neither."""
    values: list[float] = []
    gone: list[bool] = []
    strange: list[int] = []
    for row, cell in enumerate(cells):
        found = counted(cell) if counts else number(cell, decimal_comma=decimal_comma)
        if found is None and not is_missing(cell):
            strange.append(row)
        values.append(np.nan if found is None else found)
        gone.append(found is None)
    return np.array(values, dtype=np.float64), np.array(gone, dtype=np.bool_), strange


def ends_empty(gone: BoolArray) -> bool:
    """Whether all missing cells are the last ones: a loss that became NaN, where NaN is written as an empty cell."""
    count = int(np.count_nonzero(gone))
    return 0 < count < len(gone) and bool(gone[-count:].all())


def mostly(cells: Sequence[str], test: Callable[[str], bool]) -> bool:
    """Whether at least half of the cells that hold anything pass the test."""
    filled = [cell for cell in cells if not is_missing(cell)]
    return bool(filled) and 2 * sum(map(test, filled)) >= len(filled)
