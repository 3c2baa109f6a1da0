"""The tables that fastai, the Hugging Face Trainer and pandas draw in notebooks."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from diagnose.metrics import identify
from diagnose.readers.objects import of_records
from diagnose.readers.table import Table

_CELLS = 5_000_000


def tables_of_html(html: str, source: str) -> list[Table]:
    """The tables in which a column is a loss or an accuracy and another counts."""
    parser = _Rows()
    parser.feed(html)
    found = [_table(rows) for rows in parser.tables]
    return [replace(one, source=source, producer="notebook table") for one in found if one is not None]


class _Rows(HTMLParser):
    """Collects the text of every cell."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.open: list[list[list[str]]] = []  # those of them not closed yet: a cell may hold a table of its own
        self.inside = False  # a cell
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Open a table, a row or a cell."""
        if tag == "table":
            self.tables.append([])
            self.open.append(self.tables[-1])
            self.inside = False
        elif tag == "tr" and self.open:
            self.open[-1].append([])
            self.inside = False  # HTML allows to leave </td> away
        elif tag in ("td", "th") and self.open and self.open[-1] and self.cells < _CELLS:
            self.open[-1][-1].append("")
            self.inside = True
            self.cells += 1

    def handle_endtag(self, tag: str) -> None:
        """Close a cell, and what it ends with."""
        if tag in ("td", "th", "tr", "table"):
            self.inside = False
        if tag == "table" and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        """Keep a cell's text."""
        if self.inside:
            self.open[-1][-1][-1] += data.strip()


def _table(rows: list[list[str]]) -> Table | None:
    rows = [row for row in rows if row]
    if len(rows) < 3 or any("..." in row for row in rows):
        return None
    names = rows[0]
    known = [identify(name) for name in names]
    if not any(one.family in ("loss", "error", "accuracy") for one in known if one.role == "metric"):
        return None
    if not any(one.role == "counter" for one in known):
        return None
    records = [dict(zip(names, row, strict=False)) for row in rows[1:] if len(row) == len(names)]
    return of_records(records) if records else None
