"""CatBoost's ``learn_error.tsv`` and ``test_error.tsv``: an iteration a row; the file's name tells the split."""

from __future__ import annotations

from dataclasses import replace

from diagnose.metrics import tokens
from diagnose.readers import delimited
from diagnose.readers.content import Content
from diagnose.readers.grid import header_of
from diagnose.readers.table import Table

PRODUCER = "CatBoost"


def recognise(content: Content) -> bool:
    """Whether the header is "iter" and metrics, separated by tabs."""
    header = header_of(content)
    return len(header) > 1 and header[0] == "iter" and "\t" in (content.text or "")[:1000].split("\n", 1)[0]


def tables(content: Content) -> list[Table]:
    """The table; "test" is what CatBoost calls its validation set."""
    words = set(tokens(content.name))
    split = "train" if "learn" in words else "validation" if "test" in words else None
    return [_placed(table, split) for table in delimited.tables(content)]


def _placed(table: Table, split: str | None) -> Table:
    metrics = [name for name in table.columns if name != "iter"]
    splits = {name: (split, name) for name in metrics} if split else {}
    return replace(table, producer=PRODUCER, axis="iter", point="iteration", splits=splits)
