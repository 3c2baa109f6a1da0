"""Whatever the curves: an answer that keeps the contract, never an exception, never a numpy warning."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import diagnose
from diagnose.curves import Curves, Series
from diagnose.judging import judge
from diagnose.report import AREAS, Report

EXAMPLES = int(os.environ.get("DIAGNOSE_FUZZ", "250"))  # 10000 makes the long run
# Shrinking such large examples takes minutes: what fails is shown as it was drawn.
QUICK = settings(
    deadline=None, suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.shrink, Phase.explain}
)
SCHEMA = json.loads((Path(diagnose.__file__).parent / "schema" / "diagnose-1.json").read_text())
REPORT = jsonschema.Draft202012Validator({**SCHEMA["$defs"]["report"], "$defs": SCHEMA["$defs"]})

PLAIN = st.floats(0.0, 5.0, width=32)
ODD = st.sampled_from(
    [0.0, -0.0, 1.0, 0.5, 100.0, -1.0, 1e300, -1e300, 1.7e308, -1.7e308, 1e160, 1e-160, 5e-324, 1e-300, 1e-30]
    + [math.nan, math.inf, -math.inf, math.log(2), math.log(10), 3.0]
)
ANY = PLAIN | ODD | st.floats()
NAMES = ["loss", "val_loss", "accuracy", "val_accuracy", "auc", "val_auc", "mae", "val_mae", "stuff", "test_loss"]


@st.composite
def series(draw: Any, name: str, length: int) -> Series:
    every = draw(st.sampled_from([1, 1, 1, 2, 5]))
    epochs = np.arange(every, length + 1, every, dtype=np.int64)
    if draw(st.integers(0, 9)) == 0:
        epochs = epochs[draw(st.integers(0, max(0, epochs.size - 1))) :]
    if not epochs.size:
        epochs = np.array([length], dtype=np.int64)
    kind = draw(st.sampled_from(["plain", "odd", "any", "constant", "integers", "falling", "mostly plain"]))
    size = epochs.size
    if kind == "constant":
        values = [draw(ANY)] * size
    elif kind == "falling":
        scale, rate = draw(ANY), draw(st.floats(0.01, 2.0))
        values = [scale * math.exp(-rate * at) for at in range(size)]
    elif kind == "mostly plain":
        values = draw(st.lists(PLAIN, min_size=size, max_size=size))
        values[draw(st.integers(0, size - 1))] = draw(ANY)
    else:
        one = {"plain": PLAIN, "odd": ODD, "any": ANY, "integers": st.integers(-3, 3)}[kind]
        values = draw(st.lists(one, min_size=size, max_size=size))
    metric = name.removeprefix("val_").removeprefix("test_")
    split = "validation" if name.startswith("val_") else "test" if name.startswith("test_") else "train"
    direction = None if metric == "stuff" else "max" if metric in ("accuracy", "auc") else "min"
    if draw(st.integers(0, 19)) == 0:
        direction = draw(st.sampled_from([None, "min", "max"]))
    return Series(name, split, metric, direction, epochs, np.array(values, dtype=np.float64))  # type: ignore[arg-type]


@st.composite
def runs(draw: Any) -> Curves:
    length = draw(st.integers(1, 60))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    if draw(st.booleans()):
        names = ["loss", "val_loss", *(one for one in names if one not in ("loss", "val_loss"))]
    made = tuple(draw(series(name, length)) for name in names)
    rates = None
    if draw(st.integers(0, 3)) == 0:
        one = st.sampled_from([1e-3, 1e-4, 0.1, 0.0, -1.0, math.nan, math.inf, 1e300, 5e-324])
        rates = np.array(draw(st.lists(one, min_size=length, max_size=length)))
    extra = {"resumed": True} if draw(st.integers(0, 9)) == 0 else {}
    return Curves(made, length, learning_rate=rates, extra=extra)


def keeps_the_contract(report: Report, runs: Sequence[Curves]) -> None:
    length = max(one.length for one in runs)
    names = {series.name for one in runs for series in one.series}
    for one in report.findings:
        assert 0.5 <= one.confidence <= 1
        assert one.area in AREAS
        if one.epochs is not None:
            first, last = one.epochs
            assert 1 <= first <= last <= length, (one.rule, one.epochs)
        assert one.summary and "{" not in one.summary
        assert one.curve is None or one.curve in names
    for note in report.notes:
        if note.epochs is not None:
            assert 1 <= note.epochs[0] <= note.epochs[1] <= length, note
    assert 0 <= report.confidence <= 1
    assert report.healthy is (False if report.findings else True if report.diagnosis == "good-fit" else None)
    text = json.dumps(report.to_dict(), allow_nan=False)
    REPORT.validate(json.loads(text))


@settings(QUICK, max_examples=EXAMPLES)
@given(runs())
def test_any_run(one: Curves) -> None:
    with np.errstate(divide="warn", over="warn", invalid="warn"):
        keeps_the_contract(judge([one]), [one])


@settings(QUICK, max_examples=max(1, EXAMPLES // 4))
@given(st.lists(runs(), min_size=2, max_size=4))
def test_any_repeats(several: list[Curves]) -> None:
    keeps_the_contract(judge(several), several)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e150, 1e300])
def test_extreme_units_are_judged_like_others(scale: float) -> None:
    """Squares of such values leave the range of floating point: that is no reason for another answer."""
    at = np.arange(40.0)
    falls, turns = 0.1 + np.exp(-at / 8), 0.5 + ((at - 12) / 20) ** 2

    def answer(unit: float) -> list[tuple[str, float]]:
        epochs = np.arange(1, 41)
        pair = (
            Series("loss", "train", "loss", "min", epochs, falls * unit),
            Series("val_loss", "validation", "loss", "min", epochs, turns * unit),
        )
        return [(one.rule, round(one.confidence, 6)) for one in judge([Curves(pair, 40)]).findings]

    assert answer(scale) == answer(1.0)
    assert "overfit" in dict(answer(1.0))
