"""Histories judged in several processes, given back in the order asked for."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

from diagnose.errors import ReadError

if TYPE_CHECKING:
    from diagnose.report import Report

    Results = list[Report | ReadError]


def side_by_side(
    histories: Sequence[str], options: dict[str, Any], jobs: int
) -> Iterator[Iterator[Report | ReadError]]:
    """One iterator a history; standard input is read here, because a child process has none."""
    # "spawn" is the one way to start that is safe beside threads and the same on every system.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(histories)), mp_context=context, initializer=_quiet)
    try:
        futures: list[Future[Results] | None] = [
            None if one == "-" else pool.submit(_work, one, options) for one in histories
        ]
        for history, future in zip(histories, futures, strict=True):
            yield iter(_work(history, options) if future is None else _awaited(history, future))
    except BaseException:
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _awaited(history: str, future: Future[Results]) -> Results:
    try:
        return future.result()
    except BrokenProcessPool:
        said = "expected a history that can be read, found that the process reading it was killed (out of memory?)"
        return [ReadError(f"{said}; try again with --jobs 1", source=history)]


def _quiet() -> None:
    """Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(history: str, options: dict[str, Any]) -> Results:
    from diagnose.session import each

    results = list(each(history, options))
    for one in results:
        if not isinstance(one, ReadError):
            _settle(one)
    return results


def _settle(report: Report) -> None:
    """Find the notes here, because what finds them (a function with the run's measures in it) can't travel."""
    notes = report.notes
    object.__setattr__(report, "noticed", tuple)
    assert report.notes is notes
