"""Delimited text as rows of cells: the separator found, comments and blank lines left out, line numbers kept."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from diagnose.curves import FloatArray
from diagnose.errors import NoHistory, ReadError
from diagnose.readers.cells import is_missing, number
from diagnose.readers.content import Content

SEPARATORS = (",", ";", "\t", "|")
# Enough lines to tell the separator.
SAMPLE = 30
MOST_COLUMNS = 10_000


@dataclass(frozen=True, slots=True)
class Grid:
    """A header and the rows under it.

    header     names as written, stripped
    rows       cells as written; a row may have more or fewer than the header
    lines      the 1-based line number of each row
    separator  one character, " " for any white space, "" for a single column
    """

    header: tuple[str, ...]
    rows: list[list[str]]
    lines: Sequence[int]
    separator: str


@lru_cache(maxsize=2)
def header_of(content: Content) -> tuple[str, ...]:
    """The names in the first row, stripped; () when the content isn't delimited text with a header."""
    sample = _sample(content)
    separator = find_separator(sample)
    if separator is None:
        return ()
    header = _header(cut(sample[0], separator))
    return () if _all_numbers(header) else header


def holds_numbers(content: Content, *, from_first: bool) -> bool:
    """Whether the lines are cells of numbers, each behind a name at most; the first line too, or the second alone."""
    sample = _sample(content)
    separator = find_separator(sample)
    if separator is None:
        return False
    if not from_first:
        return len(sample) > 1 and any(number(cell) is not None for cell in cut(sample[1], separator))
    rows = [cut(line, separator) for line in sample]
    return all(_all_numbers(row[1:] or row) and not all(map(is_missing, row)) for row in rows)


def plain_numbers(content: Content) -> tuple[tuple[str, ...], FloatArray, str] | None:
    """Header, (rows, columns) numbers and separator of a table of nothing but numbers; None for any other.

    Most histories are such tables, and NumPy reads them without making a string of every cell.
    """
    text = content.text
    if text is None or '"' in text or "#" in text or "_" in text[text.find("\n") :]:
        return None
    lines = text.strip("\r\n").splitlines()
    header = header_of(content)
    separator = next((one for one in SEPARATORS if one in lines[0]), None) if lines else None
    if separator in (None, "|") or not header or not any(line.strip() for line in lines[1:2]):
        return None
    try:
        numbers: FloatArray = np.loadtxt(lines[1:], delimiter=separator, comments=None, ndmin=2)
    except ValueError:
        return None
    if numbers.shape[1] > MOST_COLUMNS:
        return None
    return (header, numbers, separator) if numbers.shape[1] == len(header) else None


def read_grid(content: Content) -> Grid:
    """The whole content as a grid. Raises ReadError where a quote is never closed."""
    separator = find_separator(_sample(content))
    if separator is None or content.text is None:
        raise ReadError("expected columns separated by , ; tab or |, found none", source=content.source)
    lines = _headed(content.text.splitlines())
    if separator == "|":
        lines = [_unframed(line) for line in lines]
    if separator in ("", " "):
        rows = [[line.strip()] if separator == "" else line.split() for line in lines]
    else:
        rows = _read(lines, separator, content.source)
    numbers: Sequence[int] = range(1, len(rows) + 1)
    if len(rows) != len(lines) or any(not row or row[0][:1] in ("", "#") for row in rows):
        kept = [at for at, row in enumerate(rows) if any(row) and not _comment(row[0])]
        rows, numbers = [rows[at] for at in kept], [at + 1 for at in kept]
    if rows and len(rows[0]) > MOST_COLUMNS:
        text = f"expected at most {MOST_COLUMNS:,} columns, found {len(rows[0]):,}"
        raise ReadError(text, source=content.source, place=f"line {numbers[0]}")
    if not rows:
        raise NoHistory("expected a header and rows of numbers, found only empty cells", source=content.source)
    return Grid(_header(rows[0]), rows[1:], numbers[1:], separator)


def _read(lines: list[str], separator: str, source: str) -> list[list[str]]:
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        return list(reader)
    except csv.Error as error:
        place = f"line {reader.line_num}"
        raise ReadError(f"expected delimited text, found: {error}", source=source, place=place) from None


def _comment(cell: str) -> bool:
    return cell.lstrip().startswith("#")


def _headed(lines: list[str]) -> list[str]:
    """With the header that savetxt writes as a comment: the last of the first comments, above numbers."""
    leading = next((at for at, line in enumerate(lines) if not _comment(line)), len(lines))
    if not 0 < leading < len(lines):
        return lines
    words = re.split(r"[,;|\s]+", lines[leading].strip())
    if not _all_numbers(words):
        return lines
    return [*lines[: leading - 1], lines[leading - 1].lstrip("# \t"), *lines[leading:]]


def _unframed(line: str) -> str:
    """A row of a Markdown table without its frame; its rule becomes an empty line."""
    text = line.strip()
    if not text.startswith("|") or not text.endswith("|"):
        return line
    return "" if re.fullmatch(r"[|:\s-]+", text) else text[1:-1]


def _header(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.strip().strip("\"'").strip() for cell in cells)


def _all_numbers(cells: Sequence[str]) -> bool:
    return all(number(cell) is not None or is_missing(cell) for cell in cells)


def _sample(content: Content) -> list[str]:
    """The first lines that hold anything."""
    if content.text is None:
        return []
    found: list[str] = []
    for line in _headed(content.text[:20_000].splitlines()):
        line = _unframed(line)
        if line.strip() and not _comment(line):
            found.append(line)
        if len(found) == SAMPLE:
            break
    return found


def cut(line: str, separator: str) -> list[str]:
    """The cells of one line."""
    if separator == "":
        return [line.strip()]
    if separator == " ":
        return line.split()
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:  # a cell beyond all measure
        return []


def find_separator(sample: Sequence[str]) -> str | None:
    """The separator of these lines, the first being the header; None when they aren't a table."""
    if not sample:
        return None
    best, most = None, 1
    for separator in SEPARATORS:
        if separator not in sample[0]:
            continue
        counts = [len(cut(line, separator)) for line in sample]
        body = counts[1:] or counts
        usual = Counter(body).most_common(1)[0][0]
        if counts[0] > most and usual > 1 and 2 * sum(count > 1 for count in body) >= len(body):
            best, most = separator, counts[0]
    return best if best is not None else _plain(sample)


def _plain(sample: Sequence[str]) -> str | None:
    """White space, or a single column: only when every line agrees, because prose is full of both."""
    counts = {len(line.split()) for line in sample}
    body = [line.split() for line in sample[1:]]
    if not body or not all(_all_numbers(row[:1]) or _all_numbers(row[-1:]) for row in body):
        return None
    if len(counts) == 1 and counts != {1}:
        return " "
    return "" if all(len(row) == 1 and _all_numbers(row) for row in body) else None
