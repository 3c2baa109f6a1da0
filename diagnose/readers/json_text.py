"""JSON and JSON Lines: History dicts, records, pandas frames, evals_result, trainer_state; bare NaN too."""

from __future__ import annotations

import json
from typing import Any

from diagnose.errors import NoHistory, ReadError, Refused
from diagnose.readers.content import Content
from diagnose.readers.table import Table
from diagnose.readers.values import tables_of


def recognise(content: Content) -> bool:
    """Whether the text is JSON, or means to be: a bracket, then what JSON allows behind one."""
    if content.text is None:
        return False
    head = content.text[:1000].lstrip()
    if head[:1] == "{":
        return head[1:].lstrip()[:1] in ('"', "}", "")
    if head[:1] == "[":
        inner = head[1:].lstrip()
        return inner[:1] in "[]" or (inner[:1] == "{" and inner[1:].lstrip()[:1] in '"}') or _is_numbers(content.text)
    return head[:2] in ('"{', '"[')


def tables(content: Content) -> list[Table]:
    """The histories in the text; ReadError with line and column where it isn't JSON."""
    text = content.text or ""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        value = _lines(text, error, content.source)
    except RecursionError as error:
        raise Refused("expected a history, found lists nested too deeply", source=content.source) from error
    except ValueError as error:  # a number of thousands of digits
        raise ReadError(f"expected a history, found JSON that can't be read: {error}", source=content.source) from error
    if isinstance(value, str):  # dumped twice
        value = _inner(value, content.source)
    return tables_of(value, content.source, "JSON history")


def _is_numbers(text: str) -> bool:
    """A list of plain numbers to the end: "[0] train-loss:0.5" is another matter."""
    return text.rstrip()[-1:] == "]" and ":" not in text[:200]


def _inner(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise NoHistory(f"expected lists of numbers by name, found one string: {text[:40]!r}", source=source) from error


def _lines(text: str, error: json.JSONDecodeError, source: str) -> Any:
    """One value a line. A last line that breaks off, as a killed run leaves it, is left out."""
    lines = [(at, line) for at, line in enumerate(text.splitlines(), start=1) if line.strip()]
    rows: list[Any] = []
    for at, line in lines:
        try:
            rows.append(json.loads(line.strip().removeprefix("\x1e")))
        except ValueError as inner:
            if rows and at == lines[-1][0]:
                break
            if rows and isinstance(rows[0], dict):
                told = f"expected one JSON object a line, found {line.strip()[:40]!r}"
                raise ReadError(told, source=source, place=f"line {at}") from inner
            raise _broken(text, error, source) from error
    if not rows or not isinstance(rows[0], dict):
        raise _broken(text, error, source) from error
    return rows


def _broken(text: str, error: json.JSONDecodeError, source: str) -> ReadError:
    place = f"line {error.lineno}, column {error.colno}"
    found = text[error.pos : error.pos + 20].splitlines()[:1]
    if error.pos >= len(text.rstrip()):
        told = "found the end of the text: the file was cut off"
    else:
        told = f"found {found[0] if found else ''!r} ({error.msg})"
    return ReadError(f"expected JSON, {told}", source=source, place=place)
