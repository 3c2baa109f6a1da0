"""Which format a content is: asked of one reader after the other, the surest signs first."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from diagnose.errors import MissingDependency, NoHistory, ReadError, UnknownFormat, UsageError
from diagnose.plugins import entries
from diagnose.readers.content import Content
from diagnose.readers.strangers import SETTINGS, what_is
from diagnose.readers.table import Table

# Names of modules, so that only those that are asked get imported.
_BINARY = ("tensorboard", "arrays", "parquet", "pickled")
_JSON = ("notebook", "json_text", "huggingface_console", "literal")
_CONSOLE = ("console", "boosting_text", "darknet", "loops")
_DELIMITED = ("lightning", "ultralytics", "wandb", "longtable", "fastai", "catboost", "mlflow", "delimited")
_LAST = ("huggingface_console", "literal", "console", "boosting_text", "darknet", "loops", "pickled")

# What no table has, but nearly every log: "Epoch 3", " - loss: 0.5", "[12] ", "12: ", "{'loss'".
_LOGGED = re.compile(
    r"\b(?:epoch|ep|iter|iteration|step)[ \t:#=\[(]+\d|(?:^|\s)[-–—] \w+: [-\d.ni]|^[ \t]*(?:\[\d+\]|\d+:)[ \t]+\S|\{'",
    re.I | re.M,
)
_EXPECTED = (
    "expected a history that a training wrote (CSV, JSON, console log, TensorBoard events...), "
    "found nothing that looks like one"
)


class Reader(Protocol):
    """A format's module."""

    def recognise(self, content: Content) -> bool:
        """Whether this is the reader's format: cheap, and by content."""

    def tables(self, content: Content) -> list[Table]:
        """Every history in the content."""


def tables_from(source: Any) -> list[Table]:
    """The tables of whatever the user has given; see ``read``."""
    if isinstance(source, (str, os.PathLike)):
        return _from_path(os.fspath(source))
    if hasattr(source, "read"):
        from diagnose.readers.opening import open_file

        return tables_in(open_file(source))
    from diagnose.readers.values import tables_of

    if isinstance(source, (Mapping, Sequence)) and not isinstance(source, bytes):
        return tables_of(source, "history")
    return [_of_object(source)]


def parts(source: Any) -> Iterator[list[Table] | ReadError]:
    """The same file by file: the tables of each, or what is wrong with it."""
    if isinstance(source, (str, os.PathLike)) and _is_directory(os.fspath(source)):
        from diagnose.readers.directories import below

        yield from below(os.fsdecode(source))
        return
    try:
        yield tables_from(source)
    except (ReadError, MissingDependency) as error:
        yield error if isinstance(error, ReadError) else ReadError(str(error), source=os.fsdecode(source))


def _is_directory(path: str | bytes) -> bool:
    try:
        return os.path.isdir(path)  # noqa: PTH112 (no Path for a path that is kept as the user wrote it)
    except ValueError:
        return False


def _from_path(path: str | bytes) -> list[Table]:
    path = os.fsdecode(path)
    if path != "-" and _is_directory(path):
        from diagnose.readers.directories import tables_below

        return tables_below(path)
    from diagnose.readers.opening import open_path

    return tables_in(open_path(path))


def _of_object(source: object) -> Table:
    from diagnose.readers.objects import table_of

    table = table_of(source)
    if table is None:
        raise UsageError(
            f"expected a path, an open file, a dict of lists, a data frame or a Keras History, "
            f"found {type(source).__name__}"
        )
    return table


def tables_in(content: Content) -> list[Table]:
    """The tables of a content, by the first reader that recognises it; errors name the content's source."""
    try:
        for reader in _asked(content):
            if reader.recognise(content):
                return reader.tables(content)
    except ReadError as error:
        raise error if error.source == content.source else error.at(content.source) from error
    except RecursionError as error:
        raise ReadError("expected a history, found lists nested too deeply", source=content.source) from error
    raise _unknown(content)


def _asked(content: Content) -> Iterator[Reader]:
    names = _names(content)
    for name in names:
        if name == "strangers":
            stranger = what_is(content)
            if stranger is not None:
                raise stranger
            continue
        yield _module(name)
    yield from _others()


def _names(content: Content) -> tuple[str, ...]:
    if content.text is None:
        return (*_BINARY, "strangers")
    start = content.text[:200].lstrip()[:1]
    if start in ("{", "[", '"'):
        return (*_JSON, *_CONSOLE, *_DELIMITED, "strangers")
    if start in ("<", "v", "%") or content.name.lower().endswith(SETTINGS):
        return ("strangers", *_DELIMITED, *_LAST)
    if "{" in content.text[:200] or content.text.startswith(("OrderedDict(", "dict(", "collections.")):
        return ("huggingface_console", "literal", *_CONSOLE, *_DELIMITED, "strangers", *_LAST)
    if _LOGGED.search(content.text, 0, 200_000):
        return (*_CONSOLE, *_DELIMITED, "strangers", *_LAST)
    return (*_DELIMITED, "strangers", *_LAST)


def _module(name: str) -> Reader:
    return cast(Reader, import_module(f"diagnose.readers.{name}"))


def _others() -> Iterator[Reader]:
    """Readers that other distributions bring along."""
    for point in entries("diagnose.readers"):
        try:
            yield cast(Reader, point.load())
        except Exception as error:
            raise ReadError(f"the reader {point.name} of another package can't be loaded: {error}") from error


def _unknown(content: Content) -> ReadError:
    if content.text is None:
        return UnknownFormat(f"{_EXPECTED}: the content is binary", source=content.source)
    first = next((line.strip() for line in content.text.splitlines() if line.strip()), "")
    if len(content.text) < 2:
        return NoHistory(f"{_EXPECTED}: one character", source=content.source)
    if first.lower().startswith("epoch"):
        told = "expected metrics such as loss: 0.5 behind each epoch, found epochs without any; log with verbose=2"
        return NoHistory(told, source=content.source)
    return UnknownFormat(f"{_EXPECTED}; it begins {first[:50]!r}", source=content.source)
