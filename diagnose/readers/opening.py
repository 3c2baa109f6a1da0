"""Opening: from a path, an open file or standard input to unpacked, decoded Content."""

from __future__ import annotations

import os
import stat
import sys
from typing import Any

from diagnose.errors import NoHistory, ReadError, Refused
from diagnose.readers.content import Content
from diagnose.readers.decoding import decode

LIMIT = 1 << 30  # bytes, unpacked
_PIECE = 1 << 20
_STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")  # what "<(command)" gives in a shell


def open_path(path: str, limit: int = LIMIT) -> Content:
    """The content of a file; "-" is standard input. Raises ReadError when it can't be had."""
    if path == "-":
        return contained("-", "", _from_stream(sys.stdin.buffer, "-", limit), limit)
    try:
        kind = os.stat(path).st_mode  # noqa: PTH116 (a path is kept as the user wrote it)
        if not stat.S_ISREG(kind) and not (path.startswith(_STREAMS) and not stat.S_ISDIR(kind)):
            raise Refused(f"expected a file, found {_called(kind)}; give a file, or - for standard input", source=path)
        with open(path, "rb") as file:  # noqa: PTH123
            data = _from_stream(file, path, limit)
    except OSError as error:
        raise ReadError(_why(error), source=path) from error
    except ReadError:
        raise
    except ValueError as error:  # a NUL in the name
        raise ReadError(f"expected a file's name, found one that no file can have ({error})", source=path) from error
    return contained(path, os.path.basename(path), data, limit)  # noqa: PTH119


def open_file(file: Any, limit: int = LIMIT) -> Content:
    """The content of a file the user has opened, as text or binary, from where it stands."""
    name = getattr(file, "name", None)
    source = name if isinstance(name, str) else "file"
    try:
        data = at_most(file, limit + 1)
    except (OSError, ValueError) as error:
        raise ReadError(f"expected a file that can be read, found that it fails ({error})", source=source) from error
    if not isinstance(data, (bytes, str)):
        raise ReadError(f"expected text or bytes from the file, found {type(data).__name__}", source=source)
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > limit:
        raise _too_big(source, limit)
    return contained(source, os.path.basename(source), raw, limit)  # noqa: PTH119


def contained(source: str, name: str, data: bytes, limit: int = LIMIT) -> Content:
    """Content from raw bytes: unpacked and decoded."""
    if data[:6].startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"PK\x03\x04", b"PK\x05\x06")):
        from diagnose.readers.packed import unpack

        name, data = unpack(source, name, data, limit)
    if not data.strip(b" \t\r\n\x00"):
        raise NoHistory("expected a training history, found an empty file", source=source)
    return Content(source, name, data, decode(data))


def at_most(file: Any, limit: int) -> Any:
    """Up to ``limit`` bytes or characters, piece by piece: asked for all at once, a file reserves that much memory."""
    pieces: list[Any] = []
    left = limit
    while left > 0:
        piece = file.read(min(left, _PIECE))
        if not isinstance(piece, (bytes, str)):
            return piece
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return type(pieces[0])().join(pieces) if pieces else b""


def _from_stream(file: Any, source: str, limit: int) -> bytes:
    data: bytes = at_most(file, limit + 1)
    if len(data) > limit:
        raise _too_big(source, limit)
    return data


def _too_big(source: str, limit: int) -> Refused:
    return Refused(f"expected at most {limit:,} bytes, found more; copy the loss columns into a CSV", source=source)


def _called(kind: int) -> str:
    if stat.S_ISFIFO(kind):
        return "a named pipe"
    if stat.S_ISDIR(kind):
        return "a directory"
    return "a socket" if stat.S_ISSOCK(kind) else "a device"


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "expected a file or directory, found nothing by this name"
    if isinstance(error, PermissionError):
        return "expected a readable file, found no permission to read it; chmod u+r gives it"
    if isinstance(error, NotADirectoryError):
        return "expected a file, found a path that leads through something that is no directory"
    return f"expected a readable file, found that opening it fails: {error.strerror or error}"
