"""What holds for every rule, whichever it is."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.curves import Curves, Series
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, load_rules
from diagnose.techniques import names
from diagnose.wording import fill

ABSOLUTE = {"chance-level", "constant-metric", "wrong-output", "suspected-leak"}  # may read a level (design)
# A maximised score has no zero to be relative to: these measure it against its range, or need a loss that is one.
OF_A_LOSS = {
    "overfit",
    "overconfident",
    "high-variance",
    "not-comparable",
    "unrepresentative-training",
    "underfit-plateau",
    "diverging",
}

AT = np.arange(40.0)
CHANCE = np.random.default_rng(7).normal(0, 1, (4, 40))
FALL = 0.3 + 2 * np.exp(-AT / 5)  # all but 0.2% of it is done at the end
SHAPES = {
    "healthy": (FALL + 0.01 * CHANCE[0], FALL + 0.05 + 0.02 * CHANCE[1]),
    "overfit": (0.1 + 2 * np.exp(-AT / 10), 0.8 + ((AT - 14) / 20) ** 2 + 0.01 * CHANCE[1]),
    "flat": (2.3 + 0.02 * CHANCE[0], 2.3 + 0.02 * CHANCE[1]),
    "unfinished": (np.exp(-AT / 60), np.exp(-AT / 60) + 0.1),
    "slow": (2.3 - 0.003 * AT, 2.31 - 0.003 * AT),
    "plateau": (0.8 + 0.4 * np.exp(-AT / 3), 0.81 + 0.4 * np.exp(-AT / 3)),
    "climbing": (0.3 * 1.2**AT, 0.35 * 1.2**AT),
    "lost": (np.where(AT < 30, FALL, np.nan), np.where(AT < 30, FALL, np.nan)),
    "swinging": (1 + 0.4 * (-1) ** AT, 1.1 + 0.3 * (-1) ** AT),
    "apart": (0.2 + 2 * np.exp(-AT / 4), 0.9 + 1.5 * np.exp(-AT / 4)),
    "noisy validation": (FALL, FALL * (1 + 0.3 * CHANCE[1])),
    "easier": (FALL, 0.5 * FALL),
    "factor": (FALL, 20 * FALL),
    "collapse": (np.where(AT < 30, FALL, 2.0), np.where(AT < 30, FALL + 0.1, 2.1)),
}
TRAIN = np.clip(0.3 + 0.02 * AT, 0, 1)
HELD = np.clip(0.3 + 0.015 * AT + 0.02 * CHANCE[2], 0, 1)


def run_of(name, unit=1.0, sign=1.0):
    epochs = np.arange(1, AT.size + 1)
    train, val = (curve * unit * sign for curve in SHAPES[name])
    way = "min" if sign > 0 else "max"
    return Run(
        Curves(
            (
                Series("loss", "train", "loss", way, epochs, train),
                Series("val_loss", "validation", "loss", way, epochs, val),
                Series("accuracy", "train", "accuracy", "max", epochs, TRAIN.copy()),
                Series("val_accuracy", "validation", "accuracy", "max", epochs, HELD.copy()),
            ),
            AT.size,
        )
    )


def answer(slug, *runs):
    rule = load_rules()[slug]
    verdict = rule.judge(list(runs)) if rule.repeats else rule.judge(runs[0])
    return verdict.reason if isinstance(verdict, CannotJudge) else verdict.confidence


def same(one):
    return one if isinstance(one, str) else pytest.approx(one, abs=1e-6)


@pytest.mark.parametrize("unit", [1e-3, 1e3])
@pytest.mark.parametrize("slug", sorted(set(load_rules()) - ABSOLUTE))
def test_the_unit_of_the_losses_does_not_matter(slug, unit):
    for name in SHAPES:
        assert answer(slug, *[run_of(name, unit)] * 3) == same(answer(slug, *[run_of(name)] * 3)), name


@pytest.mark.parametrize("slug", sorted(set(load_rules()) - ABSOLUTE - OF_A_LOSS))
def test_a_score_negated_with_its_direction_is_the_same_score(slug):
    for name in SHAPES:
        assert answer(slug, *[run_of(name, sign=-1)] * 3) == same(answer(slug, *[run_of(name)] * 3)), name


@pytest.mark.parametrize("slug", sorted(load_rules()))
def test_an_answer_is_whole(slug):
    """A confidence that is one, epochs in order, numbers in the evidence, a sentence that says them, known techniques."""
    rule = load_rules()[slug]
    for name in SHAPES:
        run = run_of(name)
        verdict = rule.judge([run] * 3) if rule.repeats else rule.judge(run)
        if isinstance(verdict, CannotJudge):
            assert verdict.reason and "\n" not in verdict.reason
            continue
        assert isinstance(verdict, Verdict) and 0 <= verdict.confidence <= 1
        assert verdict.epochs is None or 1 <= verdict.epochs[0] <= verdict.epochs[1] <= AT.size
        assert all(isinstance(float(value), float) for value in verdict.evidence.values())
        assert set(verdict.techniques or ()) <= set(names())
        said = fill(verdict.say, verdict.evidence, verdict.names, str)
        assert verdict.confidence < 0.5 or (said and verdict.looks_like)


@pytest.mark.parametrize("slug", sorted(load_rules()))
def test_judging_changes_nothing_and_repeats_itself(slug):
    """Evidence is kept once computed: asking again, or another rule before, must not change the answer."""
    fresh = [answer(slug, run_of(name)) for name in SHAPES if not load_rules()[slug].repeats]
    used = []
    for name in SHAPES:
        run = run_of(name)
        for rule in load_rules().values():
            if not rule.repeats:
                rule.judge(run)
        if not load_rules()[slug].repeats:
            used.append(answer(slug, run))
            assert run.curves.series[0].values == pytest.approx(SHAPES[name][0], nan_ok=True)
    assert used == fresh


def test_each_shape_is_found_by_its_rule():
    """So that the laws above are not laws of zeros."""
    expected = {
        "overfit": "overfit",
        "unfinished": "underfit-unfinished",
        "climbing": "diverging",
        "lost": "diverging",
        "swinging": "oscillating",
        "apart": "unrepresentative-training",
        "noisy validation": "unrepresentative-validation",
        "easier": "validation-easier",
        "factor": "not-comparable",
        "collapse": "collapse",
    }
    assert [name for name, slug in expected.items() if not answer(slug, run_of(name)) > 0.5] == []
    assert {slug for slug in expected.values() if answer(slug, run_of("healthy")) > 0.5} == set()
