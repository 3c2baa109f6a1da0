"""A score from predictions is what Keras's own evaluation says of a model without penalties."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose.errors import UsageError  # noqa: E402
from diagnose.recipes import CannotEdit  # noqa: E402
from diagnose.recipes.data import Part  # noqa: E402
from diagnose.recipes.scoring import Scorer, chosen  # noqa: E402
from diagnose.recipes.training import predict  # noqa: E402

LAYERS, LOSSES = keras.layers, keras.losses
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(50, 3)).astype("float32")
MARKS, CLASSES, SUMS = (X.sum(axis=1) > 0).astype(int), np.arange(50) % 3, X.sum(axis=1)
HOT = np.eye(3)[CLASSES]


def model_of(units, activation, loss, metrics=("accuracy",), **more):
    model = keras.Sequential([keras.Input((3,)), LAYERS.Dense(4, "tanh"), LAYERS.Dense(units, activation)])
    model.compile("sgd", loss, metrics=list(metrics), run_eagerly=True, **more)
    return model


def scores_of(model, part, metric=None, train=None):
    return Scorer(model, metric, train or part).score(predict(model, part.x), part)


FOCAL = LOSSES.BinaryFocalCrossentropy(gamma=1.5)
SMOOTH = LOSSES.CategoricalCrossentropy(label_smoothing=0.2, from_logits=True)


@pytest.mark.parametrize("weight", [None, np.linspace(0, 3, 50)], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    ("units", "activation", "loss", "metrics", "y"),
    [
        (1, "sigmoid", "binary_crossentropy", ["accuracy", "AUC"], MARKS),
        (1, "sigmoid", FOCAL, ["accuracy"], MARKS.reshape(-1, 1)),
        (1, None, LOSSES.BinaryCrossentropy(from_logits=True), [], MARKS),
        (3, "softmax", "sparse_categorical_crossentropy", ["acc"], CLASSES),
        (3, None, LOSSES.SparseCategoricalCrossentropy(from_logits=True), ["accuracy"], CLASSES),
        (3, None, SMOOTH, ["categorical_accuracy"], HOT),
        (1, None, "mse", ["mae", "R2Score"], SUMS),
        (1, None, LOSSES.MeanSquaredError(reduction="sum"), ["mae"], SUMS),
        (1, None, lambda y, p: keras.ops.mean(keras.ops.abs(y - p) ** 3, axis=-1), ["mae"], SUMS.reshape(-1, 1)),
    ],
)
def test_it_is_what_keras_says(units, activation, loss, metrics, y, weight):
    model = model_of(units, activation, loss, metrics, weighted_metrics=["accuracy" if y is CLASSES else "mse"])
    expected = model.evaluate(X, y, sample_weight=weight, batch_size=50, verbose=0, return_dict=True)
    assert scores_of(model, Part(X, y, weight)) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_penalties_and_dropout_are_not_in_it():
    hard = keras.Sequential(
        [
            keras.Input((3,)),
            LAYERS.Dense(
                4, kernel_regularizer=keras.regularizers.L2(10.0), activity_regularizer=keras.regularizers.L1(1.0)
            ),
            LAYERS.Dropout(0.9),
            LAYERS.Dense(1),
        ]
    )
    hard.compile("sgd", "mse")
    bare = keras.Sequential([keras.Input((3,)), LAYERS.Dense(4), LAYERS.Dense(1)])
    bare.compile("sgd", "mse")
    bare.set_weights([one for one in hard.get_weights() if one.ndim < 3 and one.dtype == np.float32])
    found = scores_of(hard, Part(X, SUMS))["loss"]
    assert found == pytest.approx(bare.evaluate(X, SUMS, verbose=0), rel=1e-4)
    assert hard.evaluate(X, SUMS, verbose=0) > found + 1


def _heads(named):
    x = keras.Input((3,))
    mark = LAYERS.Dense(1, "sigmoid", name="mark")(x)
    size = LAYERS.Dense(1, name="size")(x)
    return keras.Model(x, {"mark": mark, "size": size} if named else [mark, size])


@pytest.mark.parametrize("weight", [None, np.linspace(0, 3, 50)], ids=["plain", "weighted"])
@pytest.mark.parametrize("named", [False, True])
def test_several_outputs_have_a_score_each(named, weight):
    model = _heads(named)
    if named:
        losses, metrics, y = (
            {"size": "mse", "mark": "binary_crossentropy"},
            {"size": ["mae"]},
            {"size": SUMS, "mark": MARKS},
        )
        weights = {"size": 0.1, "mark": 2.0}
    else:
        losses, metrics, y, weights = ["binary_crossentropy", "mse"], [["accuracy"], ["mae"]], [MARKS, SUMS], [2.0, 0.1]
    model.compile("sgd", losses, metrics=metrics, loss_weights=weights, run_eagerly=True)
    expected = model.evaluate(X, y, sample_weight=weight, batch_size=50, verbose=0, return_dict=True)
    found = scores_of(model, Part(X, y, weight))
    assert found == pytest.approx(expected, rel=1e-4)
    no_skill = Scorer(model, None, Part(X, y)).guess(predict(model, X))
    flat = keras.tree.flatten(no_skill)
    assert [float(one[0, 0]) for one in flat] == pytest.approx([MARKS.mean(), SUMS.mean()], rel=1e-4)


@pytest.mark.filterwarnings("ignore:.*received `from_logits=True`")
@pytest.mark.parametrize(
    ("units", "activation", "loss", "y"),
    [
        (1, "sigmoid", LOSSES.BinaryCrossentropy(from_logits=True), MARKS),
        (3, "softmax", LOSSES.SparseCategoricalCrossentropy(from_logits=True), CLASSES),
        (3, "softmax", LOSSES.CategoricalCrossentropy(from_logits=True), HOT),
    ],
)
def test_probabilities_are_read_as_such_whatever_from_logits_says(units, activation, loss, y):
    """Keras on TensorFlow looks behind the activation in training; predictions have no behind."""
    model = keras.Sequential([keras.Input((3,)), LAYERS.Dense(units, activation)])
    model.compile("sgd", loss)  # in a graph, as a user's training is
    expected = model.evaluate(X, y, batch_size=50, verbose=0)
    if keras.backend.backend() == "tensorflow":
        assert scores_of(model, Part(X, y))["loss"] == pytest.approx(expected, rel=1e-4)
    assert loss.from_logits  # the user's own loss is not touched


def test_a_metric_of_the_users_choice_is_measured_besides():
    found = scores_of(model_of(1, None, "mse", ["mae"]), Part(X, SUMS), "mean_absolute_percentage_error")
    assert set(found) == {"loss", "mae", "mean_absolute_percentage_error"}
    assert set(scores_of(model_of(1, None, "mse", ["mae"]), Part(X, SUMS), "mae")) == {"loss", "mae"}


def test_metrics_start_anew_for_every_score():
    model = model_of(1, None, "mse", [keras.metrics.MeanAbsoluteError(name="mae")])
    scorer, part = Scorer(model, None, Part(X, SUMS)), Part(X, SUMS)
    far = np.full((50, 1), 1000.0, "float32")
    near = scorer.score(SUMS.reshape(-1, 1), part)
    assert scorer.score(far, part)["mae"] > 900 and scorer.score(SUMS.reshape(-1, 1), part) == near
    assert near["mae"] == pytest.approx(0, abs=1e-6)


# guesses and what can't be scored


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_that_is_not_finite_counts_as_a_guess(bad):
    train = Part(X, np.full(50, 3.0))
    predicted = np.zeros((50, 1), "float32")
    predicted[7] = bad
    found = Scorer(model_of(1, None, "mse", ["mae"]), None, train).score(predicted, Part(X, np.full(50, 5.0)))
    # 49 rows are 5 off, and the guess is 2 off
    assert found == pytest.approx({"loss": (49 * 25 + 4) / 50, "mae": (49 * 5 + 2) / 50})


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "expected"),
    [
        (1, None, "mse", [1.0, 3.0, 5.0], [3.0]),
        (2, None, "mse", [[1.0, 10.0], [3.0, 30.0]], [2.0, 20.0]),
        (1, "sigmoid", "binary_crossentropy", [0, 0, 0, 1], [0.25]),
        (3, "softmax", "sparse_categorical_crossentropy", [0, 0, 1, 1, 1, 1, 2, 2], [0.25, 0.5, 0.25]),
        (3, "softmax", "sparse_categorical_crossentropy", [[0], [0], [1], [1]], [0.5, 0.5, 0.0]),
        (3, "softmax", "categorical_crossentropy", np.eye(3)[[0, 0, 1, 2]], [0.5, 0.25, 0.25]),
        (1, None, LOSSES.BinaryCrossentropy(from_logits=True), [0, 0, 0, 1], [math.log(0.25 / 0.75)]),
    ],
)
def test_the_guess_is_the_mean_target(units, activation, loss, y, expected):
    scorer = Scorer(model_of(units, activation, loss), None, Part(X, np.array(y)))
    guess = scorer.guess(np.zeros((50, units), "float32"))
    assert guess.shape == (50, units) and guess[11].tolist() == pytest.approx(expected, rel=1e-5)


def test_the_guess_of_logits_has_the_shares_of_the_classes():
    model = model_of(3, None, LOSSES.SparseCategoricalCrossentropy(from_logits=True))
    scorer = Scorer(model, None, Part(X, np.array([0, 0, 1, 2] * 12 + [0, 0])))
    guess = scorer.guess(np.zeros((50, 3), "float32"))
    assert np.asarray(keras.ops.softmax(guess))[0] == pytest.approx([0.52, 0.24, 0.24], rel=1e-5)


def test_a_label_for_every_step_of_a_sequence_is_guessed_too():
    model = keras.Sequential([keras.Input((4, 2)), LAYERS.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    part = Part(RANDOM.normal(size=(50, 4, 2)).astype("float32"), np.tile([0, 0, 1, 2], (50, 1)))
    scorer = Scorer(model, None, part)
    guess = scorer.guess(predict(model, part.x))
    assert guess.shape == (50, 4, 3) and guess[3, 2].tolist() == pytest.approx([0.5, 0.25, 0.25])
    assert scorer.score(guess, part)["loss"] == pytest.approx(1.5 * math.log(2), rel=1e-4)


def test_one_probability_a_class_is_scored_by_accuracy_where_the_loss_was_made_for_one():
    scorer = Scorer(model_of(1, "sigmoid", "binary_crossentropy"), None, Part(X, CLASSES))
    found = scorer.score(HOT.astype("float32"), Part(X, CLASSES))
    assert found == {"accuracy": pytest.approx(1.0), "loss": None}


def test_a_score_without_a_number_is_none():
    model = model_of(1, None, lambda y, p: y / 0.0 * p, ["mae"])
    assert scores_of(model, Part(X, SUMS))["loss"] is None


def test_a_model_that_was_not_compiled_is_said():
    with pytest.raises(CannotEdit, match="compile"):
        Scorer(keras.Sequential([LAYERS.Dense(1)]), None, Part(X, SUMS))


@pytest.mark.parametrize("metrics", [["accuracy", "AUC"], ["AUC", "accuracy"], [LOSSES.hinge, "accuracy"]])
def test_the_first_compiled_metric_decides(metrics):
    """Keras tells them in the order of the alphabet, capitals first."""
    found = scores_of(model_of(1, "sigmoid", "binary_crossentropy", metrics), Part(X, MARKS))
    names = {"accuracy": "accuracy", "AUC": "auc", LOSSES.hinge: "hinge"}
    assert [name.lower() for name in found] == [*(names[one] for one in metrics), "loss"]
    assert chosen(found, None).lower() == names[metrics[0]]


@pytest.mark.parametrize(("metrics", "first"), [({"sold": ["accuracy"]}, "sold_accuracy"), (None, "loss")])
def test_the_loss_of_one_output_is_no_metric(metrics, first):
    inputs = keras.Input((3,))
    heads = [LAYERS.Dense(1, name="price")(inputs), LAYERS.Dense(1, "sigmoid", name="sold")(inputs)]
    model = keras.Model(inputs, heads)
    model.compile("sgd", {"price": "mse", "sold": "binary_crossentropy"}, metrics=metrics)
    found = scores_of(model, Part(X, [SUMS, MARKS]))
    assert chosen(found, None) == first and set(found) >= {"loss", "price_loss", "sold_loss"}


def test_the_score_that_decides():
    scores = {"accuracy": 0.9, "auc": 0.8, "loss": 0.5}
    assert chosen({"loss": 0.5}, None) == "loss" and chosen(scores, None) == "accuracy"
    assert chosen(scores, "auc") == "auc"
    with pytest.raises(UsageError, match="expected one of accuracy, auc, loss, found 'f1'"):
        chosen(scores, "f1")


@pytest.mark.parametrize("metric", ["loss", "accuracy", "my_own", "nonsense"])
def test_a_name_that_keras_does_not_know_is_looked_for_among_the_compiled_ones(metric):
    def my_own(y, predicted):
        return keras.ops.mean(keras.ops.abs(keras.ops.cast(y, "float32") - predicted), axis=-1)

    found = scores_of(model_of(1, "sigmoid", "binary_crossentropy", ["accuracy", my_own]), Part(X, MARKS), metric)
    assert list(found) == ["accuracy", "my_own", "loss"]
