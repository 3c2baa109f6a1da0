"""diagnose(): read, measure, judge, rank."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, overload

from diagnose.curves import Curves
from diagnose.errors import NoHistory, ReadError, UsageError
from diagnose.judging import judge
from diagnose.registry import check_names
from diagnose.report import Report

Choice = int | Literal["all"] | None


@overload
def diagnose(
    history: Any,
    *,
    run: Literal["all"],
    repeats: bool = False,
    train: str | None = None,
    validation: str | None = None,
    direction: str | None = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
) -> list[Report]: ...


@overload
def diagnose(
    history: Any,
    *,
    repeats: bool = False,
    train: str | None = None,
    validation: str | None = None,
    direction: str | None = None,
    run: int | None = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
) -> Report: ...


def diagnose(
    history: Any,
    *,
    repeats: bool = False,
    train: str | None = None,
    validation: str | None = None,
    direction: str | None = None,
    run: Choice = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
) -> Any:
    """Say what a training history shows.

    history     a path, an open file, a dict of lists (``History.history``), a pandas DataFrame, a keras ``History``, or a
                ``Curves``; a list of these, or a path that holds several (a directory, a notebook), gives a list of reports
    repeats     the histories are repeated runs of one configuration: one report, that judges the spread between them too
    train, validation, direction   names of the columns to judge, and "min" or "max", where they can't be told
    run         which run of a history that holds several: its number from 1, or "all" for a list of reports; default the
                last one with at least half as many points as the longest
    select, ignore   slugs of the only rules to judge, or of those to leave out

    Raises ReadError for a history that can't be read, UsageError for an argument that doesn't fit.
    """
    _check(select, ignore, direction, run)
    hints = {"train": train, "validation": validation, "direction": direction}
    several = _several(history)
    found = [one for part in (history if several else [history]) for one in _histories(part, hints)]
    if repeats:
        return judge(_together(found, run), select, ignore)
    if run == "all":
        return [judge([one], select, ignore) for runs in found for one in _numbered(runs)]
    reports = [judge([_chosen(runs, run)], select, ignore) for runs in found]
    return reports if several or len(reports) > 1 else reports[0]


def reports(
    source: str,
    *,
    train: str | None = None,
    validation: str | None = None,
    direction: str | None = None,
    run: Choice = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
) -> Iterator[Report | ReadError]:
    """What a command line's argument holds, one by one: a report for each history, an error for each that can't be read.

    Of a directory every history below it is read; one broken file does not hide the others.
    """
    _check(select, ignore, direction, run)
    hints = {"train": train, "validation": validation, "direction": direction}
    for found in _read_each(source, hints):
        if isinstance(found, ReadError):
            yield found
            continue
        for curves in _numbered(found) if run == "all" else [_chosen(found, run)]:
            yield judge([curves], select, ignore)


def repeated(
    sources: Sequence[str],
    *,
    train: str | None = None,
    validation: str | None = None,
    direction: str | None = None,
    run: Choice = None,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
) -> tuple[Report | None, list[ReadError]]:
    """One report over repeated runs; None when no history could be read. The errors of those that could not."""
    _check(select, ignore, direction, run)
    hints = {"train": train, "validation": validation, "direction": direction}
    histories: list[list[Curves]] = []
    errors: list[ReadError] = []
    for source in sources:
        for found in _read_each(source, hints):
            if isinstance(found, ReadError):
                errors.append(found)
            else:
                histories.append(found)
    if not histories:
        return None, errors
    return judge(_together(histories, run), select, ignore), errors


def _read_each(source: str, hints: dict[str, str | None]) -> Iterator[list[Curves] | ReadError]:
    from diagnose.readers import each

    yield from each(source, **hints)


def _histories(part: Any, hints: dict[str, str | None]) -> list[list[Curves]]:
    if isinstance(part, Curves):
        return [[part]]
    from diagnose.readers import read

    found = read(part, **hints)
    if not found:
        raise NoHistory("expected a training history, found none")
    return found


def _several(history: Any) -> bool:
    """Whether a list holds histories, rather than being one itself (records: dicts of plain numbers)."""
    if not isinstance(history, (list, tuple)):
        return False
    if not history:
        raise UsageError("expected at least one history, found an empty list")
    first = history[0]
    return not isinstance(first, dict) or any(
        hasattr(value, "__len__") and not isinstance(value, str) for value in first.values()
    )


def _together(histories: list[list[Curves]], run: Choice) -> list[Curves]:
    """The repeats: a run of each history; all of them with "all", and where one history holds them all."""
    if run == "all" or (len(histories) == 1 and run is None):
        chosen = [one for runs in histories for one in runs]
    else:
        chosen = [_chosen(runs, run) for runs in histories]
    if len(chosen) < 2:
        raise UsageError(
            "expected several repeated runs to compare, found one; name more histories, or leave repeats away"
        )
    return chosen


def _numbered(runs: list[Curves]) -> list[Curves]:
    """The runs of one history, "#2" and so on behind the source of all but the first."""
    return [replace(one, source=f"{one.source}#{one.run}") if one.run > 1 else one for one in runs]


def _chosen(runs: list[Curves], run: Choice) -> Curves:
    if isinstance(run, int):
        if not 1 <= run <= len(runs):
            raise UsageError(f"expected a run from 1 to {len(runs)}, found {run}")
        return runs[run - 1]
    if len(runs) == 1:
        return runs[0]
    from diagnose.readers.runs import choose

    return choose(runs)


def _check(select: Collection[str], ignore: Collection[str], direction: str | None, run: Choice) -> None:
    if isinstance(select, str) or isinstance(ignore, str):
        raise UsageError('expected select and ignore as collections of rule slugs, found a string: write ["overfit"]')
    if select or ignore:
        check_names([*select, *ignore])
    if direction not in (None, "min", "max"):
        raise UsageError(f'expected direction "min" or "max", found {direction!r}')
    if not (run is None or run == "all" or (isinstance(run, int) and not isinstance(run, bool) and run >= 1)):
        raise UsageError(f'expected run as a number from 1 or "all", found {run!r}')
