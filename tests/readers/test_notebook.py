"""Notebooks: which cells hold a history, and what they are called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from diagnose.errors import NoHistory
from diagnose.readers import read

KERAS = "".join(f"Epoch {n}/3\n6/6 [=====] - 1s 9ms/step - loss: {1 / n} - val_loss: {2 / n}\n" for n in (1, 2, 4))


def _stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def _shown(kind: str, text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {kind: [text]}, "metadata": {}}


def _table(*rows: tuple[object, ...]) -> dict[str, Any]:
    drawn = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return _shown("text/html", f"<style>td {{}}</style><table>{drawn}</table>")


def _notebook(path: Path, *cells: list[dict[str, Any]]) -> str:
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    listed = [{"cell_type": "markdown", "source": "# title"}, *({"cell_type": "code", "outputs": one} for one in cells)]
    path.write_text(json.dumps({**content, "cells": listed}))
    return str(path)


def test_the_cells_with_a_log_are_the_histories(tmp_path: Path) -> None:
    path = _notebook(
        tmp_path / "run.ipynb",
        [_stream("6/6 [=====] - 0s 9ms/step - loss: 0.5 - acc: 0.8\n")],
        [_stream(KERAS[:70]), _stream(KERAS[70:])],
        [_stream("dense (Dense)   (None, 3)   5\n")],
        [_table(("epoch", "train_loss", "valid_loss", "time"), (0, 0.9, 1.0, "00:12"), (1, 0.7, 0.8, "00:11"))],
        [_table(("Step", "Training Loss", "Validation Loss"), (100, "No log", 2.0), (200, 0.9, 1.0), (300, 0.7, 0.8))],
        [_shown("text/plain", "{'loss': [0.9, 0.7], 'val_loss': [1.0, 0.8]}")],
    )
    found = read(path)
    assert [(runs[0].source, runs[0].length) for runs in found] == [
        (f"{path}#cell3", 3),
        (f"{path}#cell5", 2),
        (f"{path}#cell6", 3),
        (f"{path}#cell7", 2),
    ]
    assert found[2][0].numbering is not None
    assert found[2][0].numbering.tolist() == [100, 200, 300]
    assert all(runs[0].of("validation", "loss") is not None for runs in found)


def test_a_real_notebook_file_is_read(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    book = nbformat.v4.new_notebook()
    book.cells.append(nbformat.v4.new_code_cell("model.fit()", outputs=[nbformat.v4.new_output("stream", text=KERAS)]))
    nbformat.write(book, tmp_path / "real.ipynb")
    ((run,),) = read(tmp_path / "real.ipynb")
    assert run.source.endswith("real.ipynb#cell1")


def test_the_code_is_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": KERAS, "outputs": []}]}))
    with pytest.raises(NoHistory):
        read(path)


def test_a_table_may_leave_its_end_tags_away_and_hold_another(tmp_path: Path) -> None:
    open_ended = "<table>x<tr>x<td>epoch<td>loss<tr>x<td>1<td>0.5<tr>x<td>2<td>0.4</table>"
    inner = "<table><tr><td>a</td></tr></table>"
    nested = (
        f"<table><tr><td>epoch</td><td>loss</td></tr><tr><td>1</td><td>0.5{inner}</td></tr>"
        f"<tr><td>2{inner}<tr>x<td>2</td><td>0.4</td></tr></table>"
    )
    path = _notebook(tmp_path / "run.ipynb", [_shown("text/html", open_ended)], [_shown("text/html", nested)])
    found = read(path)
    assert [runs[0].source for runs in found] == [f"{path}#cell2", f"{path}#cell3"]
    assert [runs[0].series[0].values.tolist() for runs in found] == [[0.5, 0.4], [0.5, 0.4]]
