"""run-variance: repeats that end far apart."""

import numpy as np
import pytest

from diagnose.registry import CannotJudge, load_rules


@pytest.fixture
def repeats(run):
    def ask(ends, **more):
        return load_rules()["run-variance"].judge(
            [run(loss=[2.0, *[end] * 9], val_loss=[2.0, *[end] * 9]) for end in ends]
        )

    return ask


def test_a_clear_case(repeats, told):
    verdict = repeats([0.5, 1.0, 1.5, 1.0, 0.6])
    assert verdict.confidence > 0.85
    assert verdict.evidence["repeats"] == 5
    assert verdict.evidence["spread"] == pytest.approx(np.std([0.5, 1.0, 1.5, 1.0, 0.6], ddof=1) / 0.92)
    assert (verdict.evidence["low"], verdict.evidence["high"]) == (0.5, 1.5)
    assert verdict.evidence["spread_low"] < verdict.evidence["spread"] < verdict.evidence["spread_high"]
    assert told(verdict).startswith("5 repeats end between 0.500 and 1.50 on val_loss")


def test_repeats_that_agree(repeats):
    assert repeats([1.0, 1.01, 0.99]).confidence < 0.05


def test_threshold(repeats, constant):
    """1 - s, 1, 1 + s have a standard deviation of exactly s."""
    half = constant("run-variance", "SPREAD")
    assert repeats([1 - half / 2, 1.0, 1 + half / 2]).confidence < 0.3
    assert repeats([1 - half, 1.0, 1 + half]).confidence == pytest.approx(0.5, abs=0.001)
    assert repeats([1 - half * 2, 1.0, 1 + half * 2]).confidence > 0.7


def test_more_repeats_are_surer(repeats):
    few, many = repeats([0.8, 1.0, 1.2]), repeats([0.8, 1.2] * 10)
    assert few.evidence["spread"] == pytest.approx(many.evidence["spread"], rel=0.05)
    assert many.confidence > few.confidence > 0.5


def test_a_run_that_stands_apart_is_counted_among_all(run, told):
    """The second holds nothing that could be judged, so the one apart is the fourth."""
    runs = [run(loss=[2.0, *[end] * 9]) for end in (1.0, 1.0, 1.01, 1.9, 0.99, 1.02)]
    runs[1] = run(loss=[np.nan] * 10)
    verdict = load_rules()["run-variance"].judge(runs)
    assert verdict.evidence["outliers"] == 1
    assert told(verdict).endswith("apart from the others: run 4")


def test_how_many_runs_a_comparison_takes(repeats, told):
    """Two samples, 5% two-sided, 80% power: n = 2 (1.96 + 0.84)^2 (s / d)^2, here with s / d = 2."""
    verdict = repeats([0.9, 1.0, 1.1])
    difference = 0.05
    assert verdict.evidence["repeats_needed"] == np.ceil(2 * 2.8**2 * (0.1 / difference) ** 2)
    assert "telling a difference of 5% from chance takes 63 runs each" in told(verdict)


def test_an_accuracy_alone_is_told_in_its_own_numbers(run):
    runs = [run(val_accuracy=[0.1, *[end] * 9]) for end in (0.5, 0.7, 0.9)]
    verdict = load_rules()["run-variance"].judge(runs)
    assert verdict.confidence > 0.5
    assert (verdict.evidence["low"], verdict.evidence["high"]) == (0.5, 0.9)
    assert verdict.evidence["spread"] == pytest.approx(0.2 / 0.7)


def test_what_cannot_be_judged(repeats):
    assert repeats([1.0, 2.0]) == CannotJudge("fewer than 3 repeats with the same judged curve")
