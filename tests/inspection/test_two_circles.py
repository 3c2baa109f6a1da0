"""The experiment of the vanishing-gradient tutorial: four hidden layers of five units on two circles."""

from dataclasses import replace

import numpy as np
import pytest

from diagnose import diagnose
from diagnose.readers import read

keras = pytest.importorskip("keras")
datasets = pytest.importorskip("sklearn.datasets")


def judged(look, activation, initializer, seed, samples, epochs=20):
    """A report, and what was measured, for each of these samples (rows, or None): an inspector leaves no trace."""
    x, y = datasets.make_circles(n_samples=1000, factor=0.5, noise=0.1, random_state=1)
    x, y = x.astype("float32"), y.astype("float32")
    keras.utils.set_random_seed(seed)
    hidden = [keras.layers.Dense(5, activation, kernel_initializer=initializer()) for _ in range(4)]
    last = keras.layers.Dense(1, "sigmoid", kernel_initializer=initializer())
    model = keras.Sequential([keras.Input((2,)), *hidden, last])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    watches = [look((x[:rows], y[:rows]) if rows else None) for rows in samples]
    history = model.fit(x, y, validation_split=0.3, epochs=epochs, batch_size=32, verbose=0, callbacks=watches)
    curves = read(history.history)[0][0]
    return [(diagnose(replace(curves, inside=one.inside)), one.inside) for one in watches]


def normal():
    return keras.initializers.RandomNormal(0.0, 1.0)


def glorot():
    return keras.initializers.GlorotUniform()


def he():
    return keras.initializers.HeNormal()


@pytest.mark.parametrize("initializer", [normal, glorot])
@pytest.mark.parametrize("seed", [1, 2])
def test_sigmoid_does_not_learn_because_gradients_vanish(look, initializer, seed):
    for report, _ in judged(look, "sigmoid", initializer, seed, [256, None]):
        assert report.diagnosis == "vanishing-gradients"
        found = report.findings[0]
        assert "does not fall" in found.summary and "because the gradient vanishes" in found.summary
        assert found.techniques[:2] == ("activation", "weight-initialization")
        first = report.recommendations[0]
        assert "relu" in first.brief and "he_normal" in first.brief
        assert "vanishes" in str(report) or "vanishing" in str(report).lower()


@pytest.mark.parametrize("epochs", [20, 60])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_relu_is_never_told_that(look, seed, epochs):
    [(report, inside)] = judged(look, "relu", he, seed, [256], epochs)
    told = {one.rule: one for one in report.findings}
    assert not {"vanishing-gradients", "underfit-flat"} & set(told)
    if "dead-units" in told:  # true by measurement
        hidden = np.array([not one.output for one in inside.layers])
        assert inside.dead[-1][hidden].max() >= 0.5
