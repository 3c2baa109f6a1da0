"""fastai's ``history.csv``: train_loss, valid_loss, and metrics of the validation set under their bare names."""

from __future__ import annotations

from dataclasses import replace

from diagnose.metrics import identify
from diagnose.readers import delimited
from diagnose.readers.content import Content
from diagnose.readers.grid import header_of
from diagnose.readers.table import Table

PRODUCER = "fastai CSVLogger"
_FIRST = ("epoch", "train_loss", "valid_loss")


def recognise(content: Content) -> bool:
    """Whether the header is the recorder's: epoch, train_loss, valid_loss, metrics, time."""
    header = header_of(content)
    return header[:3] == _FIRST and header[-1] == "time"


def tables(content: Content) -> list[Table]:
    """The table, its bare metrics placed on the validation set, where the recorder computes them."""
    return [_placed(table) for table in delimited.tables(content)]


def _placed(table: Table) -> Table:
    splits = {
        name: ("validation", name)
        for name in table.columns
        if identify(name).role == "metric" and identify(name).split is None
    }
    return replace(table, producer=PRODUCER, splits=splits)
