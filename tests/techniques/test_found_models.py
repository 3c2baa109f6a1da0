"""The code of what a re-run found makes the model that it tried: layers that belong together, and wrapped ones, too."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose.curves import Curves, Series  # noqa: E402
from diagnose.experiments import trial  # noqa: E402
from diagnose.experiments.experiment import ExperimentParts  # noqa: E402
from diagnose.recipes import roles  # noqa: E402
from diagnose.report import Finding  # noqa: E402
from diagnose.techniques import Case, get  # noqa: E402

L = keras.layers


def convolutional():
    """Activations and normalization are layers of their own."""
    first = [L.Conv2D(3, 3, use_bias=False, name="a"), L.BatchNormalization(name="n"), L.ReLU(name="r")]
    second = [L.Conv2D(4, 2, name="b"), L.Activation("tanh", name="t"), L.MaxPooling2D(name="p"), L.Flatten(name="f")]
    layers = [*first, *second, L.Dense(5, "relu", name="d"), L.Dense(1, "sigmoid", name="o")]
    return compiled(keras.Sequential([keras.Input((8, 8, 1)), *layers]))


def recurrent():
    """Layers stand in other layers."""
    inputs = keras.Input((3, 2))
    h = L.TimeDistributed(L.Dense(4, "tanh"), name="each")(inputs)
    h = L.LSTM(3, name="r")(L.Bidirectional(L.GRU(2, return_sequences=True), name="both")(h))
    return compiled(keras.Model(inputs, L.Dense(1, "sigmoid", name="o")(L.Dense(4, "tanh", name="d")(h))))


def compiled(model):
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


SHAPES = {convolutional: (8, 8, 1), recurrent: (3, 2)}
FOUND = [
    ("activation", {"to": "leaky_relu"}),
    ("activation", {"to": "elu"}),
    ("activation", {"to": "relu"}),
    ("weight-initialization", {}),
    ("capacity", {"width": 2.0}),
    ("capacity", {"width": 0.5}),
    ("weight-regularization", {"l2": 0.001}),
    ("weight-constraint", {"limit": 2.5}),
    ("activity-regularization", {"l1": 1e-4}),
    ("input-noise", {"stddev": 0.1, "between": True}),
    ("dropout", {"rate": 0.5, "where": "each", "patience": 5}),
    ("dropout", {"rate": 0.5, "where": "output", "patience": 5}),
]  # fmt: skip
BOTH = [(build, slug, found) for build in SHAPES for slug, found in FOUND]
BOTH.remove((recurrent, "weight-initialization", {}))  # every layer's weights are drawn for its activation already
BOTH.append((recurrent, "batch-normalization", {"momentum": 0.9}))  # the other one has it


def advised(slug, settings):
    values = np.array([0.9, 0.5])
    curves = [
        Series(name, split, "loss", "min", np.arange(1, 3), values)
        for split, name in (("train", "loss"), ("validation", "val_loss"))
    ]
    finding = Finding("overfit", "generalization", 0.9, "val_loss", (1, 2), 0.1, {}, (), "")
    return get(slug).advise(Case(finding, Curves(tuple(curves), 2), "val_loss", "min", 2, 1, 0.01, settings)).code


def told(model):
    """What there is to know of each layer but how it is called and drawn."""
    return [
        (
            type(one).__name__,
            re.sub(r"'(name|seed|build_config)': (\{.*?\}|\[.*?\]|[^,}]*)|_\d+", "", str(one.get_config())),
        )
        for one in roles.walk(model)
        if not isinstance(one, L.InputLayer)
    ]


@pytest.mark.parametrize(("build", "slug", "settings"), BOTH, ids=lambda one: getattr(one, "__name__", str(one)))
def test_the_code_makes_the_model_that_was_tried(build, slug, settings):
    x = np.random.default_rng(0).normal(size=(12, *SHAPES[build])).astype("float32")
    y = np.arange(12.0) % 2
    data = ((x[:8], y[:8]), (x[8:], y[8:]))
    space = {"build_model": build, "x_train": x[:8], "y_train": y[:8], "x_val": x[8:], "y_val": y[8:]}
    space["fit_arguments"] = {"epochs": 1, "verbose": 0}
    exec(compile(advised(slug, settings), slug, "exec"), space)
    recipe = trial.recipe_of(ExperimentParts(build, data, {"epochs": 1}))
    tried = trial.edited(recipe, [(slug, settings)]).build()
    assert told(space["model"]) == told(tried)
    assert told(tried) != told(build())
