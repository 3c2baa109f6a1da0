"""The course's own experiments, re-run: do its results come out?

    python -m benchmarks.course [--only activation] [--jobs 2] [--out rerun-course]

activation     two circles, three hidden layers of five sigmoid units: stuck; ReLU with He initialization at the same width
overfit        500 nodes on 30 points: weight decay, noise and early stopping, each against the training as it is
normalization  a LeNet-like network on scikit-learn's digits, with and without batch normalization
ensembles      the overfit network: snapshot, horizontal and averaging ensembles against single runs

Every number is of points that neither trained nor chose anything, over five seeds. It can be stopped and started again.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
from sklearn.datasets import load_digits, make_circles

from diagnose.experiments.report import RerunReport
from diagnose.experiments.rerunning import rerun

TECHNIQUES: dict[str, tuple[str, ...]] = {
    "activation": ("activation",),
    "overfit": ("weight-regularization", "input-noise", "early-stopping"),
    "normalization": ("batch-normalization",),
    "ensembles": ("snapshot-ensemble", "horizontal-ensemble", "model-averaging"),
}


def circles(rows: int, seed: int, factor: float = 0.8) -> tuple[Any, Any]:
    """Points of the two circles."""
    x, y = make_circles(n_samples=rows, noise=0.1, random_state=seed, factor=factor)
    return x, y


def activation_model() -> Any:
    """Three hidden layers of five sigmoid units."""
    hidden = [keras.layers.Dense(5, "sigmoid") for _ in range(3)]
    model = keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def activation_data() -> Any:
    """All 1,000 points to train on, further points of the same circles to choose by and to judge on."""
    return circles(1000, 1, 0.5), circles(1000, 2, 0.5), circles(2000, 3, 0.5)


def wide_model() -> Any:
    """500 nodes."""
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(500, "relu"), keras.layers.Dense(1, "sigmoid")]
    )  # fmt: skip
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def wide_data() -> Any:
    """30 of 100 points to train on, 70 to choose by, as in the course; further points to judge on."""
    x, y = circles(100, 1)
    return (x[:30], y[:30]), (x[30:], y[30:]), circles(2000, 2)


def lenet_model() -> Any:
    """LeNet's layers at the size of 8 x 8 digits."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(6, 3, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 3, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(84, "tanh"),
            layers.Dense(10, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def lenet_data() -> Any:
    """Digits as they come, 0 to 16: half to train on."""
    x, y = load_digits(return_X_y=True)
    x = x.reshape(-1, 8, 8, 1)
    return (x[:900], y[:900]), (x[900:1300], y[900:1300]), (x[1300:], y[1300:])


EXPERIMENTS: dict[str, tuple[Callable[[], Any], Callable[[], Any], dict[str, Any]]] = {
    "activation": (activation_model, activation_data, {"epochs": 100, "batch_size": 32}),
    "overfit": (wide_model, wide_data, {"epochs": 2000, "batch_size": 32}),
    "normalization": (lenet_model, lenet_data, {"epochs": 10, "batch_size": 256}),
    "ensembles": (wide_model, wide_data, {"epochs": 500, "batch_size": 32}),
}


def run(name: str, folder: Path, jobs: int) -> RerunReport:
    """One experiment with the course's techniques, each against the training as it is."""
    build, data, arguments = EXPERIMENTS[name]
    place = folder / name
    return rerun(
        build,
        data,
        fit_arguments=arguments,
        technique=TECHNIQUES[name],
        jobs=jobs,
        directory=place,
        resume=place.exists(),
    )


def by_seed(report: RerunReport, folder: Path) -> str:
    """The medians over seeds, which is how the course's claim is put."""
    from diagnose.experiments.racing import scores
    from diagnose.experiments.store import Store

    store = Store(f"sqlite:///{folder / 'study.db'}")
    try:
        store.join()
        results = store.results()
    finally:
        store.close()
    base = scores(results, (), report.metric, "verdict")
    told = [f"baseline median {statistics.median(base.values()):.3f}"]
    for one in report.results:
        own = scores(results, one.steps, report.metric, "verdict")
        better = sum(own[seed] > base[seed] for seed in own)
        told.append(
            f"{one.technique} {dict(one.settings)} median {statistics.median(own.values()):.3f}, better in {better} of {len(own)}"
        )
    return "\n".join(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=tuple(EXPERIMENTS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("rerun-course"))
    asked = parser.parse_args()
    for name in EXPERIMENTS:
        if asked.only in (None, name):
            report = run(name, asked.out, asked.jobs)
            print(f"== {name}\n{report}\n{by_seed(report, asked.out / name)}", flush=True)


if __name__ == "__main__":
    main()
