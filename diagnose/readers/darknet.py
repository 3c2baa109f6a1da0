"""Darknet's log: " 1033: 0.676192, 0.829539 avg loss, 0.001000 rate, 0.70 seconds, 66112 images"."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnose.readers.content import Content
from diagnose.readers.objects import of_records
from diagnose.readers.table import Table

_NUMBER = r"(?:-?\d+\.?\d*(?:[eE][-+]?\d+)?|-?nan|-?inf)"
_LINE = re.compile(rf"^[ \t]*(\d{{1,12}}): ({_NUMBER}), ({_NUMBER}) avg(?: loss)?, ({_NUMBER}) rate", re.M)
_PRECISION = re.compile(rf"mean_average_precision \(mAP@0\.50\) = ({_NUMBER})")


def recognise(content: Content) -> bool:
    """Whether a line has an iteration, its loss, the running average and the rate."""
    return content.text is not None and _LINE.search(content.text, 0, 2_000_000) is not None


def tables(content: Content) -> list[Table]:
    """One history: the running average of the loss, which is what Darknet itself draws."""
    text = content.text or ""
    precisions = [(one.start(), float(one[1])) for one in _PRECISION.finditer(text)]
    rows: list[dict[str, float]] = []
    for match in _LINE.finditer(text):
        while precisions and precisions[0][0] < match.start():
            if rows:
                rows[-1]["val mAP50"] = precisions[0][1]
            precisions.pop(0)
        rows.append({"iteration": float(match[1]), "train avg loss": float(match[3]), "learning_rate": float(match[4])})
    table = of_records(rows)
    if table is None:  # recognise has found a line
        return []
    return [
        replace(
            table,
            producer="Darknet log",
            source=content.source,
            axis="iteration",
            point="iteration",
            unused=(*table.unused, "loss of the batch"),
        )
    ]
