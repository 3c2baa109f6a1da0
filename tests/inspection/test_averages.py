"""Batch normalization after a hundred steps, with a momentum of 0.99, is not yet what it was in training."""

from dataclasses import replace

import numpy as np
import pytest

from diagnose import diagnose
from diagnose.readers import read

keras = pytest.importorskip("keras")
CENTRES = np.random.default_rng(5).normal(0, 1.6, (6, 10))


def judged(look, momentum, rows, batch, epochs=12):
    rng = np.random.default_rng(1)
    which = rng.integers(0, 6, rows)
    x, y = (CENTRES[which] + rng.normal(0, 1, (rows, 10))).astype("float32"), which % 3
    keras.utils.set_random_seed(1)
    layers = []
    for _ in range(2):
        layers += [keras.layers.Dense(32, "relu"), keras.layers.BatchNormalization(momentum=momentum)]
    model = keras.Sequential([keras.Input((10,)), *layers, keras.layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    watch = look((x[:256], y[:256]))
    options = {"validation_split": 0.25, "epochs": epochs, "batch_size": batch, "verbose": 0}
    history = model.fit(x, y, callbacks=[watch], **options).history
    report = diagnose(replace(read(history)[0][0], inside=watch.inside))
    truth = model.evaluate(x[: rows * 3 // 4], y[: rows * 3 // 4], verbose=0)
    return report, history, truth


@pytest.mark.parametrize(("momentum", "batch"), [(0.99, 128), (0.99, 256), (0.999, 32)])
def test_the_gap_is_the_averages(look, momentum, batch):
    report, history, truth = judged(look, momentum, 400, batch)
    loss, val_loss = history["loss"][-1], history["val_loss"][-1]
    assert val_loss > 1.3 * loss and truth - loss > 0.5 * (val_loss - loss), (
        "most of the gap is there on the training data"
    )
    assert "lagging-averages" in {one.rule for one in report.findings}
    briefs = {one.technique: one.brief for one in report.recommendations}
    assert "momentum=0.9" in briefs["batch-normalization"]


@pytest.mark.parametrize(("momentum", "rows", "batch"), [(0.9, 400, 32), (0.5, 400, 128), (0.99, 2000, 32)])
def test_averages_that_keep_up(look, momentum, rows, batch):
    report, _, _ = judged(look, momentum, rows, batch)
    assert "lagging-averages" not in {one.rule for one in report.findings}
