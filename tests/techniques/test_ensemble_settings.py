"""Ensembles as advice: which settings are tried for which training, and the code that is given for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diagnose import techniques
from diagnose.curves import Curves, Series
from diagnose.recipes import CannotEdit, Facts
from diagnose.report import Finding
from diagnose.techniques import Case

LONG = Facts(rows=1000, validation_rows=200, epochs=200, learning_rate=0.001)


@pytest.mark.parametrize(
    ("slug", "facts", "expected"),
    [
        ("model-averaging", LONG, [{"members": 5}, {"members": 10}]),
        ("resampling-ensemble", LONG, [{"how": how, "members": 5} for how in ("bootstrap", "folds", "splits")]),
        ("horizontal-ensemble", LONG, [{"last": 20}, {"last": 50}]),
        ("horizontal-ensemble", replace(LONG, epochs=15), [{"last": 5}, {"last": 7}]),
        ("horizontal-ensemble", replace(LONG, epochs=10), [{"last": 5}]),
        ("snapshot-ensemble", LONG, [{"cycles": 5, "learning_rate": rate} for rate in (0.001, 0.003, 0.01)]),
        ("snapshot-ensemble", replace(LONG, epochs=9, learning_rate=None), [{"cycles": 2, "learning_rate": None}]),
        ("weighted-average-ensemble", LONG, [{"members": 5}, {"members": 10}]),
        ("stacking", LONG, [{"members": 5}, {"members": 10}]),
        ("weight-averaging", LONG, [{"momentum": 0.99}, {"last": 50}]),
        ("weight-averaging", replace(LONG, rows=64, epochs=40), [{"last": 10}]),
    ],
)
def test_settings_fit_the_training(slug, facts, expected):
    assert list(techniques.get(slug).settings(facts, "high-variance")) == expected


@pytest.mark.parametrize(
    ("slug", "facts", "reason"),
    [
        ("resampling-ensemble", Facts(rows=12), "12 training rows are too few"),
        ("horizontal-ensemble", Facts(epochs=4), "4 epochs are too few"),
        ("snapshot-ensemble", Facts(epochs=7), "7 epochs are too few"),
        ("weighted-average-ensemble", Facts(validation_rows=9), "9 validation rows are too few"),
        ("stacking", Facts(validation_rows=9), "9 validation rows are too few"),
        ("weight-averaging", Facts(rows=64, epochs=5), "10 updates in 5 epochs"),
    ],
)
def test_a_training_that_it_does_not_fit_is_told_why(slug, facts, reason):
    with pytest.raises(CannotEdit, match=reason):
        techniques.get(slug).settings(facts, "high-variance")


def advised(slug, settings):
    """The code for a run of two epochs, with settings that a re-run found."""
    epochs = np.arange(1, 3)
    curves = [Series(name, split, "loss", "min", epochs, np.array([0.9, 0.5])) for name, split in CURVES]
    finding = Finding("high-variance", "prediction", 0.9, "val_loss", (1, 2), 0.1, {}, (), "")
    one = Case(finding, Curves(tuple(curves), 2), "val_loss", "min", 2, 2, None, settings)
    return techniques.get(slug).advise(one)


CURVES = (("loss", "train"), ("val_loss", "validation"))
SHOWN = [
    ("model-averaging", {"members": 10}, "train 10 times", "range(10)"),
    ("weighted-average-ensemble", {"members": 10}, "10 models", "range(10)"),
    ("stacking", {"members": 10}, "10 models", "range(10)"),
    ("resampling-ensemble", {"how": "folds", "members": 7}, "7 models on k-fold samples", "% 7 != seed"),
    ("horizontal-ensemble", {"last": 17}, "last 17 epochs", "kept[-17:]"),
    ("snapshot-ensemble", {"cycles": 3, "learning_rate": 0.03}, "3 cycles", "highest = 0.03"),
    ("weight-averaging", {"momentum": 0.999}, "use_ema", "ema_momentum = 0.999"),
    ("weight-averaging", {"last": 50}, "the last 50 epochs' weights", "kept[-50:]"),
]


@pytest.mark.parametrize(("slug", "settings", "brief", "code"), SHOWN)
def test_the_code_has_the_settings_that_were_found(slug, settings, brief, code):
    found = advised(slug, settings)
    compile(found.code, slug, "exec")
    assert brief in found.brief and len(found.brief) <= 60 and code in found.code


@pytest.mark.parametrize(
    ("slug", "settings"),
    [
        ("resampling-ensemble", {"how": "folds", "members": 2}),
        ("resampling-ensemble", {"how": "splits", "members": 2}),
        ("weight-averaging", {"last": 2}),
    ],
)
def test_the_code_runs_where_a_setting_gives_other_lines(slug, settings, tmp_path, monkeypatch):
    keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(50, 4)).astype("float32")
    y = np.digitize(x.sum(axis=1), (-1, 1))

    def build():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    space = {"build_model": build, "x_train": x[:30], "y_train": y[:30], "x_val": x[30:], "y_val": y[30:]}
    space["fit_arguments"] = {"epochs": 2}
    exec(compile(advised(slug, settings).code, slug, "exec"), space)
    if slug == "weight-averaging":
        mean = [np.mean(ones, axis=0) for ones in zip(*space["kept"], strict=True)]
        assert space["model"].get_weights()[0] == pytest.approx(mean[0], abs=1e-6)
    else:
        assert len(space["rows"]) == {"folds": 15, "splits": 24}[settings["how"]] and len(set(space["rows"])) > 14
