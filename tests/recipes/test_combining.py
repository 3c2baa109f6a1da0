"""Predictions of several members become one: by their mean, by weights, by a regression fitted on rows of their own."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose.recipes import blending, combining, members  # noqa: E402
from diagnose.recipes.data import Part  # noqa: E402

LOGITS = {
    "classes": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "binary": keras.losses.BinaryCrossentropy(from_logits=True),
}


def softmax(values):
    odds = np.exp(values - values.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def compiled_output(units, activation, loss):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units, activation)])
    model.compile(loss=loss)
    return model


@pytest.mark.parametrize(
    ("units", "activation", "loss", "kind", "logits"),
    [
        (3, "softmax", "sparse_categorical_crossentropy", "softmax", False),
        (3, "softmax", "mse", "softmax", False),
        (3, None, LOGITS["classes"], "softmax", True),
        (1, "sigmoid", "binary_crossentropy", "sigmoid", False),
        (1, None, LOGITS["binary"], "sigmoid", True),
        (1, None, "mse", "values", False),
        (1, "tanh", "hinge", "values", False),
    ],
)
def test_what_an_output_means(units, activation, loss, kind, logits):
    assert members.kinds(compiled_output(units, activation, loss)) == [{"kind": kind, "logits": logits}]


@pytest.mark.parametrize("weights", [[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
def test_logits_are_averaged_as_probabilities(weights):
    ones = [np.array([[30.0, 0, -1], [1, 2, 3]], "float32"), np.array([[0.0, 1, 2], [-1, 0, 40]], "float32")]
    model = compiled_output(3, None, LOGITS["classes"])
    found = combining.combined(ones, members.mean(model, 2, weights))
    wanted = sum(weight * softmax(one) for weight, one in zip(weights, ones, strict=True))
    assert softmax(np.asarray(found)) == pytest.approx(wanted, abs=1e-5)
    model = compiled_output(1, None, LOGITS["binary"])
    found = combining.combined([one[:, :1] for one in ones], members.mean(model, 2, weights))
    wanted = sum(weight * sigmoid(one[:, :1]) for weight, one in zip(weights, ones, strict=True))
    assert sigmoid(np.asarray(found)) == pytest.approx(wanted, abs=1e-5)


def test_one_member_that_is_wrong_and_sure_is_outvoted():
    """With the mean of logits it would not be: the reason why probabilities are averaged."""
    ones = [np.array([[2.0]], "float32"), np.array([[2.0]], "float32"), np.array([[-30.0]], "float32")]
    model = compiled_output(1, None, LOGITS["binary"])
    assert np.mean(ones) < 0 < float(combining.combined(ones, members.mean(model, 3))[0, 0])


# Fitting a combination.

DENSE = compiled_output(3, "softmax", "sparse_categorical_crossentropy")
NUMBER = compiled_output(1, None, "mse")


def judged(rows, seed=0, sharp=1.0):
    """Labels, and predictions of two members: one that knows them somewhat, one that guesses."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=rows)
    good = softmax(sharp * (1.5 * np.eye(3)[y] + rng.normal(size=(rows, 3)))).astype("float32")
    bad = softmax(sharp * 2 * rng.normal(size=(rows, 3))).astype("float32")
    return Part(np.zeros((rows, 1)), y), [good, bad]


def entropy(predicted, y):
    return -np.log(np.asarray(predicted)[np.arange(len(y)), y]).mean()


def test_the_better_member_gets_the_weight():
    part, each = judged(400)
    weights = blending.weighted(DENSE, each, part)["outputs"][0]["weights"]
    assert sum(weights) == pytest.approx(1) and weights[0] > 0.85
    tried = [entropy(share * each[0] + (1 - share) * each[1], part.y) for share in np.linspace(0, 1, 101)]
    assert weights[0] == pytest.approx(np.argmin(tried) / 100, abs=0.02)


def test_few_rows_do_not_talk_it_out_of_the_mean():
    part, each = judged(400)
    few = part.take(slice(3)), blending.taken(each, slice(3))
    weights = blending.weighted(DENSE, few[1], few[0])["outputs"][0]["weights"]
    assert weights == pytest.approx([0.5, 0.5], abs=0.3)
    trust = np.array(blending.stacked(DENSE, few[1], few[0])["outputs"][0]["trust"])
    assert np.abs(trust - 0.5).max() < 0.36  # one deviation of the prior


