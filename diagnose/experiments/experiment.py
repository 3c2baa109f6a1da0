"""The user's side of a re-run: how a model is built and where its data are from.

The file is the user's own code. It is run when it is named on the command line, in each trial's process, and never else.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import sys
import types
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diagnose.errors import UsageError

MODULE = "diagnose_experiment"  # the name under which a user's file is loaded
NEEDED = ("build_model", "load_data")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a trial trains: ``build_model()``, what ``load_data()`` gave, the arguments of ``fit``, a model to start from."""

    build_model: Callable[[], Any]
    data: Any
    arguments: Mapping[str, Any]
    pretrained: str | None = None


@dataclass(frozen=True, slots=True)
class ExperimentFile:
    """An experiment in a Python file; only its path travels to the trials."""

    path: str

    def load(self) -> Loaded:
        """Run the file and its ``load_data``. Raises UsageError, naming the file, for what is missing or fails."""
        module = _module(Path(self.path))
        for name in NEEDED:
            if not callable(getattr(module, name, None)):
                raise UsageError(f"{self.path}: expected a function {name}(), found none")
        arguments = getattr(module, "fit_arguments", {})
        arguments = arguments() if callable(arguments) else arguments
        if not isinstance(arguments, Mapping):
            raise UsageError(f"{self.path}: expected fit_arguments to be a dict, found {type(arguments).__name__}")
        pretrained = getattr(module, "pretrained", None)
        if pretrained is not None:
            pretrained = str(Path(self.path).parent / pretrained)
        return Loaded(module.build_model, module.load_data(), dict(arguments), pretrained)


@dataclass(frozen=True, slots=True)
class ExperimentParts:
    """An experiment made of functions and data in a running program; they travel by value."""

    build_model: Callable[[], Any]
    data: Any
    arguments: Mapping[str, Any]
    pretrained: str | None = None

    def load(self) -> Loaded:
        """As it was given; ``data`` may be a function that loads them."""
        data = self.data() if callable(self.data) and not hasattr(self.data, "__iter__") else self.data
        return Loaded(self.build_model, data, dict(self.arguments), self.pretrained)


Experiment = ExperimentFile | ExperimentParts


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UsageError(f"{path}: expected a Python file with build_model() and load_data()")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    sys.dont_write_bytecode = True  # nothing is left beside the user's files; this process has no other purpose
    sys.path.insert(0, str(path.resolve().parent))  # so that the file can import its neighbours
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:  # of a file that it imports: it was parsed itself
        raise _no_python(error, path) from error
    return module


def parsed(path: Path) -> None:
    """Raise UsageError if it is no Python. The file is read, and not run."""
    try:
        compile(path.read_bytes(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise _no_python(error, path) from error


def _no_python(error: SyntaxError | ValueError, path: Path) -> UsageError:
    if not isinstance(error, SyntaxError):
        return UsageError(f"{path}: expected Python, found: {error}")
    line = f"line {error.lineno}: " if error.lineno else ""
    return UsageError(f"{error.filename or path}: {line}expected Python, found: {error.msg}")


def digest(experiment: Experiment) -> str:
    """What tells one experiment from another: the text of its files, or what functions and data consist of."""
    if isinstance(experiment, ExperimentFile):
        text = b"".join(path.read_bytes() for path in _files(Path(experiment.path)))
        return hashlib.sha256(text).hexdigest()[:16]
    parts = (experiment.build_model, experiment.data, dict(experiment.arguments), experiment.pretrained)
    return hashlib.sha256(repr(_told(parts, frozenset())).encode()).hexdigest()[:16]


def _files(path: Path) -> list[Path]:
    """The file and those beside it that it imports, and that those import: read, not run."""
    found, waiting = [], [path]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.append(one)
        for name in _imported(one):
            beside = path.parent.joinpath(*name.split("."))
            waiting += [each for each in (beside.with_suffix(".py"), beside / "__init__.py") if each.is_file()]
    return [found[0], *sorted(found[1:])]


def _imported(path: Path) -> set[str]:
    """The names of modules that a file imports: "models", "models.small"; of what can't be parsed none."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module or ''}.{one.name}".strip(".") for one in node.names}
    return {".".join(name.split(".")[:end]) for name in found if name for end in range(1, name.count(".") + 2)}


def _told(value: Any, seen: frozenset[int]) -> Any:
    """A value as text that is the same in every process: code, constants and arrays by content, all else by its type."""
    if isinstance(value, (str, bytes, int, float, bool, type(None))):
        return value
    if isinstance(value, Mapping):
        return [(_told(name, seen), _told(one, seen)) for name, one in value.items()]
    if isinstance(value, (tuple, list)):
        return [_told(one, seen) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(repr(_told(one, seen)) for one in value)
    if isinstance(value, types.CodeType):
        return [value.co_code, value.co_names, _told(value.co_consts, seen)]
    if isinstance(value, types.FunctionType):
        return _told_function(value, seen)
    if hasattr(value, "__array__"):
        array = np.ascontiguousarray(value)
        content = repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes()
        return [str(array.dtype), array.shape, zlib.crc32(content)]
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _told_function(function: types.FunctionType, seen: frozenset[int]) -> Any:
    """Its code and what that uses; a library's function by its name."""
    path = getattr(sys.modules.get(function.__module__), "__file__", None) or ""
    if id(function) in seen or "site-packages" in path:
        return f"{function.__module__}.{function.__qualname__}"
    seen = seen | {id(function)}
    used = inspect.getclosurevars(function)
    return [_told(one, seen) for one in (function.__code__, function.__defaults__, used.nonlocals, used.globals)]
