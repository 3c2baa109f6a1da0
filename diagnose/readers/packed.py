"""Compressed content: gzip, bzip2, xz, and zip archives of one file, never more than the limit of it."""

from __future__ import annotations

import os
import zlib
from typing import IO, Any

from diagnose.errors import ReadError, Refused
from diagnose.readers.opening import at_most

_SUFFIXES = (".gz", ".bz2", ".xz", ".zip", ".gzip", ".lzma")
_INSTEAD = "unpack it and give its files or the directory"


def unpack(source: str, name: str, data: bytes, limit: int) -> tuple[str, bytes]:
    """The packed file's name and content. Archives that are a format (xlsx, npz, keras) come back as they are."""
    if data.startswith(b"PK"):
        return _from_zip(source, name, data, limit)
    unpacked = _bounded(source, data, limit)
    if unpacked[257:262] == b"ustar":
        raise Refused(f"expected one compressed file, found an archive of several; {_INSTEAD}", source=source)
    return _bare(name), unpacked


def _bare(name: str) -> str:
    stem, suffix = os.path.splitext(name)  # noqa: PTH122
    return stem if suffix.lower() in _SUFFIXES else name


def _bounded(source: str, data: bytes, limit: int) -> bytes:
    import io

    try:
        with _opened(io.BytesIO(data)) as file:
            unpacked: bytes = at_most(file, limit + 1)
    except Exception as error:
        if not is_damage(error):
            raise
        told = f"expected complete compressed data, found it cut off or damaged ({error})"
        raise ReadError(told, source=source) from error
    if len(unpacked) > limit:
        raise _too_big(source, limit)
    return unpacked


def is_damage(error: Exception) -> bool:
    """Whether unpacking failed for what the data are, in any of the ways that the libraries tell it."""
    if isinstance(error, (OSError, EOFError, ValueError, NotImplementedError, zlib.error)):
        return True
    # Classes of modules that aren't worth their import here.
    return type(error).__name__ in ("LZMAError", "BadZipFile")


def _opened(raw: IO[bytes]) -> Any:
    magic = raw.read(3)
    raw.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        import gzip

        return gzip.GzipFile(fileobj=raw)
    if magic == b"BZh":
        import bz2

        return bz2.BZ2File(raw)
    import lzma

    return lzma.LZMAFile(raw)


def _from_zip(source: str, name: str, data: bytes, limit: int) -> tuple[str, bytes]:
    import io
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [one for one in archive.infolist() if _is_file(one.filename)]
            if len(members) != 1 or members[0].filename.endswith(".npy"):
                return _of_many(source, name, data, members)
            if members[0].flag_bits & 1:
                raise Refused("expected an open archive, found one with a password; unpack it", source=source)
            with archive.open(members[0]) as file:
                unpacked = at_most(file, limit + 1)
    except ReadError:
        raise
    except Exception as error:
        if not is_damage(error):
            raise
        raise ReadError(f"expected a complete zip archive, found it damaged ({error})", source=source) from error
    if len(unpacked) > limit:
        raise _too_big(source, limit)
    return os.path.basename(members[0].filename), unpacked  # noqa: PTH119


def _is_file(name: str) -> bool:
    return not name.endswith("/") and not name.startswith("__MACOSX/") and not name.endswith(".DS_Store")


def _of_many(source: str, name: str, data: bytes, members: list[Any]) -> tuple[str, bytes]:
    names = [one.filename for one in members]
    if any(one.endswith((".npy", "data.pkl", "config.json", ".xml", ".weights.h5")) for one in names):
        return name, data
    raise Refused(f"expected an archive with one file, found one with {len(names)}; {_INSTEAD}", source=source)


def _too_big(source: str, limit: int) -> Refused:
    told = f"expected at most {limit:,} bytes unpacked, found more; if it is a history, unpack it and cut it down"
    return Refused(told, source=source)