def test_quantities_are_weighted_by_the_users_own_loss():
    rng = np.random.default_rng(0)
    y = rng.normal(size=200) * 1000
    each = [
        np.c_[y + 100 * rng.normal(size=200)].astype("float32"),
        np.c_[y + 300 * rng.normal(size=200)].astype("float32"),
    ]
    weights = blending.weighted(NUMBER, each, Part(np.zeros((200, 1)), y))["outputs"][0]["weights"]
    assert weights[0] == pytest.approx(0.9, abs=0.05)  # inversely as the variances: 9 to 1
    whole = compiled_output(1, None, "huber")  # by Keras, for a loss that is no usual one
    again = blending.weighted(whole, each, Part(np.zeros((200, 1)), y))["outputs"][0]["weights"]
    assert again[0] == pytest.approx(0.9, abs=0.1)
    other = compiled_output(1, None, lambda y, predicted: keras.ops.mean(keras.ops.abs(y - predicted)))
    weights = blending.weighted(other, each, Part(np.zeros((200, 1)), y))["outputs"][0]["weights"]
    assert weights[0] == pytest.approx(0.9, abs=0.1)


def test_a_stacked_combination_of_quantities_is_non_negative_least_squares():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2, 500, 1)) * 100
    y = 0.7 * z[0] + 0.3 * z[1] + 50 + rng.normal(size=(500, 1))
    found = blending.stacked(NUMBER, list(z.astype("float32")), Part(np.zeros((500, 1)), y[:, 0]))["outputs"][0]
    assert np.array(found["trust"])[:, 0] == pytest.approx([0.7, 0.3], abs=0.01)
    assert found["bias"] == pytest.approx([50], abs=1)
    against = blending.stacked(NUMBER, [-z[0], z[1]], Part(np.zeros((500, 1)), y[:, 0]))["outputs"][0]
    assert np.min(against["trust"]) == 0


@pytest.mark.parametrize("logits", [False, True])
def test_stacking_corrects_members_that_are_too_sure(logits):
    part, each = judged(400, sharp=5.0)
    model = compiled_output(3, None, LOGITS["classes"]) if logits else DENSE
    given = [np.log(one + 1e-12).astype("float32") for one in each] if logits else each
    how = blending.stacked(model, given, part)
    fresh, seen = judged(400, seed=1, sharp=5.0)
    asked = [np.log(one + 1e-12).astype("float32") for one in seen] if logits else seen
    answer = np.asarray(combining.combined(asked, how))
    answer = softmax(answer) if logits else answer
    assert entropy(answer, fresh.y) < 0.8 * entropy(np.mean(seen, axis=0), fresh.y)


@pytest.mark.parametrize("hot", [False, True])
@pytest.mark.parametrize("fit", [blending.weighted, blending.stacked])
def test_labels_may_be_one_hot_and_rows_of_no_weight_say_nothing(fit, hot):
    part, each = judged(60)
    wrong = replace(part, y=(part.y + 1) % 3)
    mixed = Part(
        np.zeros((120, 1)), np.concatenate([part.y, wrong.y]), np.concatenate([np.ones(60), np.zeros(60)])
    )  # fmt: skip
    mixed = mixed.with_y(np.eye(3)[mixed.y]) if hot else mixed
    twice = [np.concatenate([one, one]) for one in each]
    found = fit(DENSE, twice, mixed)["outputs"][0]
    wanted = fit(DENSE, each, part)["outputs"][0]
    name = "weights" if fit is blending.weighted else "trust"
    assert np.array(found[name]) == pytest.approx(np.array(wanted[name]), abs=1e-3)


@pytest.mark.parametrize("fit", [blending.weighted, blending.stacked])
def test_rows_that_fit_a_combination_are_judged_by_one_fitted_without_them(fit):
    part, each = judged(50)
    first = blending.crossed(DENSE, each, part, fit, 1)
    mistaken = part.y.copy()
    mistaken[7] = (mistaken[7] + 1) % 3
    folds = blending.folds(part, blending.FOLDS, 1)
    rows = next(one for one in folds if 7 in one)
    same = [one for one in range(50) if one in rows]
    # the folds are drawn by class: judge with the same folds and another label
    others = np.setdiff1d(np.arange(50), rows)
    again = combining.combined(
        blending.taken(each, rows), fit(DENSE, blending.taken(each, others), Part(part.x, mistaken).take(others))
    )
    assert np.asarray(again) == pytest.approx(first[rows], abs=1e-6) and len(same) == len(rows)
    whole = combining.combined(each, fit(DENSE, each, part))
    assert np.abs(np.asarray(whole) - first).max() > 1e-4
