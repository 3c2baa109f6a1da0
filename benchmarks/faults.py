"""Faults put into real Keras trainings, and healthy trainings of many kinds: what is named, and what is called ill.

    python -m benchmarks.faults [--part faults|healthy] [--only vanishing] [--seeds 1 2]

Each of nine faults is put into three models of different shapes (dense, convolutional, recurrent), from two seeds. The
diagnosis named first must be one of those that are right for the fault. Then 40 healthy trainings: any finding at all,
of the curves or of the inside, on the way or at the end, counts as a false alarm. That they are healthy is measured: each
is gone on with to twice its epochs at its first rate, and its loss on 2,000 fresh rows, the population, may neither have
risen by over 4% from its best at the end nor fall by more afterwards; and its validation rows must be like the population,
with a loss within 10% of it. Trainings that are not so are shown and not counted.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

from diagnose import DiagnoseCallback, Report

ROWS, EPOCHS, BATCH = 800, 20, 32
RIGHT: dict[str, tuple[str, ...]] = {
    "vanishing": ("vanishing-gradients",),
    "exploding": ("exploding-gradients", "diverging"),
    "dead": ("dead-units",),
    "head": ("wrong-output",),
    "unscaled": ("unscaled-inputs",),
    "nan": ("non-finite-data",),
    "shuffled": ("never-generalized", "chance-level"),
    "slow": ("slow-learning", "underfit-flat"),
    "sorted": ("never-generalized",),
}
FIRST = {"slow": "learning-rate", "sorted": "resplit"}  # the technique that must come first
CAUSE = {"shuffled": "labels"}  # a word that the causes must hold


@dataclass
class Setting:
    """One training: data, how hidden layers are made, the head, the optimizer."""

    x: Any
    y: Any
    classes: int = 3
    activation: str = "relu"
    depth: int = 2
    hidden: dict[str, Any] = field(default_factory=dict)
    end: str = "softmax"
    units: int | None = None
    loss: Any = "sparse_categorical_crossentropy"
    rate: float = 1e-3
    optimizer: str = "adam"
    extra: str = ""
    width: int = 32
    epochs: int = EPOCHS
    held: float = 0.25
    decay: float = 1.0
    metrics: tuple[str, ...] = ("accuracy",)


def dense_data(rng: np.random.Generator, rows: int = ROWS) -> tuple[Any, Any]:
    """Three classes around six centres in ten dimensions."""
    centres = np.random.default_rng(5).normal(0, 1.6, (6, 10))
    which = rng.integers(0, 6, rows)
    return (centres[which] + rng.normal(0, 1, (rows, 10))).astype("float32"), which % 3


def conv_data(rng: np.random.Generator, rows: int = ROWS) -> tuple[Any, Any]:
    """Bars of three directions in noise, 12 x 12."""
    y = rng.integers(0, 3, rows)
    x = rng.normal(0, 0.7, (rows, 12, 12, 1))
    for one, kind in zip(x[..., 0], y, strict=True):
        a, b, size = *rng.integers(1, 5, 2), 7
        line = np.arange(size)
        rows_at, columns_at = {0: (a + 0 * line, b + line), 1: (a + line, b + 0 * line), 2: (a + line, b + line)}[kind]
        one[np.minimum(rows_at, 11), np.minimum(columns_at, 11)] += 2.5
    return x.astype("float32"), y


def recurrent_data(rng: np.random.Generator, rows: int = ROWS) -> tuple[Any, Any]:
    """Which of three channels carries a slow wave, over 12 steps."""
    y = rng.integers(0, 3, rows)
    x = rng.normal(0, 0.8, (rows, 12, 3))
    phase = rng.uniform(0, 2 * np.pi, rows)
    wave = np.sin(phase[:, None] + np.arange(12) * 0.6) * 1.4
    x[np.arange(rows), :, y] += wave
    return x.astype("float32"), y


DATA = {"dense": dense_data, "conv": conv_data, "recurrent": recurrent_data}


def dense(one: Setting) -> list[Any]:
    return [keras.layers.Dense(one.width, one.activation, **one.hidden) for _ in range(one.depth)]


def conv(one: Setting) -> list[Any]:
    layers: list[Any] = []
    for at in range(one.depth):
        layers.append(keras.layers.Conv2D(one.width // 2, 3, padding="same", activation=one.activation, **one.hidden))
        layers += [keras.layers.MaxPooling2D(2)] if at < 2 else []
    return [*layers, keras.layers.Flatten()]


def recurrent(one: Setting) -> list[Any]:
    kind = keras.layers.SimpleRNN if one.activation != "gru" else keras.layers.GRU
    settings = {"activation": one.activation} if kind is keras.layers.SimpleRNN else {}
    settings |= one.hidden
    return [kind(one.width, return_sequences=at < one.depth - 1, **settings) for at in range(one.depth)]


BODY: dict[str, Callable[[Setting], list[Any]]] = {"dense": dense, "conv": conv, "recurrent": recurrent}


def build(shape: str, one: Setting) -> Any:
    """The compiled model."""
    layers = BODY[shape](one)
    if "batchnorm" in one.extra:
        layers = [more for layer in layers for more in (layer, keras.layers.BatchNormalization())]
    if "dropout" in one.extra:
        layers.append(keras.layers.Dropout(0.2))
    head = keras.layers.Dense(one.units or one.classes, one.end)
    model = keras.Sequential([keras.Input(one.x.shape[1:]), *layers, head])
    optimizer = keras.optimizers.get({"class_name": one.optimizer, "config": {"learning_rate": one.rate}})
    model.compile(optimizer, one.loss, metrics=list(one.metrics))
    return model


def setting(shape: str, seed: int, fault: str) -> Setting:
    """The sound training of this shape, with the fault in it."""
    rng = np.random.default_rng(seed)
    x, y = DATA[shape](rng)
    one = Setting(x, y)
    if shape == "recurrent":
        one.activation = "relu" if fault == "dead" else "tanh"
        one.depth = 1
    if fault == "vanishing":
        one.activation, one.depth = "sigmoid", {"dense": 10, "conv": 10, "recurrent": 5}[shape]
    elif fault == "exploding":
        one.rate *= 1000
    elif fault == "dead":
        one.hidden = {"bias_initializer": keras.initializers.Constant(-10.0 if shape != "conv" else -15.0)}
        one.optimizer, one.rate = "SGD", 0.05
    elif fault == "head":
        _head(shape, one)
    elif fault == "unscaled":
        one.x = one.x * 1e4
    elif fault == "nan":
        flat = one.x.reshape(len(one.x), -1)
        flat[rng.random(len(flat)) < 0.03, 0] = np.nan
    elif fault == "shuffled":
        one.y, one.width, one.epochs, one.rate = rng.permutation(one.y), 128, 60, 3e-3
    elif fault == "slow":
        one.rate /= 1000
    elif fault == "sorted":
        order = np.argsort(one.y, kind="stable")
        one.x, one.y = one.x[order], one.y[order]
        one.held = float((one.y == 2).mean())  # the last class is in the validation rows only
    return one


def _head(shape: str, one: Setting) -> None:
    """Three heads that don't fit: softmax on one unit, no activation and no logits, sigmoid with categorical."""
    if shape == "dense":
        one.y, one.units, one.loss = (one.y == 1).astype("float32"), 1, "binary_crossentropy"
    elif shape == "conv":
        one.end = "linear"
    else:
        one.y, one.end, one.loss = keras.utils.to_categorical(one.y, 3), "sigmoid", "categorical_crossentropy"


