"""Where else the news of a training goes: a text file, TensorBoard, the active run of MLflow or W&B."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from diagnose.errors import UsageError
from diagnose.report import Report

LogTo = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
TENSORBOARD = "tensorboard:"
NAMED = "diagnose"  # tags, and names of files in trackers


class Outlet(Protocol):
    """A place that is told what is printed."""

    def say(self, lines: Sequence[str], epoch: int) -> None:
        """News of an epoch."""

    def end(self, report: Report, epoch: int) -> None:
        """The report at the end."""


def outlets(log_to: LogTo) -> list[Outlet]:
    """The places that ``log_to`` names; nothing is opened before there is something to say.

    Raises UsageError for what can't be one: a directory, an empty name.
    """
    if log_to is None:
        return []
    several = log_to if isinstance(log_to, Sequence) and not isinstance(log_to, str) else [log_to]
    return [_outlet(one) for one in several]


def _outlet(target: object) -> Outlet:
    expected = 'expected log_to as a file, "tensorboard:DIR", "mlflow" or "wandb"'
    if not isinstance(target, (str, os.PathLike)) or not os.fspath(target):
        raise UsageError(f"{expected}, found {target!r}")
    name = os.fsdecode(target)
    if name in ("mlflow", "wandb"):
        return MLflow() if name == "mlflow" else WandB()
    if name.startswith(TENSORBOARD):
        if not name[len(TENSORBOARD) :]:
            raise UsageError(f"{expected}, found {name!r} without a directory")
        return TensorBoard(name[len(TENSORBOARD) :])
    if Path(name).is_dir():
        raise UsageError(f"{expected}, found the directory {name}; name a file in it")
    return TextFile(name)


class TextFile:
    """Lines at the end of a text file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def say(self, lines: Sequence[str], epoch: int) -> None:
        """News of an epoch."""
        with Path(self.path).open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def end(self, report: Report, epoch: int) -> None:
        """The report at the end."""
        self.say([str(report)], epoch)


class TensorBoard:
    """Text summaries in an event file of their own, written without TensorBoard or TensorFlow."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._file: Any = None

    def say(self, lines: Sequence[str], epoch: int) -> None:
        """News of an epoch."""
        self._write(f"{NAMED}/news", "  \n".join(lines), epoch)

    def end(self, report: Report, epoch: int) -> None:
        """The report at the end; the text keeps its columns."""
        self._write(f"{NAMED}/report", f"```\n{report}\n```", epoch)

    def _write(self, tag: str, text: str, step: int) -> None:
        from diagnose.live.events import EventFile

        if self._file is None:
            self._file = EventFile(self.directory, NAMED)
        self._file.text(tag, text, step)


class MLflow:
    """Tags and an artifact of the active run; nothing where no run is active."""

    def say(self, lines: Sequence[str], epoch: int) -> None:
        """News of an epoch."""
        run = self._run()
        if run is not None:
            run.set_tag(f"{NAMED}.news", "\n".join(lines)[:5000])

    def end(self, report: Report, epoch: int) -> None:
        """The report at the end."""
        run = self._run()
        if run is not None:
            run.set_tag(f"{NAMED}.diagnosis", report.diagnosis)
            run.log_text(str(report), f"{NAMED}.txt")

    def _run(self) -> Any:
        mlflow = sys.modules.get("mlflow")
        return mlflow if mlflow is not None and mlflow.active_run() is not None else None


class WandB:
    """The summary of the active run; nothing where no run is active."""

    def say(self, lines: Sequence[str], epoch: int) -> None:
        """News of an epoch."""
        self._keep("news", "\n".join(lines))

    def end(self, report: Report, epoch: int) -> None:
        """The report at the end."""
        self._keep("diagnosis", report.diagnosis)
        self._keep("report", str(report))

    def _keep(self, name: str, text: str) -> None:
        run = getattr(sys.modules.get("wandb"), "run", None)
        if run is not None:
            run.summary[f"{NAMED}/{name}"] = text
