"""The experiment of the vanishing-gradient tutorial: four hidden layers of five units on two circles."""

from dataclasses import replace

import numpy as np
import pytest

from diagnose import diagnose
from diagnose.readers import read

keras = pytest.importorskip("keras")
datasets = pytest.importorskip("sklearn.datasets")


def judged(look, activation, initializer, seed, sampled, epochs=20, optimizer="adam"):
    x, y = datasets.make_circles(n_samples=1000, factor=0.5, noise=0.1, random_state=1)
    x, y = x.astype("float32"), y.astype("float32")
    keras.utils.set_random_seed(seed)
    hidden = [keras.layers.Dense(5, activation, kernel_initializer=initializer()) for _ in range(4)]
    last = keras.layers.Dense(1, "sigmoid", kernel_initializer=initializer())
    model = keras.Sequential([keras.Input((2,)), *hidden, last])
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    watch = look((x[:256], y[:256]) if sampled else None)
    history = model.fit(x, y, validation_split=0.3, epochs=epochs, batch_size=32, verbose=0, callbacks=[watch])
    return diagnose(replace(read(history.history)[0][0], inside=watch.inside)), watch.inside


def normal():
    return keras.initializers.RandomNormal(0.0, 1.0)


def glorot():
    return keras.initializers.GlorotUniform()


def he():
    return keras.initializers.HeNormal()


@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize("initializer", [normal, glorot])
@pytest.mark.parametrize("seed", [1, 2])
def test_sigmoid_does_not_learn_because_gradients_vanish(look, initializer, seed, sampled):
    report, _ = judged(look, "sigmoid", initializer, seed, sampled)
    assert report.diagnosis == "vanishing-gradients"
    assert (
        "does not fall" in report.findings[0].summary and "because the gradient vanishes" in report.findings[0].summary
    )
    assert report.findings[0].techniques[:2] == ("activation", "weight-initialization")
    first = report.recommendations[0]
    assert "relu" in first.brief and "he_normal" in first.brief
    assert "vanishes" in str(report) or "vanishing" in str(report).lower()


@pytest.mark.parametrize("epochs", [20, 60])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_relu_is_never_told_that(look, seed, epochs):
    report, inside = judged(look, "relu", he, seed, True, epochs)
    told = {one.rule: one for one in report.findings}
    assert not {"vanishing-gradients", "underfit-flat"} & set(told)
    if "dead-units" in told:  # true by measurement
        hidden = np.array([not one.output for one in inside.layers])
        assert inside.dead[-1][hidden].max() >= 0.5
