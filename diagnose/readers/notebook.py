"""Jupyter notebooks: every cell whose output holds a training log is a history; nothing is executed.

Keras, XGBoost, Trainer and loop output is read as if it had been a file; the tables that fastai and the Trainer draw
are read from their HTML. Only outputs are looked at, never the code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from diagnose.errors import NoHistory, ReadError
from diagnose.readers.content import Content
from diagnose.readers.table import Table

_READERS = ("huggingface_console", "literal", "console", "boosting_text", "darknet", "loops")
_FEWEST = 2  # points: what has one only is the output of an evaluation


def recognise(content: Content) -> bool:
    """Whether this is a notebook's JSON."""
    text = content.text or ""
    return text.lstrip()[:1] == "{" and '"cells"' in text and '"nbformat"' in text


def tables(content: Content) -> list[Table]:
    """A table for every history in an output, named after the position of its cell from 1: "run.ipynb#cell12"."""
    try:
        cells = json.loads(content.text or "").get("cells")
    except (ValueError, RecursionError, AttributeError) as error:
        told = f"expected a complete notebook, found that its JSON breaks off ({error})"
        raise ReadError(told, source=content.source) from error
    found: list[Table] = []
    for at, cell in enumerate(cells if isinstance(cells, list) else [], start=1):
        inner = [*_of_cell(cell, f"{content.source}#cell{at}")]
        if len(inner) > 1:
            inner = [replace(one, source=f"{one.source}.{number}") for number, one in enumerate(inner, start=1)]
        found.extend(inner)
    if not found:
        told = "expected a cell with a training log in its output, found none; run the notebook and save it"
        raise NoHistory(told, source=content.source)
    return found


def _of_cell(cell: Any, source: str) -> Iterator[Table]:
    outputs = cell.get("outputs") if isinstance(cell, Mapping) else None
    if not isinstance(outputs, list):
        return
    printed: list[str] = []
    for output in outputs:
        if not isinstance(output, Mapping):
            continue
        if output.get("output_type") == "stream":
            printed.append(_joined(output.get("text")))
            continue
        data = output.get("data")
        if isinstance(data, Mapping):
            yield from _of_data(data, source)
    yield from _of_text("".join(printed), source)


def _of_data(data: Mapping[str, Any], source: str) -> Iterator[Table]:
    html = _joined(data.get("text/html"))
    if "<table" in html:
        from diagnose.readers.html_table import tables_of_html

        yield from (one for one in tables_of_html(html, source) if _long(one))
    else:
        yield from _of_text(_joined(data.get("text/plain")), source)


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(one for one in text if isinstance(one, str))
    return text if isinstance(text, str) else ""


def _of_text(text: str, source: str) -> list[Table]:
    """The histories in one output; none when it is anything else, or a history that can't be read."""
    from importlib import import_module

    if len(text) < 20:
        return []
    content = Content(source, "", b"", text)
    for name in _READERS:
        reader = import_module(f"diagnose.readers.{name}")
        if reader.recognise(content):
            try:
                return [one for one in reader.tables(content) if _long(one)]
            except ReadError:
                continue
    return []


def _long(table: Table) -> bool:
    return any(len(values) >= _FEWEST for values in table.columns.values())
