"""A metric file of MLflow's file store: lines of "timestamp value step", named after the metric."""

from __future__ import annotations

import re

import numpy as np

from diagnose.errors import ReadError
from diagnose.readers.cells import number
from diagnose.readers.content import Content
from diagnose.readers.table import Table

PRODUCER = "MLflow metric"
_LINE = re.compile(r"\d{12,14} \S+ \d+(?: .*)?")


def recognise(content: Content) -> bool:
    """Whether the first lines are a time in milliseconds, a value and a step, separated by single blanks."""
    if content.text is None:
        return False
    lines = content.text[:2000].split("\n", 3)[:2]
    return bool(_LINE.fullmatch(lines[0].strip())) and all(_LINE.fullmatch(one.strip()) for one in lines if one.strip())


def tables(content: Content) -> list[Table]:
    """The one metric, under the file's name. Raises ReadError, naming the line, for a value that is no number."""
    steps: list[float] = []
    values: list[float] = []
    for line, text in enumerate((content.text or "").splitlines(), start=1):
        cells = text.split()
        if not cells:
            continue
        value = number(cells[1]) if len(cells) > 2 else None
        step = number(cells[2]) if len(cells) > 2 else None
        if value is None or step is None:
            raise ReadError("expected a time, a value and a step", source=content.source, place=f"line {line}")
        steps.append(step)
        values.append(value)
    name = content.name or "value"
    return [Table({"step": np.array(steps), name: np.array(values)}, producer=PRODUCER, source=content.source)]
