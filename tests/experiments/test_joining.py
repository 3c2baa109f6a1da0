"""The code of several rounds is one piece that runs, and its model, rows and fit are with all of them."""

from __future__ import annotations

import os

import numpy as np
import pytest

from diagnose.curves import Curves, Series
from diagnose.experiments.joining import joined
from diagnose.report import Finding
from diagnose.techniques import Case, get

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

EPOCHS = 2


def advised(slug, settings):
    watched = [
        Series(name, split, metric, way, np.arange(1, EPOCHS + 1), np.array([0.9, 0.5]))
        for split, name, metric, way in (
            ("train", "loss", "loss", "min"),
            ("validation", "val_loss", "loss", "min"),
            ("validation", "val_accuracy", "accuracy", "max"),
        )
    ]
    finding = Finding("overfit", "generalization", 0.9, "val_loss", (1, 2), 0.1, {}, (), "")
    case = Case(finding, Curves(tuple(watched), EPOCHS), "val_loss", "min", EPOCHS, 1, 0.01, settings=settings)
    return (slug, settings), get(slug).advise(case).code


def build_model():
    hidden = [keras.layers.Dense(4, "tanh", name=name) for name in ("first", "second")]
    model = keras.Sequential([keras.Input((3,)), *hidden, keras.layers.Dense(2, "softmax", name="last")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


def user():
    x = np.random.default_rng(0).normal(7, 3, size=(60, 3)).astype("float32")
    y = np.arange(60) % 2
    given = {"x_train": x[:40], "y_train": y[:40], "x_val": x[40:], "y_val": y[40:]}
    return given | {"build_model": build_model, "fit_arguments": {"epochs": EPOCHS, "batch_size": 20, "verbose": 0}}


def layers(model):
    """Those of models inside the model, too."""
    for layer in model.layers:
        yield from layers(layer) if hasattr(layer, "layers") else [layer]


def has(kind):
    return lambda done: any(type(layer).__name__ == kind for layer in layers(done["model"]))


def hidden(name, kind):
    """Whether the two hidden layers have it."""
    return lambda done: (
        [
            type(getattr(layer, name)).__name__ == kind
            for layer in layers(done["model"])
            if layer.name in ("first", "second")
        ]
        == [True, True]
    )


def called(kind):
    return lambda done: any(type(one).__name__ == kind for one in done["fit_arguments"]["callbacks"])


def hidden_with(name, value):
    """Whether a setting of both hidden layers is this."""
    return lambda done: sum(one.get_config().get(name) == value for one in layers(done["model"])) == 2


def optimizer(name, value):
    return lambda done: np.isclose(float(getattr(done["model"].optimizer, name)), value)


def fitted(name, value):
    return lambda done: done["model"].history.params[name] == value


def smoothed(done):
    return done["model"].loss.label_smoothing == 0.1 and done["y_val"].shape == (20, 2)


def reordered(done):
    return not np.array_equal(done["x_train"], user()["x_train"])


STEPS = {  # technique: settings, and what is true of model, rows and fit that are with it
    "batch-normalization": ({"momentum": 0.9}, has("BatchNormalization")),
    "learning-rate": ({"learning_rate": 0.037}, optimizer("learning_rate", 0.037)),
    "data-scaling": ({"inputs": True, "targets": False}, has("Normalization")),
    "weight-regularization": ({"l2": 0.01}, hidden("kernel_regularizer", "L2")),
    "early-stopping": ({"patience": 7}, called("EarlyStopping")),
    "activation": ({"to": "elu"}, hidden_with("activation", "elu")),
    "gradient-clipping": ({"clipnorm": 0.5}, optimizer("clipnorm", 0.5)),
    "dropout": ({"rate": 0.5, "where": "each", "patience": 5}, has("Dropout")),
    "adaptive-optimizer": ({"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9}, optimizer("momentum", 0.9)),
    "input-noise": ({"stddev": 0.2}, has("GaussianNoise")),
    "weight-constraint": ({"limit": 3}, hidden("kernel_constraint", "MaxNorm")),
    "more-epochs": ({"times": 2}, fitted("epochs", 2 * EPOCHS)),
    "capacity": ({"width": 2.0}, hidden_with("units", 8)),
    "label-smoothing": ({"label_smoothing": 0.1}, smoothed),
    "batch-size": ({"batch_size": 8}, fitted("steps", 5)),
    "weight-initialization": ({}, hidden("kernel_initializer", "GlorotUniform")),
    "shuffling": ({}, reordered),
    "activity-regularization": ({"l1": 1e-4}, hidden("activity_regularizer", "L1")),
    "learning-rate-schedule": ({"kind": "plateau", "factor": 0.5, "patience": 9}, called("ReduceLROnPlateau")),
}
ROUNDS = [tuple(STEPS)[at::6] for at in range(6)]
AROUND = [one for one in ROUNDS if {"data-scaling", "input-noise"} & set(one)]  # a model around the model: in any order


def run(*slugs):
    code = joined([advised(slug, STEPS[slug][0]) for slug in slugs])
    done = user()
    exec(compile(code, " + ".join(slugs), "exec"), done)
    return code, done


@pytest.mark.parametrize("slugs", [*ROUNDS, *(one[::-1] for one in AROUND)], ids=" + ".join)
def test_rounds_are_one_code_with_all_of_them(slugs):
    code, done = run(*slugs)
    for slug in slugs:
        assert STEPS[slug][1](done), f"{slug} is not in it:\n{code}"
    assert max(map(len, code.splitlines())) <= 125
    assert code.count("model.fit(") == 1


def test_many_rounds():
    slugs = [slug for slug in STEPS if slug not in ("adaptive-optimizer", "weight-initialization")]
    code, done = run(*slugs)
    for slug in slugs:
        if slug != "shuffling":  # of which the labels' new form makes no other rows
            assert STEPS[slug][1](done), slug
    assert code.startswith("# yours: build_model()")


@pytest.mark.parametrize(
    ("slug", "settings"),
    [
        ("model-averaging", {"members": 2}),
        ("snapshot-ensemble", {"cycles": 2, "learning_rate": 0.01}),
        ("horizontal-ensemble", {"last": 2}),
        ("weight-averaging", {"last": 2}),
        ("layer-wise-pretraining", {"epochs": 1}),
        ("resplit", {"folds": 2}),
    ],
)  # fmt: skip
def test_what_does_more_than_fit_comes_last(slug, settings):
    """Members and folds are of models, rows and arguments that are with what came before."""
    first = [advised(one, STEPS[one][0]) for one in ("early-stopping", "data-scaling", "batch-normalization")]
    code = joined([*first, advised(slug, settings)])
    done = user()
    exec(compile(code, slug, "exec"), done)
    one = done.get("ensemble") or done.get("full") or done["model"]
    assert has("BatchNormalization")({"model": one}) or slug == "layer-wise-pretraining"
    assert has("Normalization")({"model": one})
    stop = done["fit_arguments"]["callbacks"][0]
    assert len(stop.best_weights) > 4  # it has watched a validation loss


def test_what_cannot_be_built_on_is_said():
    code = joined([advised("model-averaging", {"members": 2}), advised("early-stopping", {"patience": 5})])
    assert "# on top of model-averaging members=2: build_model(), the rows and fit_arguments are with that" in code


@pytest.mark.parametrize(
    "code", ["do this by hand: (", "# by hand\n", "model = other()\nmodel.fit(x_train, y_train)\n"]
)
def test_the_code_of_somebody_else_s_technique_is_shown_as_it_is(code):
    own = (("their-own", {}), code)
    assert code in joined([own, advised("early-stopping", {"patience": 5})])
    last = joined([advised("early-stopping", {"patience": 5}), own])
    assert code.strip() in last and "patience=5" in last


def test_one_round_is_its_own_code():
    (step, code) = advised("early-stopping", {"patience": 5})
    assert joined([(step, code)]) == f"# early-stopping patience=5\n{code}"
