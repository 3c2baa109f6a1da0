"""What is done in a process of its own. This module is loaded, Keras with it, before such a process is forked."""

from __future__ import annotations

from typing import Any

import keras  # noqa: F401 - loading it is what takes the time

from diagnose.experiments.trial import probe, run

__all__ = ["probe", "run", "told"]


def told(error: BaseException) -> dict[str, Any]:
    """An error as it travels: its kind, and its last word in one line."""
    message = " ".join(str(error).split()) or type(error).__name__
    kind = type(error).__name__
    named = message if kind in ("UsageError", "CannotEdit") else f"{kind}: {message}"
    return {"kind": kind, "message": named if len(named) <= 500 else f"{named[:499]}…"}
