"""Files replaced at once, so that nobody sees one half written."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def replace(path: str | Path, data: bytes) -> None:
    """Write a file so that it is never seen half written: a new one beside it takes its name.

    An existing file keeps its permissions; a link keeps pointing at what is replaced. Devices and pipes are written to.
    Raises OSError that names ``path`` as it was given; the old content is untouched then.
    """
    try:
        _replace(path, data)
    except OSError as error:  # it may name the new file, which nobody has asked for
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: str | Path, data: bytes) -> None:
    target = Path(os.path.realpath(path))
    mode = target.stat().st_mode if target.exists() else None
    if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        target.write_bytes(data)
        return
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "Is a directory", str(path))
    import tempfile

    handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(stat.S_IMODE(mode) if mode is not None else 0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def same(one: str | Path, other: str | Path) -> bool:
    """Whether both names stand for the same existing file."""
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):
        return False
