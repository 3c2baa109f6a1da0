"""What is done in a process of its own. This module is loaded, Keras with it, before such a process is forked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def _mute() -> Iterator[None]:
    """What the libraries beneath Keras say while they are loaded is said behind Python's back."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with _mute():
    import keras  # noqa: F401 - loading it is what takes the time

from diagnose.experiments.facts import facts  # noqa: E402
from diagnose.experiments.trial import probe, run  # noqa: E402

__all__ = ["facts", "probe", "run", "told"]


def told(error: BaseException) -> dict[str, Any]:
    """An error as it travels: its kind, and its last word in one line."""
    message = " ".join(str(error).split()) or type(error).__name__
    kind = type(error).__name__
    named = message if kind in ("UsageError", "CannotEdit") else f"{kind}: {message}"
    return {"kind": kind, "message": named if len(named) <= 500 else f"{named[:499]}…"}
