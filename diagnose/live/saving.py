"""A training written to a file that ``diagnose`` reads again (``readers/saved.py`` tells the format)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from diagnose._version import __version__
from diagnose.errors import NoHistory, UsageError
from diagnose.readers.saved import KEY, START, VERSION, cells
from diagnose.readers.table import Table
from diagnose.renderers.files import replace


def save(
    path: str | os.PathLike[str], table: Table, *, first: int, inside: Any = None, overwrite: bool = False
) -> None:
    """Write the training to ``path``, at once or not at all.

    Raises UsageError where there is a file that no callback saved, unless ``overwrite``; NoHistory for no epochs; OSError.
    """
    if not table.columns:
        raise NoHistory("expected a training to save, found no epoch; call fit first")
    if not overwrite:
        _check(path)
    whole = {
        KEY: VERSION,
        "written_by": f"diagnose {__version__}",
        "producer": table.producer,
        "source": table.source,
        "point": table.point,
        "first": first,
        "planned": table.planned,
        "directions": dict(table.directions),
        "splits": {name: list(split) for name, split in table.splits.items()},
        "kind": table.extra.get("kind"),
        "unused": list(table.unused),
        "columns": {name: cells(values, table.missing.get(name)) for name, values in table.columns.items()},
    }
    if inside is not None:
        whole["inside"] = inside
    replace(os.fspath(path), (json.dumps(whole, allow_nan=False) + "\n").encode())


def _check(path: str | os.PathLike[str]) -> None:
    """Only what was saved by a callback may be replaced unasked."""
    target = Path(path)
    if not target.exists() or target.stat().st_size == 0:
        return
    if target.is_dir():
        raise UsageError(f"expected a file to save to, found the directory {target}; name a file in it")
    with target.open("rb") as file:
        found = file.read(len(START))
    if found != START.encode():
        raise UsageError(
            f"{target} is not a saved training and would be lost; name another file, or pass overwrite=True"
        )
