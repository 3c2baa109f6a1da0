"""The user's side of a re-run: how a model is built and where its data are from.

The file is the user's own code. It is run when it is named on the command line, in each trial's process, and never else.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    except SyntaxError as error:
        raise UsageError(f"{path}: line {error.lineno}: expected Python, found: {error.msg}") from error
    return module
