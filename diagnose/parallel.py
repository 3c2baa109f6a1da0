"""Histories judged in several processes, given back in the order asked for."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diagnose.errors import ReadError
from diagnose.readers import Part, find

if TYPE_CHECKING:
    from diagnose.report import Report

    Results = list[Report | ReadError]

MOST = 32  # paths a task: so many that sending it costs little, so few that no worker waits for another


@dataclass(slots=True)
class Done:
    """What a worker gives back, and whether its history ended there: the rest of a directory is left out then."""

    results: Results
    ended: bool = False


def side_by_side(
    histories: Sequence[str], options: dict[str, Any], jobs: int
) -> Iterator[Iterator[Report | ReadError]]:
    """The results, task by task; standard input is read here, because a child process has none."""
    tasks = [_tasks(one, jobs) for one in histories]
    # "spawn" is the one way to start that is safe beside threads and the same on every system.
    context = multiprocessing.get_context("spawn")
    workers = max(1, min(jobs, sum(map(len, tasks))))
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_quiet)
    try:
        futures = [[None if one == "-" else pool.submit(_work, one, options) for one in group] for group in tasks]
        for history, group in zip(histories, futures, strict=True):
            yield from _in_order(history, group, options)
    except BaseException:
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _tasks(history: str, jobs: int) -> Sequence[str | Part]:
    """The history, or what is found below a directory in parts; every worker gets some of a small one, too."""
    if history == "-" or not os.path.isdir(history):  # noqa: PTH112 (a path is kept as the user wrote it)
        return [history]
    paths = find(history)
    size = max(1, min(MOST, len(paths) // (4 * jobs)))
    return [Part(history, tuple(paths[at : at + size])) for at in range(0, len(paths), size)]


def _in_order(
    history: str, group: Sequence[Future[Done] | None], options: dict[str, Any]
) -> Iterator[Iterator[Report | ReadError]]:
    empty = True
    for future in group:
        done = _work(history, options) if future is None else _awaited(history, future)
        yield iter(done.results)
        empty = empty and not done.results
        if done.ended:
            break
    for future in group:
        if future is not None:
            future.cancel()
    if empty and os.path.isdir(history):  # noqa: PTH112
        from diagnose.readers.directories import nothing_below

        yield iter([nothing_below(history)])


def _awaited(history: str, future: Future[Done]) -> Done:
    try:
        return future.result()
    except BrokenProcessPool:
        said = "expected a history that can be read, found that the process reading it was killed (out of memory?)"
        return Done([ReadError(f"{said}; try again with --jobs 1", source=history)], ended=True)


def _quiet() -> None:
    """Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(task: str | Part, options: dict[str, Any]) -> Done:
    from diagnose.session import FAILURES, each_of, failed

    done = Done([])
    try:
        for one in each_of(task, options):
            if not isinstance(one, ReadError):
                _settle(one)
            done.results.append(one)
    except FAILURES as error:
        done.results.append(failed(task.directory if isinstance(task, Part) else task, error))
        done.ended = True
    return done


def _settle(report: Report) -> None:
    """Find the notes here, because what finds them (a function with the run's measures in it) can't travel."""
    notes = report.notes
    object.__setattr__(report, "noticed", tuple)
    assert report.notes is notes
