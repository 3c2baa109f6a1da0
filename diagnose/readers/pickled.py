"""Pickles of plain containers and NumPy numbers, through an unpickler that knows nothing else and so can run nothing.

Even NumPy's own reconstruction is replaced: arrays and dtypes are rebuilt from their bytes by checked code below.
"""

from __future__ import annotations

import io
import pickle
import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from diagnose.errors import ReadError, Refused
from diagnose.readers.content import Content
from diagnose.readers.table import Table
from diagnose.readers.values import tables_of

_REMEDY = "save the numbers: json.dump(history.history, file)"
_EXPECTED = "expected plain lists and numbers, found"
_PROTOCOL_0 = re.compile(rb"\A(?:\((?:dp|lp)\d+\n|\}q.|\]q.|c[\w.]+\n\w+\n)", re.S)
_DTYPE = re.compile(r"[<>|=]?[bBiufO?c]\d{0,2}\Z")


def recognise(content: Content) -> bool:
    """Whether the bytes are a pickle: by the protocol's mark, or the first instructions of the old ones."""
    data = content.data
    if len(data) > 2 and data[0] == 0x80 and data[1] in (2, 3, 4, 5):
        return True
    return _PROTOCOL_0.match(data[:200]) is not None and data.rstrip()[-1:] == b"."


def tables(content: Content) -> list[Table]:
    """The histories in the pickle. Refused for anything but containers and numbers."""
    return tables_of(unpickled(content.data, content.source), content.source, "pickled history")


def unpickled(data: bytes, source: str) -> Any:
    """The plain value a pickle holds."""
    try:
        value = _Plain(io.BytesIO(data), source).load()
    except ReadError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way, and none of them matters
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        told = f"expected a complete pickle, found it cut off or damaged ({told[:80]})"
        raise ReadError(told, source=source) from error
    return _settled(value, [1_000_000])


# The C unpickler would allocate whatever a hostile pickle asks for; this one keeps its memo in a dict, and what it reads
# from a BytesIO is never more than there is.
class _Plain(pickle._Unpickler):
    dispatch: dict[int, Callable[[Any], None]] = dict(pickle._Unpickler.dispatch)  # type: ignore[misc]
    stack: list[Any]
    append: Callable[[Any], None]
    read: Callable[[int], bytes]

    def __init__(self, file: io.BytesIO, source: str) -> None:
        super().__init__(file, encoding="latin-1")
        self.source = source

    def find_class(self, module: str, name: str) -> Any:
        known = _ADMITTED.get((module, name))
        if known is not None:
            return known
        raise Refused(_why(module, name), source=self.source)

    def load_bytearray8(self) -> None:
        """The only instruction that would reserve memory before it reads."""
        size = int.from_bytes(self.read(8), "little")
        data = self.read(size)
        if len(data) < size:
            raise EOFError(f"{size:,} bytes announced, {len(data):,} there")
        self.append(bytearray(data))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8

    def load_build(self) -> None:
        """Only arrays and dtypes have a state; it would set attributes of anything else, this module's own included."""
        state = self.stack.pop()
        if not isinstance(self.stack[-1], (_Array, _Dtype)):
            raise Refused(f"{_EXPECTED} {type(self.stack[-1]).__name__} with attributes", source=self.source)
        self.stack[-1].__setstate__(state)

    dispatch[pickle.BUILD[0]] = load_build


def _why(module: str, name: str) -> str:
    top = module.partition(".")[0]
    if top in ("keras", "tensorflow", "tf_keras"):
        return (
            f"{_EXPECTED} a Keras object ({name}): pickling a History takes the whole model along, "
            f"and loading it would run code; {_REMEDY}"
        )
    if top == "torch":
        return f"{_EXPECTED} a torch object ({name}): a model or a tensor, whose loading would run code"
    if top == "pandas":
        return f"{_EXPECTED} a pandas object, whose loading would run code; save it with to_csv"
    return f"{_EXPECTED} {module}.{name}, whose loading would run code; {_REMEDY}"


class _Array:
    """An array on its way out of a pickle."""

    def __init__(self) -> None:
        self.value: Any = []

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, raw = state
        if dtype.kind == "O":
            self.value = raw[0] if shape == () else list(raw)
        else:
            self.value = _numbers(raw, dtype, shape, fortran)


def _reconstruct(*_: Any) -> _Array:
    return _Array()


class _Dtype:
    """A dtype on its way out of a pickle."""

    def __init__(self, name: Any, *_: Any) -> None:
        self.name = name if isinstance(name, str) else name.decode("latin-1")
        if not _DTYPE.match(self.name):
            raise ValueError(f"dtype {self.name[:20]}")
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        order = state[1] if isinstance(state[1], str) else state[1].decode("latin-1")
        self.order = order if order in "<>|=" else "="

    @property
    def kind(self) -> str:
        return self.name.lstrip("<>|=")[0]

    def real(self) -> np.dtype[Any]:
        """The dtype itself."""
        bare = self.name.lstrip("<>|=")
        return np.dtype(bare if self.order == "|" else f"{self.order}{bare}")


def _numbers(raw: Any, dtype: _Dtype, shape: Any, fortran: Any = False) -> Any:
    data = raw.encode("latin-1") if isinstance(raw, str) else raw
    if not isinstance(data, (bytes, bytearray)):  # bytes(10**9) would be a gigabyte
        raise ValueError(f"bytes of an array: {type(raw).__name__}")
    flat = np.frombuffer(data, dtype=dtype.real())
    return flat.reshape(shape, order="F" if fortran in (True, 1, "F") else "C")


def _scalar(dtype: _Dtype, raw: Any) -> Any:
    return _numbers(raw, dtype, (1,)).tolist()[0]


def _frombuffer(raw: Any, dtype: _Dtype, shape: Any, order: Any) -> Any:
    return _numbers(raw, dtype, shape, order)


def _encoded(text: str, encoding: str) -> bytes:
    """How old protocols write bytes."""
    if encoding != "latin1":
        raise ValueError(f"encoding {encoding}")
    return text.encode("latin-1")


def _ordered(*pairs: Any) -> Any:
    return OrderedDict(*pairs)


_ADMITTED: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): _ordered,
    ("collections", "defaultdict"): defaultdict,
    ("_codecs", "encode"): _encoded,
    **{(module, name): kind for module in ("builtins", "__builtin__") for name, kind in (
        ("list", list), ("dict", dict), ("float", float), ("set", set), ("tuple", tuple))},
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _frombuffer for core in ("core", "_core")},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
}  # fmt: skip


def _settled(value: Any, left: list[int], depth: int = 0) -> Any:
    """Arrays become lists; a value that is more than ``left`` containers in all, or refers to itself, is refused."""
    left[0] -= 1
    if left[0] < 0 or depth > 50:
        raise Refused("expected a history, found lists that contain each other without end")
    if isinstance(value, _Array):
        return _settled(value.value, left, depth + 1)
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, dict):
        return {key: _settled(one, left, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        if not any(isinstance(one, (dict, list, tuple, set, _Array)) for one in value):
            left[0] -= len(value) // 50
            return list(value)
        return [_settled(one, left, depth + 1) for one in value]
    return value
