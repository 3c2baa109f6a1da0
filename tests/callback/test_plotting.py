"""The tutorial's two networks on two circles, from fit to the picture of their gradients and weights."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from diagnose import DiagnoseCallback, diagnose

keras = pytest.importorskip("keras")
datasets = pytest.importorskip("sklearn.datasets")
pytest.importorskip("matplotlib")

ROOT = Path(__file__).resolve().parents[2]
PANELS = {"gradient norm": "gradient", "weight norm": "weight", "relative weight change\nin an epoch": "update"}


def train(activation, initializer, sampled=True, optimizer="adam"):
    x, y = datasets.make_circles(n_samples=400, factor=0.5, noise=0.1, random_state=1)
    x, y = x.astype("float32"), y.astype("float32")
    keras.utils.set_random_seed(1)
    hidden = [keras.layers.Dense(5, activation, kernel_initializer=initializer()) for _ in range(4)]
    last = keras.layers.Dense(1, "sigmoid", kernel_initializer=initializer())
    model = keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dropout(0.0), last])
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    callback = DiagnoseCallback(verbose=0, inspect=True, sample=(x[:128], y[:128]) if sampled else None)
    model.fit(x, y, validation_split=0.3, epochs=6, batch_size=32, verbose=0, callbacks=[callback])
    return callback, [one.name for one in (*hidden, last)]


def normal():
    return keras.initializers.RandomNormal(0.0, 1.0)


def he():
    return keras.initializers.HeNormal()


def panels(figure):
    """The axes by their names, and on each the layers' lines: by the name that the legend shows, x and y."""
    found = {ax.get_ylabel(): ax for ax in figure.axes}
    assert all(ax.get_xlim() == figure.axes[0].get_xlim() for ax in figure.axes)
    return {
        name: {line.get_label().split("  ")[0]: line.get_xydata().T for line in ax.lines if "  " in line.get_label()}
        for name, ax in found.items()
        if name not in ("loss", "accuracy")
    }


@pytest.mark.parametrize(("activation", "initializer"), [("sigmoid", normal), ("relu", he)])
def test_the_lines_are_what_was_measured(activation, initializer):
    callback, names = train(activation, initializer)
    inside = callback.report.curves.inside
    weighted = [at for at, one in enumerate(inside.layers) if one.parameters]
    assert [inside.layers[at].name for at in weighted] == names
    drawn = panels(callback.report.plot())
    assert list(drawn) == list(PANELS)
    for panel, measure in PANELS.items():
        assert list(drawn[panel]) == names
        for at, name in zip(weighted, names, strict=True):
            xs, ys = drawn[panel][name]
            assert xs.tolist() == [1, 2, 3, 4, 5, 6]
            assert np.isfinite(ys).all() and (ys > 0).all()
            np.testing.assert_array_equal(ys, getattr(inside, measure)[:, at])
    last = np.array([drawn["gradient norm"][name][1][-1] for name in names])
    faded = last[0] < last[-2] / 5  # of five layers, the last is the output
    assert faded == (activation == "sigmoid")


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_without_a_sample_the_optimizer_s_gradients_are_drawn_if_it_keeps_any(optimizer):
    callback, names = train("sigmoid", normal, sampled=False, optimizer=optimizer)
    inside = callback.report.curves.inside
    drawn = panels(callback.report.plot())
    kept = ["gradient norm\n(optimizer's average)"] if optimizer == "adam" else []
    assert list(drawn) == [*kept, *list(PANELS)[1:]]
    for panel in kept:
        at = [one.name for one in inside.layers].index(names[0])
        np.testing.assert_array_equal(drawn[panel][names[0]][1], inside.moment[:, at])


def test_what_was_saved_is_drawn_by_the_terminal(tmp_path):
    callback, names = train("relu", he)
    callback.save(tmp_path / "run.json")
    again = panels(diagnose(tmp_path / "run.json").plot())
    for panel, lines in panels(callback.report.plot()).items():
        for name, places in lines.items():
            np.testing.assert_array_equal(again[panel][name], places)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "diagnose", "run.json", "--plot", "run.svg"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    texts = re.findall(r"<!-- (.*?) -->", (tmp_path / "run.svg").read_text(), re.S)  # letters are drawn, and told here
    assert {"loss", "gradient norm", "weight norm"} <= {text.strip() for text in texts}
    for name in names:
        assert sum(text.strip().startswith(f"{name}  ") for text in texts) == 3
