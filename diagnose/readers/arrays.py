"""NumPy's files: .npz with a curve a name; .npy of a structured array or of a dict, np.save(history.history)."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from diagnose.errors import NoHistory, ReadError, Refused
from diagnose.readers.content import Content
from diagnose.readers.opening import at_most
from diagnose.readers.table import Table
from diagnose.readers.values import tables_of

_MAGIC = b"\x93NUMPY"
_LIMIT = 1 << 30


def recognise(content: Content) -> bool:
    """Whether the bytes are one array, or an archive of arrays."""
    if content.data.startswith(_MAGIC):
        return True
    return content.data.startswith(b"PK") and b".npy" in content.data[:300]


def tables(content: Content) -> list[Table]:
    """The histories in the arrays."""
    if content.data.startswith(_MAGIC):
        value = _array(content.data, content.source)
        if isinstance(value, np.ndarray):
            value = _named(value, content.source)
    else:
        value = _archive(content)
    return tables_of(value, content.source, "NumPy file")


def _archive(content: Content) -> dict[str, Any]:
    import zipfile

    from diagnose.readers.packed import is_damage

    found: dict[str, Any] = {}
    left = _LIMIT
    try:
        with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
            for one in archive.infolist():
                with archive.open(one) as file:
                    data = at_most(file, left + 1)
                left -= len(data)
                if left < 0:
                    raise Refused(f"expected at most {_LIMIT:,} bytes unpacked, found more", source=content.source)
                found[one.filename.removesuffix(".npy")] = _array(data, content.source)
    except ReadError:
        raise
    except Exception as error:
        if not (is_damage(error) or isinstance(error, RuntimeError)):  # RuntimeError: it has a password
            raise
        raise ReadError(f"expected a complete .npz file, found it damaged ({error})", source=content.source) from error
    return found


def _array(data: bytes, source: str) -> Any:
    """The array of an .npy file; a pickled one as the plain value it holds."""
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file)
        if dtype.hasobject:
            from diagnose.readers.pickled import unpickled

            return _only(unpickled(data[file.tell() :], source))
        values = np.frombuffer(data, dtype=dtype, offset=file.tell())
        return values.reshape(shape, order="F" if fortran else "C")
    except ReadError:
        raise
    except Exception as error:  # the header is parsed by NumPy, which fails in many ways
        raise ReadError(f"expected a complete .npy file, found it damaged ({error})", source=source) from error


def _only(value: Any) -> Any:
    while isinstance(value, (list, np.ndarray)) and len(value) == 1:
        value = value[0]
    return value


def _named(array: Any, source: str) -> dict[str, Any]:
    if array.dtype.names and array.ndim == 1:
        return {name: array[name] for name in array.dtype.names}
    raise NoHistory(
        f"expected curves with names, found one array of shape {array.shape} without any; "
        "use np.savez(file, loss=..., val_loss=...)",
        source=source,
    )
