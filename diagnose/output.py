"""Where output goes: never over an input; to standard output, which may be closed at any time; in looks it can show."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from diagnose.errors import UsageError
from diagnose.renderers import Look
from diagnose.renderers.files import same

if TYPE_CHECKING:
    from diagnose.report import Report


def check_targets(targets: Mapping[str, str | None], inputs: Iterable[str | None]) -> None:
    """Refuse, before any work, to write over an input or into something that can't be a picture.

    targets: files by option, ``{"--output": None, "--plot": "curves.png"}``
    """
    named = {option: path for option, path in targets.items() if path is not None}
    if "--plot" in named:
        from diagnose.renderers.figure import check_suffix

        check_suffix(named["--plot"])
    taken: dict[str, str] = {}
    for option, path in named.items():
        other = taken.setdefault(os.path.realpath(path), option)
        if other != option:
            raise UsageError(f"{other} and {option} name the same file, {path}; give two")
    read = [one for one in inputs if one is not None]
    for option, path in named.items():
        if any(same(path, one) for one in read):
            raise UsageError(f"{option} {path} is an input and would be lost; name another file")
        if os.path.isdir(path):  # noqa: PTH112 (pathlib is slower to no gain)
            raise UsageError(f"expected a file for {option}, found the directory {path}; name a file in it")


def check_inputs(path: str, reports: Sequence[Report]) -> None:
    """The same for histories found in directories."""
    from diagnose.renderers.github import file_of

    for one in reports:
        for source in (one.source, *map(file_of, (one.source, *one.source.split("|")))):
            if same(path, source):
                raise UsageError(f"{path} is an input ({source}) and would be lost; name another file")


def look() -> Look:
    """What standard output can show."""
    stream = sys.stdout
    terminal = stream is not None and stream.isatty()
    dumb = os.environ.get("TERM") == "dumb"
    forced = bool(os.environ.get("FORCE_COLOR"))
    color = (terminal or forced) and not dumb and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size((80, 24)).columns if terminal or "COLUMNS" in os.environ else 80
    return Look(min(max(width, 40), 100), color, dumb or os.environ.get("DIAGNOSE_ASCII") == "1" or not _unicode())


def _unicode() -> bool:
    """Whether typographic and Braille characters arrive: the encoding carries them and the locale isn't C by choice."""
    try:
        "⣿┤…".encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    if os.environ.get("PYTHONIOENCODING") or os.environ.get("PYTHONUTF8") == "1":
        return True
    # Python runs in UTF-8 under LANG=C and sets LC_CTYPE itself then; what the user asked for stands in the others.
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = os.environ.get(name, "")
        if value and not (name == "LC_CTYPE" and value in ("C.UTF-8", "C.utf8", "UTF-8")):
            return value not in ("C", "POSIX")
    return True


def write(text: str) -> None:
    """Write to standard output. A reader that has gone away (``| head``) is no error; OSError for a full disk."""
    stream = sys.stdout
    if stream is None or not text:
        return
    try:
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _silence()
    except OSError:
        _silence()
        raise


def say(text: str) -> None:
    """One line on standard error; nothing where there is none."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        print(f"diagnose: {text}", file=sys.stderr, flush=True)


def _silence() -> None:
    """Let Python's own flush at exit go nowhere."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