HEALTHY_ROWS, HEALTHY_RUNS = 3000, 40
POPULATION = 2000  # fresh rows
LIMIT = 0.04  # relative rise or further fall of the population loss, from which on a training is not healthy
BIAS = 0.1  # relative distance of the validation loss from it, from which on its rows are easier or harder
NOISY = 0.1  # share of labels drawn anew: sound data are not perfect
# Sound trainings of many kinds: shape of the data, and what differs from the usual setting.
HEALTHY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dense", {}),
    ("dense", {"activation": "tanh"}),
    ("dense", {"activation": "sigmoid", "depth": 1, "rate": 5e-3}),
    ("dense", {"extra": "batchnorm"}),
    ("dense", {"extra": "dropout", "width": 48}),
    ("dense", {"optimizer": "SGD", "rate": 0.1}),
    ("dense", {"optimizer": "rmsprop", "activation": "elu", "depth": 3}),
    ("conv", {"width": 12}),
    ("conv", {"width": 8, "extra": "batchnorm dropout", "epochs": 20, "decay": 0.87}),
    ("conv", {"width": 8, "activation": "tanh", "optimizer": "SGD", "rate": 0.02}),
    ("recurrent", {"activation": "tanh", "depth": 1, "width": 8, "rate": 2e-3}),
    ("recurrent", {"activation": "gru", "depth": 1, "width": 8, "rate": 3e-3}),
    ("quantity", {"activation": "relu", "rate": 3e-3}),
    ("quantity", {"activation": "tanh", "optimizer": "adamw"}),
)


