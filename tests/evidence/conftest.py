"""Curves from plain lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diagnose.curves import Curves, Series
from diagnose.evidence.run import Run
from diagnose.evidence.shape import Shape


def series(name: str, values: Any, direction: str | None = None, epochs: Any = None) -> Series:
    """The name tells split and metric; "max" is better for an accuracy unless said otherwise."""
    metric = name.removeprefix("val_")
    array = np.array(values, dtype=np.float64)
    at = np.arange(1, array.size + 1) if epochs is None else np.array(epochs)
    way = direction or ("max" if metric in ("accuracy", "auc") else "min")
    split = "train" if metric == name else "validation"
    return Series(name, split, metric, None if way == "none" else way, at.astype(np.int64), array)  # type: ignore[arg-type]


@pytest.fixture
def shape() -> Callable[..., Shape]:
    """shape([3, 2, 1], "max", epochs=[2, 4, 6])"""
    return lambda values, direction="min", epochs=None: Shape(series("loss", values, direction, epochs))


@pytest.fixture
def run() -> Callable[..., Run]:
    """run(loss=[...], val_loss=([...], [epochs]), accuracy=[...])"""

    def make(extra: Any = None, **lists: Any) -> Run:
        made = tuple(
            series(name, *((one[0], None, one[1]) if isinstance(one, tuple) else (one,))) for name, one in lists.items()
        )
        return Run(Curves(made, max(int(one.epochs[-1]) for one in made), extra=extra or {}))

    return make
