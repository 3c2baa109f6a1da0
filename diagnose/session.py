"""Many histories, one after the other or side by side, in the order given; what fails is kept beside what worked."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from diagnose.errors import ReadError, UsageError

if TYPE_CHECKING:
    from diagnose.report import Report

FAILURES = (ReadError, UsageError, OSError, MemoryError, RecursionError)
PATIENCE = 2.0  # seconds without a word on a terminal


@dataclass(slots=True)
class Outcome:
    """What came of the histories: reports and errors in the order given, and whether Ctrl-C ended it early."""

    reports: list[Report] = field(default_factory=list)
    errors: list[ReadError] = field(default_factory=list)
    interrupted: bool = False


def judge_all(histories: Sequence[str], options: dict[str, Any], *, repeats: bool, jobs: int) -> Outcome:
    """Read and judge everything. Raises DiagnoseError for what concerns all of it: usage, a broken rule."""
    outcome = Outcome()
    progress = Progress()
    try:
        for results in _results(histories, options, repeats=repeats, jobs=jobs):
            for one in results:
                (outcome.errors if isinstance(one, ReadError) else outcome.reports).append(one)  # type: ignore[arg-type]
                progress.tick(len(outcome.reports) + len(outcome.errors))
    except KeyboardInterrupt:
        outcome.interrupted = True
    progress.clear()
    return outcome


def _results(
    histories: Sequence[str], options: dict[str, Any], *, repeats: bool, jobs: int
) -> Iterator[Iterator[Report | ReadError]]:
    if repeats:
        return iter([_together(histories, options)])
    if jobs > 1 and (len(histories) > 1 or os.path.isdir(histories[0])):  # noqa: PTH112
        from diagnose.parallel import side_by_side

        return side_by_side(histories, options, jobs)
    return (each(one, options) for one in histories)


def each(history: str, options: dict[str, Any]) -> Iterator[Report | ReadError]:
    """The reports of one history; what goes wrong with reading it is its last result."""
    try:
        yield from each_of(history, options)
    except FAILURES as error:
        yield failed(history, error)


def each_of(history: Any, options: dict[str, Any]) -> Iterator[Report | ReadError]:
    """The same of a history, or of a Part of a directory; raises one of FAILURES."""
    from diagnose.engine import reports

    return reports(_announced(history), **options)


def _together(histories: Sequence[str], options: dict[str, Any]) -> Iterator[Report | ReadError]:
    from diagnose.engine import repeated

    joined = "|".join(histories)
    try:
        report, errors = repeated([_announced(one) for one in histories], **options)
    except FAILURES as error:
        report, errors = None, [failed(joined, error)]
    yield from errors
    if report is not None:
        yield report


def _announced(history: Any) -> Any:
    """The history; somebody at a keyboard is told that their typing is waited for."""
    if history == "-" and sys.stdin is not None and sys.stdin.isatty():
        print("diagnose: reading standard input; Ctrl-D ends it", file=sys.stderr)
    return history


def failed(history: str, error: Exception) -> ReadError:
    """One of FAILURES as the error of this history."""
    if isinstance(error, ReadError):
        return error
    if isinstance(error, UsageError):  # a column or a run that this history doesn't have; others may
        return ReadError(str(error), source=history)
    return unreadable(history, error)


def unreadable(history: str, error: BaseException) -> ReadError:
    """What the operating system or the machine's limits say, as an error of this history."""
    if isinstance(error, MemoryError):
        return ReadError("expected a history that fits into memory, found none left; split the file", source=history)
    if isinstance(error, RecursionError):
        return ReadError("expected a history, found values nested too deep; write it flat", source=history)
    said = getattr(error, "strerror", None) or str(error)
    return ReadError(f"expected a readable history, found: {said}", source=history)


class Progress:
    """A count on the terminal's standard error, from two seconds on; it wipes itself out."""

    def __init__(self) -> None:
        self.start = self.shown = time.monotonic()
        self.visible = False
        self.terminal = sys.stderr is not None and sys.stderr.isatty()

    def tick(self, done: int) -> None:
        """One more is done."""
        now = time.monotonic()
        if self.terminal and now - self.start > PATIENCE and now - self.shown > 0.1:
            print(f"\r{done:,} histories read", end="", file=sys.stderr, flush=True)
            self.shown, self.visible = now, True

    def clear(self) -> None:
        """Wipe the line."""
        if self.visible:
            print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)
