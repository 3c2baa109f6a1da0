"""Runs from plain lists, and the rules as the registry has them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from diagnose.curves import Curves, Series
from diagnose.evidence.run import Run
from diagnose.inside import MEASURES, Inside, Layer
from diagnose.registry import CannotJudge, Verdict, load_rules
from diagnose.wording import fill

HIGHER = ("accuracy", "auc")


def series(name: str, values: Sequence[float], every: int = 1) -> Series:
    """A curve logged at each ``every``-th epoch; the name tells split, metric and direction."""
    metric = name.removeprefix("val_")
    array = np.array(values, dtype=np.float64)
    epochs = np.arange(1, array.size + 1, dtype=np.int64) * every
    return Series(
        name, "train" if metric == name else "validation", metric, "max" if metric in HIGHER else "min", epochs, array
    )


@pytest.fixture
def curves() -> Callable[..., Curves]:
    """curves(loss=[...], val_loss=[...], val_accuracy=[...], learning_rate=[...], every={"val_loss": 5}, extra={...})."""

    def make(
        *,
        learning_rate: Any = None,
        every: dict[str, int] | None = None,
        extra: Any = None,
        inside: Any = None,
        **lists: Any,
    ) -> Curves:
        made = tuple(series(name, values, (every or {}).get(name, 1)) for name, values in lists.items())
        length = max(int(one.epochs[-1]) for one in made)
        rates = None if learning_rate is None else np.array(learning_rate, dtype=np.float64)
        return Curves(made, length, learning_rate=rates, extra=extra or {}, inside=inside)

    return make


@pytest.fixture
def inside() -> Callable[..., Inside]:
    """inside(gradient=[[1, 1, 1]], kind="Dense", activation="relu", heads=[...]): a row of each measure an epoch.

    Layers are named a, b, c...; the last one makes the output, and each has as many parameters as ``parameters`` says.
    """

    def make(
        *, activation: str = "relu", kind: str = "Dense", parameters: int = 100, steps: int = 10**9, **told: Any
    ) -> Inside:
        rows = {name: np.array(told.pop(name), dtype=np.float64) for name in MEASURES if name in told}
        epochs, count = next(iter(rows.values())).shape if rows else (1, 3)
        unknown = np.full((epochs, count), np.nan)
        layers = tuple(
            Layer(name, kind, activation, parameters, output=at == count - 1)
            for at, name in enumerate("abcdefgh"[:count])
        )
        arrays = {name: rows.get(name, unknown) for name in MEASURES}
        return Inside(np.arange(1, epochs + 1), np.full(epochs, float(steps)), layers, **arrays, **told)

    return make


@pytest.fixture
def run(curves: Callable[..., Curves]) -> Callable[..., Run]:
    """The same, measured."""
    return lambda **lists: Run(curves(**lists))


@pytest.fixture
def judge(run: Callable[..., Run]) -> Callable[..., Verdict]:
    """judge("overfit", loss=[...], val_loss=[...]): the rule's verdict; its sentence must format."""

    def ask(slug: str, **lists: Any) -> Verdict:
        verdict = load_rules()[slug].judge(run(**lists))
        assert isinstance(verdict, Verdict), verdict
        assert 0 <= verdict.confidence <= 1
        if verdict.confidence >= 0.5:
            assert sentence(verdict)
        return verdict

    return ask


@pytest.fixture
def refusal(run: Callable[..., Run]) -> Callable[..., str]:
    """refusal("overfit", loss=[...]): why the rule cannot judge."""

    def ask(slug: str, **lists: Any) -> str:
        answer = load_rules()[slug].judge(run(**lists))
        assert isinstance(answer, CannotJudge), answer
        return answer.reason

    return ask


@pytest.fixture
def constant() -> Callable[[str, str], Any]:
    """constant("overfit", "RISE"): a rule's own threshold, so that tests stand on both sides of it wherever it lies."""
    return lambda slug, name: getattr(sys.modules[load_rules()[slug].module], name)


@pytest.fixture
def told() -> Callable[[Verdict], str]:
    """The finding's sentence."""
    return sentence


def sentence(verdict: Verdict) -> str:
    return fill(verdict.say, verdict.evidence, verdict.names, lambda position: f"epoch {position}")
