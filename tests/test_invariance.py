"""The verdict depends on the curves' shapes alone: not on units, scales, names or the way a score is written."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose import Series, diagnose
from diagnose.metrics import is_accuracy
from diagnose.readers import read
from diagnose.readers.runs import choose

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())
CASES = sorted(case for case in EXPECTED if not EXPECTED[case]["repeats"])
ABSOLUTE = {"chance-level", "constant-metric", "wrong-output", "suspected-leak"}  # may read a level (contract)
NAMES = {
    "loss": "train_loss",
    "val_loss": "valid_loss",
    "accuracy": "Train Acc",
    "val_accuracy": "Valid Acc",
    "mae": "train/mae",
    "val_mae": "val/mae",
}


def run_of(case):
    return choose(read(FIXTURES / case)[0])


def changed(curves, change):
    """The run with each series' values and direction changed."""
    made = []
    for one in curves.series:
        values, direction = change(one)
        made.append(Series(one.name, one.split, one.metric, direction, one.epochs.copy(), values))
    return replace(curves, series=tuple(made))


def verdict(curves):
    """Findings that may not depend on a level, with their confidences and epochs."""
    return {
        one.rule: (pytest.approx(one.confidence, abs=1e-6), one.epochs)
        for one in diagnose(curves).findings
        if one.rule not in ABSOLUTE
    }


def is_loss(one):
    return one.metric == "loss" or one.direction == "min"


@pytest.mark.parametrize("factor", [1e-6, 1e-3, 1e3, 1e6])
@pytest.mark.parametrize("case", CASES)
def test_the_unit_of_the_loss(case, factor):
    curves = run_of(case)
    scaled = changed(curves, lambda one: (one.values * (factor if is_loss(one) else 1.0), one.direction))
    assert verdict(scaled) == verdict(curves)


@pytest.mark.parametrize(
    "case", [case for case in CASES if "accuracy" in (FIXTURES / case).read_bytes()[:2000].decode("latin-1")]
)
def test_percent_or_fraction(case):
    curves = run_of(case)
    percent = changed(curves, lambda one: (one.values * (100.0 if is_accuracy(one.metric) else 1.0), one.direction))
    first, second = diagnose(curves), diagnose(percent)
    assert [one.rule for one in first.findings] == [one.rule for one in second.findings]
    assert first.diagnosis == second.diagnosis


@pytest.mark.parametrize("case", CASES)
def test_a_score_negated_with_its_direction(case):
    curves = run_of(case)
    turned = changed(
        curves,
        lambda one: (
            (-one.values, "max" if one.direction == "min" else "min") if is_loss(one) else (one.values, one.direction)
        ),
    )
    # a ratio needs positive losses, overconfidence is a loss's, and only a loss is known not to fall below zero
    needs_a_loss = {"not-comparable", "unrepresentative-training", "overconfident", "underfit-unfinished"}
    assert set(verdict(curves)) - set(verdict(turned)) <= needs_a_loss


@pytest.mark.parametrize("case", [case for case in CASES if case.endswith(".csv")])
def test_names_of_columns(case, tmp_path):
    text = (FIXTURES / case).read_text()
    head, rest = text.split("\n", 1)
    renamed = [NAMES.get(name.strip(), name) for name in head.split(",")]
    file = tmp_path / "renamed.csv"
    file.write_text(",".join(renamed) + "\n" + rest)
    first, second = diagnose(FIXTURES / case), diagnose(file)
    assert [(one.rule, one.epochs) for one in first.findings] == [(one.rule, one.epochs) for one in second.findings]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(CASES), st.floats(1e-9, 1e9))
def test_any_positive_factor(case, factor):
    curves = run_of(case)
    scaled = changed(curves, lambda one: (one.values * (factor if is_loss(one) else 1.0), one.direction))
    assert verdict(scaled) == verdict(curves)


CLEAR = [
    "overfit/classification_deep.csv",
    "overfit/friedman_small.csv",
    "underfit-unfinished/digits.csv",
    "unrepresentative-training/friedman_60.csv",
    "validation-easier/easy_digits.csv",
    "collapse/moons_late.csv",
    "healthy/moons.csv",
    "healthy/long.csv",
    "healthy/dropout.csv",
]


@pytest.mark.parametrize("case", CLEAR)
@pytest.mark.parametrize("times", [2, 10])
def test_more_points_of_the_same_curves(case, times):
    curves = run_of(case)
    length = (curves.length - 1) * times + 1
    at = np.linspace(1, curves.length, length)
    made = tuple(
        Series(
            one.name,
            one.split,
            one.metric,
            one.direction,
            np.arange(1, length + 1),
            np.interp(at, one.epochs, one.values),
        )
        for one in curves.series
    )
    assert diagnose(replace(curves, series=made, length=length, numbering=None)).diagnosis == diagnose(curves).diagnosis
