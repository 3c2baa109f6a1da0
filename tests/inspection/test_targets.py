"""House prices as they are, to a model with a new linear output: the scale of the targets is the cause that is told first."""

from dataclasses import replace

import numpy as np
import pytest

from diagnose import diagnose
from diagnose.readers import read

keras = pytest.importorskip("keras")


def judged(look, optimizer, loss, mean, deviation):
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, (600, 5)).astype("float32")
    y = np.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.3 * x[:, 3] + rng.normal(0, 0.3, 600)
    y = ((y - y.mean()) / y.std() * deviation + mean).astype("float32")[:, None]
    keras.utils.set_random_seed(1)
    hidden = [keras.layers.Dense(32, "relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((5,)), *hidden, keras.layers.Dense(1)])
    model.compile(optimizer, loss)
    watch = look((x[:256], y[:256]))
    history = model.fit(x, y, validation_split=0.25, epochs=20, batch_size=32, verbose=0, callbacks=[watch])
    head = watch.inside.heads[0]
    assert head.scale == pytest.approx(np.sqrt(np.mean(y[:256] ** 2)), rel=1e-5)
    assert head.spread == pytest.approx(float(y[:256].std()), rel=1e-3)
    return diagnose(replace(read(history.history)[0][0], inside=watch.inside))


@pytest.mark.parametrize(
    ("optimizer", "loss", "mean", "deviation"),
    [("adam", "mse", 2e5, 1e5), ("adam", "mae", 2e5, 1e5), ("sgd", "mse", 2000, 1000), ("adam", "mse", 0, 1e-3)],
)
def test_the_scale_of_the_targets_is_the_cause(look, optimizer, loss, mean, deviation):
    report = judged(look, optimizer, loss, mean, deviation)
    assert report.diagnosis == "unscaled-inputs"
    assert report.findings[0].summary.startswith("the targets have ")
    first = report.recommendations[0]
    assert first.technique == "data-scaling" and "(y - mean) / std" in first.brief and "the targets are" in first.why


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize(("mean", "deviation"), [(0, 1), (1, 0.5), (10, 5)])
def test_sensible_targets(look, optimizer, mean, deviation):
    report = judged(look, optimizer, "mse", mean, deviation)
    assert "unscaled-inputs" not in {one.rule for one in report.findings}
