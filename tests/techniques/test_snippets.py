"""What a technique gives to paste really runs, with nothing defined but the names on its first line."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from diagnose.curves import Curves, Series
from diagnose.report import Finding
from diagnose.techniques import Case, get, names

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

EPOCHS = 2
KINDS = {  # kind: units, output activation, loss, metric's name, standard name, direction
    "binary": (1, "sigmoid", "binary_crossentropy", "accuracy", "accuracy", "max"),
    "classes": (3, "softmax", "sparse_categorical_crossentropy", "accuracy", "accuracy", "max"),
    "quantity": (1, None, "mse", "mae", "mean_absolute_error", "min"),
}
# Techniques whose code depends on what is predicted; the others run on one kind.
BY_KIND = [
    "data-audit",
    "data-scaling",
    "label-smoothing",
    "loss-function",
    "matching-metric",
    "weighted-average-ensemble",
]
RUNS = [(slug, "binary") for slug in names()] + [(slug, kind) for slug in BY_KIND for kind in ("classes", "quantity")]
RUNS.remove(("label-smoothing", "quantity"))  # there are no labels to smooth


def case(kind: str, rate: float | None = None) -> Case:
    """A run of two epochs with loss and metric; the metric is watched."""
    name, metric, direction = KINDS[kind][3:]
    epochs = np.arange(1, EPOCHS + 1)
    curves = [
        Series(prefix + key, split, standard, way, epochs.copy(), np.linspace(0.9, 0.5, EPOCHS))
        for split, prefix in (("train", ""), ("validation", "val_"))
        for key, standard, way in (("loss", "loss", "min"), (name, metric, direction))
    ]
    finding = Finding("overfit", "generalization", 0.9, "val_loss", (1, 2), 0.1, {}, (), "")
    rates = None if rate is None else np.full(EPOCHS, rate)
    return Case(finding, Curves(tuple(curves), EPOCHS, learning_rate=rates), f"val_{name}", direction, EPOCHS, 1, rate)


def user(kind: str, *, built: bool = True) -> dict[str, object]:
    """A user's script: a small model, built at once or by its first data, and its data."""
    units, activation, loss, metric = KINDS[kind][:4]

    def build_model():
        hidden = keras.layers.Dense(4, activation="sigmoid")
        first = [keras.Input((3,))] if built else []
        layers = [*first, hidden, keras.layers.Dense(units, activation=activation)]
        model = keras.Sequential(layers, name="my_model")
        model.compile("sgd", loss, metrics=[metric], run_eagerly=True)
        return model

    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype("float32")
    y = x.sum(1) * 5 if kind == "quantity" else np.arange(60) % max(2, units)
    parts = {"x_train": x[:40], "y_train": y[:40], "x_val": x[40:], "y_val": y[40:]}
    return {"build_model": build_model, "model": build_model(), "epochs": EPOCHS, **parts}


# The tests need no five members and no trained models: fewer repetitions of the very same lines.
SHORTER = {
    "range(5)": "range(2)",
    "epochs=200": "epochs=2",
    "epochs=50": "epochs=2",
    "(len(members)), 30)": "(len(members)), 3)",
}


def execute(slug: str, kind: str, space: dict[str, object], rate: float | None = None) -> dict[str, object]:
    """Run the technique's code in this namespace, and return everything it defined."""
    code = get(slug).advise(case(kind, rate)).code
    for long, short in SHORTER.items():
        code = code.replace(long, short)
    exec(compile(code, slug, "exec"), space)
    return space


@cache
def run(slug: str, kind: str, rate: float | None = 0.01) -> dict[str, object]:
    """Run the code with nothing but what its first line names; once for all tests that look at what came of it."""
    first = get(slug).advise(case(kind, rate)).code.split("\n")[0]
    named = re.sub(r"\([^)]*\)", "", first.removeprefix("# yours: ")).split(", ")
    known = user(kind)
    return execute(slug, kind, {name.strip(): known[name.strip()] for name in named}, rate)