def quantity_data(rng: np.random.Generator, rows: int) -> tuple[Any, Any]:
    """A smooth function of five inputs, with noise."""
    x = rng.normal(0, 1, (rows, 5)).astype("float32")
    y = np.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.3 * x[:, 3] + rng.normal(0, 0.3, rows)
    return x, y.astype("float32")[:, None]


def healthy(seed: int) -> tuple[str, Setting, tuple[np.ndarray, np.ndarray]]:
    """The sound training of this number (enough rows, a fitting head, a rate that falls to its end), and fresh rows."""
    shape, special = HEALTHY[seed % len(HEALTHY)]
    rng = np.random.default_rng(1000 + seed)
    if shape == "quantity":
        x, y = quantity_data(rng, HEALTHY_ROWS + POPULATION)
        special = {"classes": 1, "end": "linear", "loss": "mse", "metrics": ("mae",), **special}
        shape = "dense"
    else:
        x, y = DATA[shape](rng, HEALTHY_ROWS + POPULATION)
        wrong = rng.random(len(y)) < NOISY
        y = np.where(wrong, rng.integers(0, 3, len(y)), y)
    own, fresh = slice(0, HEALTHY_ROWS), slice(HEALTHY_ROWS, None)
    settings = {"width": 16, "epochs": 40, "decay": 0.93, **special}
    return shape, Setting(x[own], y[own], **settings), (x[fresh], y[fresh])


def falling(one: Setting) -> Any:
    """The rate of each epoch: ``decay`` times the last one's."""
    return keras.callbacks.LearningRateScheduler(lambda epoch: one.rate * one.decay**epoch)


