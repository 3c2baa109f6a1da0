"""Histories in, Curves out: one file a format, recognised by content.

``read(source)`` opens a path, a file or a Python object and gives, for every history found, its runs. The way there:
``opening`` (bytes) -> ``dispatch`` (which format: Tables, one a history) -> ``assemble`` (a Table -> one Curves a run).

A format is one module here with two functions, ``recognise(content) -> bool`` and ``tables(content) -> list[Table]``;
others can add theirs under the entry point group "diagnose.readers".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from diagnose.curves import Curves
from diagnose.errors import ReadError
from diagnose.readers.assemble import assemble
from diagnose.readers.objects import table_of
from diagnose.readers.table import Table

Histories = list[list[Curves]]


@dataclass(frozen=True, slots=True)
class Part:
    """Some of what ``find`` has found below a directory, for one of several workers."""

    directory: str
    paths: tuple[str, ...]


def read(
    source: Any, *, train: str | None = None, validation: str | None = None, direction: str | None = None
) -> Histories:
    """Every history in the source, each as the list of its runs.

    ``source`` is a path ("-" is standard input), a directory, an open file, a dict of lists, a list of records, a data
    frame, Keras' History, boosting's evals_result, or Curves. ``train``, ``validation`` and ``direction`` say which
    columns to judge where that can't be told. What can't be read beside what can is left out; ``each`` tells of it.

    Raises ReadError (UnknownFormat, NoHistory, Refused) for a source that can't be read, MissingDependency where a
    format needs a library, UsageError for a column that isn't there or an object that can't be a history.
    """
    if type(source) is dict:
        table = table_of(source)
        if table is not None:
            return [assemble(table, train=train, validation=validation, direction=direction)]
    if isinstance(source, Curves):
        return [[source]]
    from diagnose.readers.dispatch import tables_from

    return _assembled(tables_from(source), train, validation, direction)


def each(
    source: Any, *, train: str | None = None, validation: str | None = None, direction: str | None = None
) -> Iterator[list[Curves] | ReadError]:
    """The runs of each history in the source, one after the other, and the error of each file that can't be read.

    Of a directory, or a Part of one, files that merely aren't histories are passed over. UsageError is raised, as in
    ``read``.
    """
    for part in _parts(source):
        if isinstance(part, ReadError):
            yield part
            continue
        try:
            yield from _assembled(part, train, validation, direction)
        except ReadError as error:
            yield error


def _parts(source: Any) -> Iterator[list[Table] | ReadError]:
    if isinstance(source, Part):
        from diagnose.readers.directories import tables_at

        return tables_at(source.paths)
    from diagnose.readers.dispatch import parts

    return parts(source)


def find(directory: str) -> list[str]:
    """The files and event folders below the directory that may hold a history, newest first."""
    from diagnose.readers.directories import find as found

    return found(directory)


def _assembled(tables: Iterable[Table], train: str | None, validation: str | None, direction: str | None) -> Histories:
    """Every table that is a history; the first error when none is."""
    found: Histories = []
    failed: list[ReadError] = []
    for table in tables:
        try:
            found.append(assemble(table, train=train, validation=validation, direction=direction))
        except ReadError as error:
            failed.append(error)
    if failed and not found:
        raise failed[0]
    return found
