"""Real Keras training, epoch by epoch, with the population scored after every one.

`Model.fit` spends some 50 ms an epoch on bookkeeping, hundreds of times what these small models need. So the training
here drives Keras's own `train_step`, `test_step`, metrics, optimizers and callbacks with one compiled call an epoch.
One traced model serves all runs of a case: weights, optimizer state, learning rate and rows are put in anew.
"""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .configurations import Configuration
from .samples import Samples

with contextlib.suppress(RuntimeError):  # TensorFlow is at work already; more threads only cost time
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)

CELLS = {"GRU": layers.GRU, "LSTM": layers.LSTM, "SimpleRNN": layers.SimpleRNN}


@dataclass
class Curves:
    """What a run left: the logged columns, and loss and accuracy on the population, one value an epoch."""

    logs: dict[str, list[float]] = field(default_factory=dict)
    population: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    penalty: list[float] = field(default_factory=list)  # part of the logged losses, not of the population's


def _layer(config: Configuration, width: int, last: bool) -> Any:
    rule = keras.regularizers.L2(config.l2) if config.l2 else None
    if config.cell == "dense":
        return layers.Dense(width, activation=config.activation, kernel_regularizer=rule)
    if config.cell == "convolution":
        return layers.Conv2D(width, 3, strides=2, activation=config.activation, kernel_regularizer=rule)
    return CELLS[config.cell](width, return_sequences=not last, kernel_regularizer=rule)


def _hidden(config: Configuration, width: int, depth: int) -> list[Any]:
    found: list[Any] = []
    for number in range(depth):
        found.append(_layer(config, width, number == depth - 1))
        if config.batch_norm:
            found.append(layers.BatchNormalization(momentum=0.9))
        if config.dropout:
            found.append(layers.Dropout(config.dropout))
    return [*found, layers.Flatten()] if config.cell == "convolution" else found


def build(config: Configuration, data: Samples, wider: int = 1, deeper: int = 0) -> Any:
    """The network of a configuration, or one `wider` times as wide, or with `deeper` more layers."""
    head = {0: (1, "linear"), 2: (1, "sigmoid")}.get(data.classes, (data.classes, "softmax"))
    hidden = _hidden(config, config.width * wider, config.depth + deeper)
    return keras.Sequential([keras.Input(data.train[0].shape[1:]), *hidden, layers.Dense(head[0], activation=head[1])])


def _optimizer(config: Configuration) -> Any:
    made = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
    if config.optimizer == "momentum":
        return keras.optimizers.SGD(config.rate, momentum=0.9, clipnorm=config.clip)
    return made[config.optimizer](config.rate, clipnorm=config.clip)