def train(shape: str, one: Setting, seed: int) -> tuple[Report, set[str]]:
    """Train as a user would; the report, and every diagnosis that was told on the way or at the end."""
    keras.utils.set_random_seed(seed)
    model = build(shape, one)
    told: set[str] = set()
    sample = (one.x[:: len(one.x) // 256], one.y[:: len(one.x) // 256])
    watch = DiagnoseCallback(0, inspect=True, sample=sample, on_finding=lambda found: told.add(found.rule))
    options = {"validation_split": one.held, "epochs": one.epochs, "batch_size": BATCH, "verbose": 0}
    model.fit(one.x, one.y, callbacks=[falling(one), watch], **options)
    return watch.report, told | {found.rule for found in watch.report.findings}


class Population(keras.callbacks.Callback):
    """The loss on fresh rows after every epoch."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        super().__init__()
        self.x, self.y, self.losses = x, y, []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Score them."""
        self.losses.append(self.model.evaluate(self.x, self.y, batch_size=500, verbose=0, return_dict=True)["loss"])


@dataclass(frozen=True)
class Measured:
    """By how much, relatively, the population loss rose to the end and falls on; how far above it the validation loss is."""

    rise: float
    gain: float
    bias: float

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong with the training."""
        return self.rise <= LIMIT and self.gain <= LIMIT and abs(self.bias) <= BIAS


def measure(shape: str, one: Setting, fresh: tuple[np.ndarray, np.ndarray], seed: int) -> Measured:
    """The training on the population. It goes on at its first rate: one that has fallen to nothing would settle any."""
    keras.utils.set_random_seed(seed)
    model, population = build(shape, one), Population(*fresh)
    options = {"validation_split": one.held, "epochs": one.epochs, "batch_size": BATCH, "verbose": 0}
    own = model.fit(one.x, one.y, callbacks=[population, falling(one)], **options)
    model.optimizer.learning_rate = one.rate
    model.fit(one.x, one.y, callbacks=[population], **options)
    level = np.convolve(population.losses, np.full(3, 1 / 3), "valid")
    end, last = level[one.epochs - 3], np.mean(own.history["val_loss"][-3:])
    return Measured(
        float(end / level[: one.epochs - 2].min() - 1),
        float(1 - level[one.epochs - 2 :].min() / end),
        float(last / end - 1),
    )


def right(fault: str, report: Report) -> bool:
    """Whether the diagnosis named first is right for the fault, and says what it must."""
    if report.diagnosis not in RIGHT[fault]:
        return False
    first = report.findings[0]
    if fault in FIRST:
        return first.techniques[0] == FIRST[fault]
    return CAUSE.get(fault, "") in f"{first.looks_like} {first.summary}"


def faults(seeds: list[int], only: str | None) -> Iterator[tuple[str, str, int, Report, bool]]:
    """Every fault in every shape."""
    for fault in RIGHT:
        if only not in (None, fault):
            continue
        for shape in DATA:
            for seed in seeds:
                report, _ = train(shape, setting(shape, seed, fault), seed)
                yield fault, shape, seed, report, right(fault, report)


def described(report: Report) -> str:
    """All that was found."""
    return ", ".join(f"{one.rule} {one.confidence:.2f}" for one in report.findings) or report.diagnosis


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("faults", "healthy", "all"), default="all")
    parser.add_argument("--only")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--healthy", type=int, default=HEALTHY_RUNS)
    asked = parser.parse_args()
    if asked.part in ("faults", "all"):
        count = good = 0
        for fault, shape, seed, report, ok in faults(asked.seeds, asked.only):
            count, good = count + 1, good + ok
            print(f"{'ok ' if ok else 'BAD'} {fault:10} {shape:10} {seed}  {described(report)}", flush=True)
        print(f"{good} of {count} named rightly")
    if asked.part in ("healthy", "all"):
        alarms = counted = number = 0
        while counted < asked.healthy:
            shape, one, fresh = healthy(number)
            measured = measure(shape, one, fresh, number)
            sound = measured.healthy
            report, named = train(shape, one, number)
            counted, alarms = counted + sound, alarms + (sound and bool(named))
            early = ", ".join(sorted(named - {found.rule for found in report.findings}))
            print(
                f"{'-  ' if not sound else 'BAD' if named else 'ok '} healthy {number:2} {shape:10} {described(report)}"
                f"{' told on the way: ' + early if early else ''}  (population loss rose {measured.rise:.1%},"
                f" falls on {measured.gain:.1%}; validation {measured.bias:+.1%})",
                flush=True,
            )
            number += 1
        print(
            f"{alarms} of {counted} healthy trainings with an alarm; {number - counted} more were not healthy by measure"
        )


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"{time.perf_counter() - start:.0f} s")
