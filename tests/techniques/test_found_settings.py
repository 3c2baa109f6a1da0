"""The code of a re-run's winner holds the settings that won, and runs."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from diagnose.curves import Curves, Series
from diagnose.report import Finding, Report
from diagnose.techniques import Case, advise, get

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

EPOCHS = 2
FOUND = [  # technique, settings, what the code must hold
    ("learning-rate", {"learning_rate": 0.037}, "learning_rate = 0.037"),
    ("learning-rate-schedule", {"kind": "plateau", "factor": 0.5, "patience": 9}, "factor=0.5, patience=9"),
    ("learning-rate-schedule", {"kind": "1/t", "halved_after": 7}, "epoch / 7"),
    ("adaptive-optimizer", {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9}, "momentum=0.9"),
    ("adaptive-optimizer", {"optimizer": "adam", "learning_rate": 0.002}, "Adam(learning_rate=0.002, **kept)"),
    ("batch-size", {"batch_size": 24}, '"batch_size": 24'),
    ("more-epochs", {"times": 4}, '"epochs": 8'),
    ("gradient-clipping", {"clipvalue": 0.5}, "clipvalue = 0.5"),
    ("early-stopping", {"patience": 17}, "patience=17"),
    ("early-stopping", {"criterion": "GL", "alpha": 5.0}, "loss > 5"),
    ("early-stopping", {"criterion": "PQ", "alpha": 2.0}, "loss > 2 * 1000"),
    ("early-stopping", {"criterion": "UP", "alpha": 4}, "len(ends) > 4"),
    ("label-smoothing", {"label_smoothing": 0.2}, "label_smoothing=0.2"),
    ("label-smoothing", {"temperature": True}, "best temperature"),
    ("loss-function", {"activation": "sigmoid"}, "get('sigmoid')"),
    ("loss-function", {"activation": "sigmoid", "loss": "binary_crossentropy"}, "\"loss\": 'binary_crossentropy'"),
    ("loss-function", {"loss": "huber"}, "Huber(delta=1.345 * spread)"),
    ("data-scaling", {"inputs": True, "targets": False}, "Normalization"),
    ("data-scaling", {"inputs": True, "targets": True}, "y_train = (y_train - mean) / std"),
    ("data-scaling", {"inputs": False, "targets": True}, "y_train = (y_train - mean) / std"),
    ("more-data", {"mixup": 0.4}, "beta(0.4, 0.4"),
    ("resplit", {"share": 0.2}, "test_size=0.2"),
    ("resplit", {"folds": 5}, "KFold(5"),
    ("shuffling", {}, "permutation"),
    ("data-audit", {}, "isfinite"),
]


def case(settings, quantity=False):
    name, standard, way = ("mae", "mean_absolute_error", "min") if quantity else ("accuracy", "accuracy", "max")
    curves = [
        Series(prefix + key, split, metric, direction, np.arange(1, EPOCHS + 1), np.array([0.9, 0.5]))
        for split, prefix in (("train", ""), ("validation", "val_"))
        for key, metric, direction in (("loss", "loss", "min"), (name, standard, way))
    ]
    finding = Finding("overfit", "generalization", 0.9, "val_loss", (1, 2), 0.1, {}, (), "")
    rates = np.full(EPOCHS, 0.01)
    one = Case(finding, Curves(tuple(curves), EPOCHS, learning_rate=rates), "val_loss", "min", EPOCHS, 1, 0.01)
    return replace(one, settings=settings)


def build_model(loss="binary_crossentropy"):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", loss, metrics=["accuracy"], run_eagerly=True)
    return model


def space():
    x = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
    y = np.arange(60) % 2
    return {
        "build_model": build_model,
        "model": build_model(),
        "x_train": x[:40],
        "y_train": y[:40],
        "x_val": x[40:],
        "y_val": y[40:],
        "fit_arguments": {"epochs": EPOCHS, "batch_size": 8, "verbose": 0},
    }


@pytest.fixture(autouse=True, scope="module")
def quiet():
    keras.utils.set_random_seed(1)
    keras.utils.disable_interactive_logging()
    yield
    keras.utils.enable_interactive_logging()  # other files' tests may share the process


@pytest.mark.parametrize(("slug", "settings", "held"), FOUND)
def test_the_code_is_written_for_them_and_runs(slug, settings, held):
    quantity = settings.get("targets", False) or settings.get("loss") == "huber"
    advice = get(slug).advise(case(settings, quantity))
    assert held in advice.code
    assert 10 <= len(advice.brief) <= 60 and advice.why.endswith(".")
    assert max(map(len, advice.code.split("\n"))) <= 125
    given = space() | ({"build_model": lambda: build_model("mse")} if quantity else {})
    exec(compile(advice.code, slug, "exec"), given)


def test_what_scales_itself_gets_no_second_layer():
    assert "Normalization" not in get("data-scaling").advise(case({"inputs": False, "targets": True}, True)).code


def test_the_brief_says_what_won():
    briefs = {
        "learning-rate": ({"learning_rate": 0.037}, "learning_rate=0.037"),
        "learning-rate-schedule": ({"kind": "1/t", "halved_after": 7}, "1 / (1 + epoch / 7)"),
        "batch-size": ({"batch_size": 24}, "batch_size=24"),
        "adaptive-optimizer": ({"optimizer": "adam", "learning_rate": 0.002}, "Adam(learning_rate=0.002)"),
        "gradient-clipping": ({"clipvalue": 0.5}, "clipvalue=0.5"),
        "data-scaling": ({"inputs": False, "targets": True}, "targets"),
        "resplit": ({"folds": 5}, "5"),
        "data-audit": ({}, "NaN"),
    }
    for slug, (settings, told) in briefs.items():
        assert told in get(slug).advise(case(settings)).brief, slug


def test_pictures_are_varied_as_found():
    code = get("more-data").advise(case({"shift": 0.1, "turn": 0.05, "mirror": True})).code
    assert "RandomTranslation(0.1, 0.1), keras.layers.RandomRotation(0.05), keras.layers.RandomFlip" in code
    x = np.random.default_rng(0).normal(size=(40, 8, 8, 1)).astype("float32")

    def pictures():
        model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy", run_eagerly=True)
        return model

    exec(
        compile(code, "more-data", "exec"),
        space() | {"x_train": x, "x_val": x, "y_val": np.arange(40) % 2, "build_model": pictures},
    )


def test_the_users_own_arguments_of_fit_are_kept():
    """What else he fits with, a batch of 8 here, belongs to what won."""
    advice = get("early-stopping").advise(case({"patience": 17}))
    given = space()
    given["fit_arguments"]["callbacks"] = [own := keras.callbacks.History()]
    exec(compile(advice.code, "early-stopping", "exec"), given)
    assert own.params["steps"] == 5 and own.params["epochs"] == EPOCHS
    assert "fit_arguments" in advice.code.split("\n")[0]
    assert "fit_arguments" not in get("early-stopping").advise(case(None)).code


@pytest.mark.parametrize(("slug", "settings", "held"), FOUND)
def test_a_history_without_a_finding_is_no_reason_for_no_code(slug, settings, held):
    curves = case(settings).curves
    report = Report("", curves, "good-fit", None, 0.9, True)
    assert advise(report, slug, settings).code.count("\n") > 2