def schedule(config: Configuration, rate: float) -> list[Any]:
    """The learning-rate callbacks of a configuration, for a run that starts at `rate`."""
    epochs, quarter = config.epochs, -(-config.epochs // 4)
    if config.schedule == "plateau":
        watched = keras.callbacks.ReduceLROnPlateau(factor=0.3, patience=max(3, epochs // 15), min_lr=rate * 1e-3)
        return [watched]
    turns = {
        "step": lambda epoch: rate * 0.3 ** (epoch * 3 // epochs),
        "cosine": lambda epoch: rate * (0.01 + 0.495 * (1 + math.cos(math.pi * epoch / epochs))),
        "restarts": lambda epoch: rate * (0.01 + 0.495 * (1 + math.cos(math.pi * (epoch % quarter) / quarter))),
    }
    if config.schedule == "none":
        return []
    return [keras.callbacks.LearningRateScheduler(lambda epoch, _: turns[config.schedule](epoch))]


class Trainer:
    """A compiled model of one case, run any number of times."""

    def __init__(self, config: Configuration, data: Samples, wider: int = 1, deeper: int = 0) -> None:
        self.config, self.data, self.shape = config, data, (wider, deeper)
        self.loss = {0: "mse", 2: "binary_crossentropy"}.get(data.classes, "sparse_categorical_crossentropy")
        keras.backend.clear_session()
        keras.utils.set_random_seed(config.case)
        self.model = build(config, data, wider, deeper)
        self.model.compile(_optimizer(config), self.loss, metrics=["accuracy" if data.classes else "mae"])
        self.model.optimizer.build(self.model.trainable_variables)
        self.fresh = [value.numpy() for value in self.model.optimizer.variables]
        jit = config.cell == "dense"  # pays for plain layers only: compiling the others takes longer than they train
        self._train = tf.function(self._epoch, jit_compile=jit)
        self._validate = tf.function(self._check)
        self._score = tf.function(self._people)
        self.held = [tf.constant(part) for part in data.validation]
        self.model.test_step(tuple(part[:2] for part in self.held))  # makes the metrics, to be reset from here on
        self.people = [tf.constant(part) for part in data.population]

    def _epoch(self, x: Any, y: Any, order: Any) -> Any:
        self.model.reset_metrics()
        rows = x.shape[0]
        batch = min(self.config.batch, rows)
        steps = rows // batch
        orders = tf.reshape(order[: steps * batch], (steps, batch))
        for step in tf.range(steps):
            chosen = tf.gather(orders, step)
            self.model.train_step((tf.gather(x, chosen), tf.gather(y, chosen)))
        if rows % batch:
            rest = order[steps * batch :]
            self.model.train_step((tf.gather(x, rest), tf.gather(y, rest)))
        return self.model.get_metrics_result()

    def _check(self, x: Any, y: Any) -> Any:
        self.model.reset_metrics()
        return self.model.test_step((x, y))

    def _people(self, x: Any, y: Any) -> Any:
        told = self.model(x, training=False)
        column = y[:, None] if told.shape[-1] == 1 else y
        right = tf.cast(tf.round(told[:, 0]), y.dtype) if told.shape[-1] == 1 else tf.cast(tf.argmax(told, -1), y.dtype)
        penalty = tf.add_n([tf.constant(0.0), *self.model.losses])
        loss = tf.reduce_mean(keras.losses.get(self.loss)(column, told))
        return loss, tf.reduce_mean(tf.cast(right == y, tf.float32)), penalty

    def begin(self, seed: int, faster: float = 1.0, more: bool = False) -> None:
        """New weights and optimizer state; `faster` multiplies the learning rate, `more` takes ten times the rows."""
        keras.utils.set_random_seed(seed)
        for mine, new in zip(self.model.variables, build(self.config, self.data, *self.shape).variables, strict=True):
            mine.assign(new)
        for mine, new in zip(self.model.optimizer.variables, self.fresh, strict=True):
            mine.assign(new)
        self.rate = self.config.rate * faster
        self.model.optimizer.learning_rate.assign(self.rate)
        self.rows = [tf.constant(part) for part in (self.data.more if more else self.data.train)]
        self.rng = np.random.default_rng(seed)
        self.curves = Curves()

    def score(self) -> tuple[float, float, float]:
        """Loss without penalties and accuracy on the population, as the model is now; and the penalties."""
        loss, right, penalty = self._score(*self.people)
        return float(loss), float(right), float(penalty)

    def go(self, epochs: int, csv: Path | None = None, scheduled: bool = True, last: int | None = None) -> Curves:
        """Train on; the population is scored after every epoch, or after the `last` ones only."""
        calls = schedule(self.config, self.rate) if scheduled else []
        calls += [keras.callbacks.CSVLogger(str(csv))] if csv else []
        told = keras.callbacks.CallbackList(calls, model=self.model)
        told.on_train_begin()
        for epoch in range(epochs):
            told.on_epoch_begin(epoch)
            logs = self._one()
            told.on_epoch_end(epoch, logs)
            for name, value in logs.items():
                self.curves.logs.setdefault(name, []).append(float(value))
            if last is None or epoch >= epochs - last:
                for curve, value in zip(self._measured(), self.score(), strict=True):
                    curve.append(value)
        told.on_train_end()
        return self.curves

    def _measured(self) -> tuple[list[float], ...]:
        return self.curves.population, self.curves.accuracy, self.curves.penalty

    def _one(self) -> dict[str, float]:
        told = self._train(*self.rows, tf.constant(self.rng.permutation(len(self.rows[0]))))
        logs = {name: float(value) for name, value in told.items()}
        return logs | {f"val_{name}": float(value) for name, value in self._validate(*self.held).items()}
