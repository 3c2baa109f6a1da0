"""Directories: which files below may hold a history, and which of those are one together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from diagnose.errors import MissingDependency, NoHistory, ReadError, UnknownFormat
from diagnose.readers.table import Table

_TEXT = (".csv", ".tsv", ".txt", ".log", ".json", ".jsonl", ".ndjson", ".ipynb", ".out", ".err")
_BINARY = (".pkl", ".pickle", ".npy", ".npz", ".parquet")
_PACKED = (".gz", ".bz2", ".xz", ".zip")
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env"})
_NAMED = re.compile(r"hist|log|metric|result|train|epoch|eval|curve|loss|trainer_state", re.I)
_EVENTS = "events.out.tfevents"
_CHECKPOINT = re.compile(r"(.*?)checkpoint-(\d+)/trainer_state\.json$")


def find(directory: str) -> list[str]:
    """Paths below the directory that may hold a history, newest first, ties by name; an event folder is one."""
    found: dict[str, float] = {}
    for folder, below, names in os.walk(directory):
        below[:] = sorted(one for one in below if not one.startswith(".") and one not in _SKIPPED)
        events = [name for name in names if _EVENTS in name]
        if events and not _beside_better(folder):
            whole = _logs_of(folder, directory)
            found[whole] = max(found.get(whole, 0.0), *(_changed(os.path.join(folder, one)) for one in events))  # noqa: PTH118
        for name in names:
            if _may_hold(name) and name not in _redundant(names):
                path = os.path.join(folder, name)  # noqa: PTH118
                found[path] = _changed(path)
    return sorted(_last_checkpoints(found), key=lambda path: (-found[path], path))


def below(directory: str) -> Iterator[list[Table] | ReadError]:
    """The tables of each history below, newest first, and an error for each that is broken.

    Yields NoHistory alone when there is neither.
    """
    empty = True
    for part in tables_at(find(directory)):
        yield part
        empty = False
    if empty:
        yield nothing_below(directory)


def nothing_below(directory: str) -> NoHistory:
    """What to say of a directory in which no history is found and none is broken."""
    return NoHistory("expected a directory with a training history in it, found none below it", source=directory)


def tables_at(paths: Iterable[str]) -> Iterator[list[Table] | ReadError]:
    """The tables of each path that ``find`` has found, or its error; nothing for what merely isn't a history."""
    from diagnose.readers.dispatch import tables_from
    from diagnose.readers.tensorboard import holds_events, tables_in_folder

    for path in paths:
        try:
            found = tables_in_folder(path) if holds_events(path) else tables_from(path)
        except (ReadError, MissingDependency) as error:
            if _merely_another(path, error):
                continue
            yield error if isinstance(error, ReadError) else ReadError(str(error), source=path)
        else:
            if found:
                yield found


def tables_below(directory: str) -> list[Table]:
    """The tables of everything readable below; the first error if nothing is."""
    found: list[Table] = []
    failed: list[ReadError] = []
    for part in below(directory):
        if isinstance(part, ReadError):
            failed.append(part)
        else:
            found.extend(part)
    if failed and not found:
        raise failed[0]
    return found


def _merely_another(path: str, error: Exception) -> bool:
    """Whether a file merely isn't a history, rather than one that is broken and should be told of."""
    if isinstance(error, (UnknownFormat, NoHistory)):
        return True
    return _NAMED.search(os.path.basename(path)) is None  # noqa: PTH119


def _may_hold(name: str) -> bool:
    lower = name.lower()
    if lower.startswith("."):
        return False
    for suffix in _PACKED:
        lower = lower.removesuffix(suffix)
    return lower.endswith((*_TEXT, *_BINARY))


def _redundant(names: Iterable[str]) -> frozenset[str]:
    """CatBoost writes the same numbers three times."""
    if "catboost_training.json" in names:
        return frozenset({"learn_error.tsv", "test_error.tsv", "time_left.tsv"})
    return frozenset({"time_left.tsv"})


def _beside_better(folder: str) -> bool:
    parent = os.path.dirname(folder)  # noqa: PTH120
    return os.path.exists(os.path.join(parent, "catboost_training.json"))  # noqa: PTH118, PTH110


def _logs_of(folder: str, top: str) -> str:
    """The folder that is one history: the parent of train/ and validation/."""
    from diagnose.readers.tensorboard import SPLIT_FOLDERS

    parent, name = os.path.split(folder)
    if name.lower() not in SPLIT_FOLDERS or len(folder) <= len(top.rstrip("/")):
        return folder
    both = [one for one in SPLIT_FOLDERS if os.path.isdir(os.path.join(parent, one))]  # noqa: PTH112, PTH118
    return parent if len(both) > 1 else folder


def _last_checkpoints(paths: Iterable[str]) -> list[str]:
    """Of a Trainer's checkpoints only the last: each holds the whole log up to it."""
    last: dict[str, tuple[int, str]] = {}
    kept: list[str] = []
    for path in paths:
        match = _CHECKPOINT.match(path.replace(os.sep, "/"))
        if match is None:
            kept.append(path)
        else:
            last[match[1]] = max(last.get(match[1], (-1, "")), (int(match[2]), path))
    return [*kept, *(path for _, path in last.values())]


def _changed(path: str) -> float:
    try:
        return os.stat(path).st_mtime  # noqa: PTH116
    except OSError:
        return 0.0
