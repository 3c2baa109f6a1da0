"""A history in at most 256 points: the buckets hold what they say, and the verdict stays what it is."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.judging import judge
from diagnose.live.condensed import Condensed
from diagnose.live.history import History, numbers
from diagnose.live.live import Live
from diagnose.readers import read

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())
CASES = [case for case in sorted(EXPECTED) if not EXPECTED[case]["repeats"]]
SURE = 0.7

values = st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf]))


@given(st.lists(values, max_size=150), st.sampled_from([4, 8, 16]))
def test_a_bucket_holds_what_a_slow_look_at_its_epochs_says(logged, most):
    condensed = Condensed(most)
    for value in logged:
        condensed.append({"other": 1.0} if value is None else {"loss": value, "other": 1.0})
    assert condensed.slots <= most and condensed.width & (condensed.width - 1) == 0
    assert all(len(one) == condensed.slots for one in condensed.curves.values())
    for at, bucket in enumerate(condensed.curves.get("loss", [])):
        inside = list(enumerate(logged, 1))[at * condensed.width : (at + 1) * condensed.width]
        there = [(position, value) for position, value in inside if value is not None]
        finite = [value for _, value in there if math.isfinite(value)]
        lost = [one for one in there if not math.isfinite(one[1])]
        assert bucket.count == len(finite)
        assert (bucket.low, bucket.high) == (min(finite, default=math.inf), max(finite, default=-math.inf))
        assert bucket.mean == pytest.approx(np.mean(finite) if finite else 0.0, rel=1e-9, abs=1e-6)
        position, value = lost[0] if lost else there[-1] if there else (0, None)
        assert bucket.position == position
        assert bucket.value == value or (math.isnan(bucket.value) and math.isnan(value))


def test_a_curve_that_is_logged_later_is_missing_before():
    history, condensed = History(), Condensed(4)
    for epoch in range(10):
        row = {"loss": float(epoch), **({"val_loss": 1.0} if epoch >= 8 else {})}
        history.append(row)
        condensed.append(row)
    columns, missing = history.columns()
    assert columns["loss"].tolist() == list(range(10))
    assert missing.keys() == {"val_loss"} and missing["val_loss"].tolist() == [True] * 8 + [False] * 2
    columns, missing = condensed.columns()
    assert (condensed.width, condensed.slots) == (4, 3)
    assert columns["loss"].tolist() == [3.0, 7.0, 9.0] and missing["val_loss"].tolist() == [True, True, False]


def test_what_is_no_single_number_is_left_out():
    found, others = numbers({"loss": np.float32(0.5), "f1": np.zeros(3), "note": "text", "one": np.ones(1)})
    assert found.keys() - {"one"} == {"loss"} and {"f1", "note"} <= others
    assert numbers(None) == ({}, set())


def watched(logs):
    live = Live()
    for row in logs:
        live.append(row)
    return live


def findings(report):
    return {one.rule: one.confidence for one in report.findings}


def surely_differ(one, other):
    return {rule for rule in one.keys() ^ other.keys() if max(one.get(rule, 0), other.get(rule, 0)) >= SURE}


@pytest.mark.parametrize("case", CASES)
def test_condensed_and_whole_agree(case, rows):
    curves = read(FIXTURES / case)[0][-1]
    live = watched(rows(curves))
    whole = findings(live.report())
    condensed = findings(live._judge(live.condensed.columns()))
    if curves.length <= 256:
        assert condensed == whole
    assert surely_differ(condensed, whole) == set()


def slowed(curves, length):
    """The same training, each of its epochs drawn out: values between epochs on a line, the noise as large as it was."""
    rng = np.random.default_rng(length)
    at = np.linspace(1, curves.length, length)
    series = []
    for one in curves.series:
        line = np.convolve(np.pad(one.values, 1, mode="edge"), np.full(3, 1 / 3), mode="valid")
        noise = np.interp(at, one.epochs, np.abs(one.values - line)) * rng.choice([-1.0, 1.0], length)
        epochs = np.arange(1, length + 1)
        series.append(replace(one, epochs=epochs, values=np.interp(at, one.epochs, line) + noise))
    return replace(curves, series=tuple(series), length=length, numbering=None, learning_rate=None)


def test_condensed_and_whole_agree_on_long_histories(rows):
    """Slowed fixtures, whose noise is not that of a real training: a tenth of the first findings may differ."""
    differ, seen = [], 0
    for case in CASES:
        curves = read(FIXTURES / case)[0][-1]
        if curves.learning_rate is not None or not all(np.isfinite(one.values).all() for one in curves.series):
            continue
        for length in (700, 3000):
            live = watched(rows(slowed(curves, length)))
            assert live.condensed.slots <= 256 < length
            whole = judge([live._curves(live.history.columns())])
            condensed = judge([live._curves(live.condensed.columns())])
            seen += 1
            if whole.diagnosis != condensed.diagnosis and max(whole.confidence, condensed.confidence) >= SURE:
                differ.append((case, length, whole.diagnosis, condensed.diagnosis))
    assert seen >= 150
    assert len(differ) <= seen / 10, differ
