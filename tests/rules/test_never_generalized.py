"""never-generalized: learnt by heart, worth nothing elsewhere."""

import math

import numpy as np
import pytest

from diagnose.inside import Head

LEARNT = [1.0, 0.6, 0.4, 0.3, *[0.2] * 16]
GUESSING = [0.1, 0.11, 0.09, *[0.1] * 17]
GREW = [0.1, 0.5, 0.8, *[0.99] * 17]


def test_a_clear_case(judge, told):
    verdict = judge(
        "never-generalized", loss=LEARNT, val_loss=np.linspace(1, 3, 20), accuracy=GREW, val_accuracy=GUESSING
    )
    assert verdict.confidence > 0.95
    assert (verdict.curve, verdict.epochs) == ("val_loss", (1, 20))
    assert verdict.evidence["best_accuracy"] == 0.11
    assert told(verdict).startswith("loss went from 1.00 to 0.200, yet val_loss was never")
    assert "never exceeded 0.110" in told(verdict)


def test_without_an_accuracy_it_is_only_a_suspicion(judge, constant):
    verdict = judge("never-generalized", loss=LEARNT, val_loss=np.linspace(1, 3, 20))
    assert verdict.confidence == constant("never-generalized", "BLIND")


def test_threshold_of_the_gain(judge, constant):
    half = constant("never-generalized", "GAIN")

    def sure(gain):
        return judge("never-generalized", loss=LEARNT, val_loss=[1.0, *[1.0 - gain] * 19]).confidence

    assert sure(half / 4) > 0.5
    assert sure(half) == pytest.approx(0.5, abs=0.01)
    assert sure(half * 2) < 0.2


def test_overfit_had_generalized_before(judge):
    val = [1.0, 0.7, 0.6, *np.linspace(0.6, 2, 17)]
    accuracy = [0.1, 0.6, *[0.7] * 18]
    assert judge("never-generalized", loss=LEARNT, val_loss=val).confidence < 0.05
    assert judge("never-generalized", loss=LEARNT, val_loss=val, accuracy=GREW, val_accuracy=accuracy).confidence < 0.05


def test_fine_tuning_begins_well_above_guessing(judge):
    verdict = judge(
        "never-generalized",
        loss=LEARNT,
        val_loss=np.linspace(0.3, 0.5, 20),
        accuracy=[0.85, *[0.99] * 19],
        val_accuracy=[0.9] * 20,
    )
    assert verdict.confidence < 0.05


def test_nothing_learnt_at_all_is_another_problem(judge):
    flat = [1.0] * 20
    assert (
        judge("never-generalized", loss=flat, val_loss=flat, accuracy=GUESSING, val_accuracy=GUESSING).confidence < 0.05
    )


def test_what_cannot_be_judged(refusal):
    assert "needs a training and a validation loss" in refusal("never-generalized", loss=LEARNT)
    rare = {"val_loss": [1.0, 1.1], "every": {"val_loss": 10}}
    assert refusal("never-generalized", loss=LEARNT, **rare) == "fewer than five points"


def test_rows_of_an_unseen_class_are_right_by_chance_at_first_and_never_again(judge):
    """Sorted rows split without shuffling: the untrained network happens to answer the class that training never shows."""
    first = {"loss": LEARNT, "val_loss": np.linspace(1.5, 8, 20), "accuracy": [0.33, *GREW[1:]]}
    assert judge("never-generalized", **first, val_accuracy=[0.35, 0.05, *[0.0] * 18]).confidence > 0.95
    later = [0.0, 0.05, *[0.35] * 18]  # as high, but learnt
    assert judge("never-generalized", **first, val_accuracy=later).confidence < 0.3


def test_coming_down_to_what_guessing_costs_is_no_gain(judge, inside):
    """First weights that answer three classes worse than a guess does; labels drawn by chance."""
    curves = {
        "loss": [1.25, *LEARNT[1:]],
        "val_loss": [1.25, 1.12, 1.1, *np.linspace(1.2, 4, 17)],
        "accuracy": [0.33, *GREW[1:]],
        "val_accuracy": [0.28, 0.4, *[0.37] * 18],
    }

    def sure(units):
        head = Head("output", units, "softmax", "sparse_categorical_crossentropy", False)
        return judge("never-generalized", **curves, inside=inside(weight=[[1.0] * 3], heads=(head,))).confidence

    assert math.log(3) * 0.98 < 1.1
    assert judge("never-generalized", **curves).confidence < 0.5
    assert sure(3) > 0.9
    assert sure(4) < 0.5
