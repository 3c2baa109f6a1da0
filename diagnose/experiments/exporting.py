"""Every training of a study in a file for other programs: a row each in CSV, everything in JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from diagnose.errors import UsageError
from diagnose.experiments.store import Entry
from diagnose.experiments.trial import Outcome
from diagnose.renderers.files import replace

SCHEMA = "diagnose-trials/1"
SUFFIXES = (".csv", ".json")


def record(entry: Entry, outcome: Outcome) -> dict[str, Any]:
    """One training as JSON can hold it: what was trained, from which seed, what came of it.

    choice   scores on the rows that settings are chosen by; verdict: on those that chose nothing
    history  the curves of its first fit
    """
    return {
        "techniques": entry.label,
        "steps": [{"technique": slug, "settings": dict(settings)} for slug, settings in entry.steps],
        "seed": entry.seed,
        "failed": outcome.failed,
        "choice": _strict(outcome.choice),
        "verdict": _strict(outcome.verdict),
        "seconds": outcome.seconds,
        "epochs": outcome.epochs,
        "notes": list(outcome.notes),
        "versions": dict(outcome.versions),
        "history": _strict(outcome.run["columns"]) if outcome.run else {},
    }


def check_suffix(path: str | os.PathLike[str]) -> str:
    """The format by the path's ending. Raises UsageError for any other than the two."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"expected a file ending in .csv or .json, found {os.fspath(path)!r}; rename it")
    return suffix[1:]


def export(records: Sequence[Mapping[str, Any]], path: str | os.PathLike[str]) -> None:
    """Write the records, replacing the file at once. Raises UsageError for its ending, OSError."""
    text = as_csv(records) if check_suffix(path) == "csv" else as_json(records)
    replace(os.fspath(path), text.encode("utf-8", "backslashreplace"))


def as_json(records: Sequence[Mapping[str, Any]]) -> str:
    """Strict JSON."""
    whole = {"schema": SCHEMA, "trials": list(records)}
    return json.dumps(whole, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def as_csv(records: Sequence[Mapping[str, Any]]) -> str:
    """A row a training; scores have columns of their own, what is a list or has names of its own is JSON in its cell."""
    parts = [(part, name) for part in ("choice", "verdict") for name in _names(records, part)]
    plain = ("techniques", "seed", "failed", "seconds", "epochs")
    whole = ("steps", "notes", "versions", "history")
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*plain, *(f"{part}_{name}" for part, name in parts), *whole])
    for one in records:
        scores = [one[part].get(name) for part, name in parts]
        rows.writerow([*(one[name] for name in plain), *scores, *(json.dumps(one[name]) for name in whole)])
    return text.getvalue()


def _names(records: Sequence[Mapping[str, Any]], part: str) -> list[str]:
    return list(dict.fromkeys(name for one in records for name in one[part]))


def _strict(value: Any) -> Any:
    """Numbers that JSON doesn't know spelt out, as everywhere that a history is saved."""
    if isinstance(value, Mapping):
        return {name: _strict(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