@pytest.fixture(autouse=True, scope="module")
def elsewhere(tmp_path_factory):
    """Some snippets save a model or a log."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("snippets"))
    keras.utils.set_random_seed(1)
    keras.utils.disable_interactive_logging()
    yield
    keras.utils.enable_interactive_logging()  # other files' tests may share the process
    os.chdir(before)


@pytest.mark.parametrize(("slug", "kind"), RUNS)
def test_the_code_runs(slug, kind):
    run(slug, kind)


@pytest.mark.parametrize("slug", ["learning-rate", "snapshot-ensemble"])
def test_the_code_runs_when_no_rate_was_logged(slug):
    run(slug, "binary", None)


@pytest.mark.parametrize(
    "slug",
    [
        "horizontal-ensemble",
        "snapshot-ensemble",
        "label-smoothing",
        "loss-function",
        "dropout",
        "capacity",
        "data-audit",
        "transfer-learning",
    ],
)
def test_the_code_runs_with_a_model_that_data_builds(slug):
    execute(slug, "binary", user("binary", built=False), 0.01)


def test_dropout_goes_behind_hidden_layers_only():
    kinds = [type(layer).__name__ for layer in run("dropout", "binary")["model"].layers]
    assert kinds == ["InputLayer", "Dense", "Dropout", "Dense"]


def test_batch_normalization_goes_behind_hidden_layers_only():
    kinds = [type(layer).__name__ for layer in run("batch-normalization", "binary")["model"].layers]
    assert kinds == ["InputLayer", "Dense", "BatchNormalization", "Dense"]


def test_capacity_is_changed_in_hidden_layers_only():
    assert [layer.units for layer in run("capacity", "classes")["model"].layers] == [2, 3]


def test_hidden_sigmoids_become_relu_and_the_output_stays():
    activations = [layer.activation.__name__ for layer in run("activation", "binary")["model"].layers]
    assert activations == ["relu", "sigmoid"]


def test_l2_is_on_every_layer():
    factors = [float(layer.kernel_regularizer.l2) for layer in run("weight-regularization", "binary")["model"].layers]
    assert factors == pytest.approx([1e-3, 1e-3])


def test_weights_keep_to_the_constraint():
    hidden = run("weight-constraint", "binary")["model"].layers[0]
    assert hidden.kernel_constraint.max_value == 3


def test_the_optimizer_really_clips_and_averages():
    assert run("gradient-clipping", "binary")["model"].optimizer.clipnorm == 1.0
    averaged = run("weight-averaging", "binary")["model"].optimizer
    assert averaged.use_ema and averaged.ema_momentum == 0.99
    assert len(averaged._model_variables_moving_average) == 4


def test_the_averaging_ensemble_is_one_saved_model_that_predicts_the_mean():
    space = run("model-averaging", "binary")
    x = space["x_val"]
    mean = np.mean([member.predict(x) for member in space["members"]], axis=0)
    assert space["ensemble"].predict(x) == pytest.approx(mean, abs=1e-6)
    assert Path("ensemble.keras").exists()


def test_the_weights_of_a_weighted_average_are_shares():
    chosen = run("weighted-average-ensemble", "binary")["chosen"]
    assert chosen.min() >= 0 and chosen.sum() == pytest.approx(1)


def test_scaling_gives_the_model_standardised_inputs():
    space = run("data-scaling", "quantity")
    scaled = np.asarray(space["scale"](space["x_train"]))
    assert scaled.mean(0) == pytest.approx(np.zeros(3), abs=1e-5) and scaled.std(0) == pytest.approx(
        np.ones(3), abs=1e-4
    )
    assert space["y_train"].mean() == pytest.approx(0, abs=1e-6)


def test_training_scores_are_logged_as_validation_scores_are():
    space = run("comparable-evaluation", "binary")
    after = space["model"].evaluate(space["x_train"], space["y_train"], return_dict=True)
    assert space["history"].history["loss"][-1] == pytest.approx(after["loss"], rel=1e-5)


def test_the_audit_counts_rows_that_are_in_both_parts(capsys):
    known = user("binary")
    known["x_val"] = np.concatenate([known["x_val"], known["x_train"][:7]])
    known["y_val"] = np.concatenate([known["y_val"], known["y_train"][:7]])
    execute("data-audit", "binary", known)
    assert "also in training: 7 of 27" in capsys.readouterr().out


def test_balanced_accuracy_of_the_majority_class_is_one_half(capsys):
    known = user("binary")
    known["model"].set_weights([np.zeros_like(weights) for weights in known["model"].get_weights()])  # always class 0
    known["y_val"] = np.array([0] * 15 + [1] * 5)
    execute("matching-metric", "binary", known)
    printed = " ".join(capsys.readouterr().out.split())
    assert printed == "accuracy 0.75 always the commonest class 0.75 balanced accuracy 0.5"


def test_images_are_augmented():
    known = user("binary")
    known["x_train"], known["x_val"] = np.zeros((8, 6, 6, 1), "float32"), np.zeros((4, 6, 6, 1), "float32")
    known["y_train"], known["y_val"] = np.arange(8) % 2, np.arange(4) % 2

    def build_model():
        last = keras.layers.Dense(1, activation="sigmoid")
        model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten(), last])
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    known["build_model"] = build_model
    execute("more-data", "binary", known)
    assert [type(layer).__name__ for layer in known["model"].layers][:2] == ["RandomFlip", "RandomTranslation"]
