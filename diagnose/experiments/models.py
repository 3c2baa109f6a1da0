"""The models that trials leave behind: kept while they may win, and no longer."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from diagnose.experiments.store import Entry
from diagnose.experiments.trial import SAVING

FOLDER = "models"
WINNER = "winner"


def file_name(entry: Entry) -> str:
    """A name that every file system takes, and that no two entries share."""
    plain = re.sub(r"[^A-Za-z0-9.=+-]+", "_", entry.label)[:60]
    return f"{plain}_seed{entry.seed}_{hashlib.sha256(entry.key.encode()).hexdigest()[:6]}"


def save_to(directory: Path, entry: Entry) -> str | None:
    """Where a trial is to keep what predicts, without suffix; None for the baseline, which nobody needs."""
    return str(directory / FOLDER / file_name(entry)) if entry.steps else None


def model_of(directory: Path, entry: Entry) -> Path | None:
    """The model that this entry's trial has left here: a file, or a folder with members; None where there is none."""
    stem = directory / FOLDER / file_name(entry)
    return next((path for path in (stem.with_name(f"{stem.name}.keras"), stem) if path.exists()), None)


def forget(directory: Path, entries: Iterable[Entry]) -> None:
    """Remove the models of these entries. Nothing but what a study has written bears such a name."""
    for entry in entries:
        if (found := model_of(directory, entry)) is not None:
            _remove(found)


def forget_halves(directory: Path) -> None:
    """Remove what a killed trial was writing."""
    for path in (directory / FOLDER).glob(f"{SAVING}*"):
        _remove(path)


def keep(directory: Path, model: Path) -> Path:
    """Copy the model to ``winner.keras``, or a folder ``winner``, in place of an earlier one.

    Workers that share a directory end at the same time: one after the other.
    """
    from filelock import FileLock

    target = directory / f"{WINNER}{model.suffix if model.is_file() else ''}"
    with FileLock(directory / f"{WINNER}.lock"):
        for old in (directory / f"{WINNER}.keras", directory / WINNER):
            _remove(old)
        return Path(shutil.copytree(model, target) if model.is_dir() else shutil.copy2(model, target))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
