"""YOLO's ``results.csv`` (padded up to 8.3.12), and the ``results.txt`` without a header of YOLOv5 and YOLOv7."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from diagnose.errors import ReadError
from diagnose.readers import delimited
from diagnose.readers.cells import number
from diagnose.readers.content import Content
from diagnose.readers.grid import header_of
from diagnose.readers.table import Table

PRODUCER = "Ultralytics"
_OLD = (
    "epoch", "gpu_mem", "train/box_loss", "train/obj_loss", "train/cls_loss", "train/sum", "labels", "img_size",
    "metrics/precision", "metrics/recall", "metrics/mAP_0.5", "metrics/mAP_0.5:0.95",
    "val/box_loss", "val/obj_loss", "val/cls_loss",
)  # fmt: skip
_OLD_UNUSED = ("gpu_mem", "train/sum", "labels", "img_size")
_OLD_LINE = re.compile(r"\s*(\d+)/(\d+)\s+[\d.]+G?\s")


def recognise(content: Content) -> bool:
    """Whether the header has train/... losses and metrics/..., or the first line is one of YOLOv5's ``results.txt``."""
    header = header_of(content)
    if any(name.startswith("metrics/") for name in header) and any(name.startswith("train/") for name in header):
        return True
    return bool(_old_rows(content, most=1))


def tables(content: Content) -> list[Table]:
    """The table, its metrics placed on the validation set, where YOLO computes them."""
    rows = _old_rows(content, most=None)
    found = [_old_table(rows, content)] if rows else delimited.tables(content)
    return [replace(table, producer=PRODUCER, splits=_splits(table)) for table in found]


def _splits(table: Table) -> dict[str, tuple[str, str]]:
    return {name: ("validation", name) for name in table.columns if name.startswith("metrics/")}


def _old_rows(content: Content, most: int | None) -> list[list[str]]:
    """The lines of a ``results.txt`` as cells; [] when this is none."""
    if content.text is None or not _OLD_LINE.match(content.text):
        return []
    lines = [line for line in content.text.splitlines() if line.strip()][:most]
    rows = [line.split() for line in lines]
    return rows if len(rows[0]) == len(_OLD) else []


def _old_table(rows: list[list[str]], content: Content) -> Table:
    last = len(rows)
    if len(rows[-1]) < len(_OLD) and len(rows) > 1:
        last -= 1
    columns: list[list[float]] = [[] for _ in _OLD]
    for line, row in enumerate(rows[:last], start=1):
        cells = [number(cell.split("/")[0].rstrip("G")) for cell in row]
        if len(cells) != len(_OLD) or None in cells:
            raise ReadError(
                f"expected the {len(_OLD)} numbers of a YOLO results.txt, found {len(cells)} cells",
                source=content.source,
                place=f"line {line}",
            )
        for values, cell in zip(columns, cells, strict=True):
            values.append(np.nan if cell is None else cell)
    named = dict(zip(_OLD, (np.array(values) for values in columns), strict=True))
    kept = {name: values for name, values in named.items() if name not in _OLD_UNUSED}
    planned = rows[0][0].split("/")[1]
    return Table(kept, source=content.source, axis="epoch", unused=_OLD_UNUSED, planned=int(planned) + 1)
