"""What the callback costs a training, with it and without it in the same run, on each backend that is installed.

    python -m benchmarks.callback [--only default|inspect|alone] [--backend jax] [--pairs 3] [--epochs 100]

Prints, and never asserts, because times belong to the machine; the goal stands beside each figure. First the time the core
itself takes in an epoch of a history of up to 10,000 epochs. Then fits, each backend in a process of its own: with and
without the callback by turns, from the same weights, with an epoch of about 100 ms (the steps are chosen so), and with
``inspect`` and a sample on an epoch of 100 steps. Of each:

    epoch      a quiet one without the callback: the fastest tenth is quicker, the rest waited for other programs
    fit        how much longer the median fit took; on a machine that does something else too, mostly noise
    hooks      the time inside the callback's own methods as a share of the fit, begin and end included
    cpu        the same in processor time, all threads of the process, as a share of as many quiet epochs: of other
               programs it sees only that they empty the caches
    later      its part that comes with each epoch after the first: the mean
    once a fit what the first epoch, the begin and the end take: the inside is taken apart, and with a sample compiled
    once       what the process's first fit took more than a later one: modules are loaded
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import Any

import numpy as np

BACKENDS = ("tensorflow", "jax", "torch")
LENGTHS = (100, 256, 1_000, 3_000, 10_000)
EPOCH = 0.1  # seconds of the default's epoch
STEPS = 100  # of an epoch of inspect's
GOALS = {"default": 0.01, "inspect": 0.05}
LONE = 1.0  # ms an epoch, after 10,000 epochs
BATCH = 32
HOOKS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")


def alone() -> None:
    """The core's own time an epoch, on a history that falls with noise, and on one that overfits."""
    from diagnose.live.adviser import Adviser

    print(f"{'the core alone':28s} {'mean of the last tenth':>24s} {'goal':>9s} {'median':>12s} {'largest since':>14s}")
    for name, turn in (("healthy", 0.0), ("overfitting", 0.3)):
        rng = np.random.default_rng(0)
        adviser = Adviser(verbose=0)
        adviser.begin(producer="benchmark")
        taken = []
        for at in range(max(LENGTHS)):
            loss = 0.05 + float(np.exp(-at / 300))
            logs = {"loss": loss * rng.normal(1, 0.02), "val_loss": (loss + turn * at / 10_000) * rng.normal(1, 0.02)}
            logs |= {"accuracy": 1 - loss / 3, "val_accuracy": 1 - logs["val_loss"] / 3}
            start = time.perf_counter()
            adviser.epoch(logs)
            taken.append(time.perf_counter() - start)
            if at + 1 in LENGTHS:
                last = np.array(taken[-max(10, len(taken) // 10) :]) * 1e3
                print(
                    f"  {name + f', epoch {at + 1:,}':26s} {last.mean():21.3f} ms {LONE:6.0f} ms {np.median(last):9.3f} ms"
                    f" {last.max():11.3f} ms"
                )


def clock() -> Any:
    """A callback that keeps when each epoch began; the other callbacks' work is in the time between."""
    import keras

    class Clock(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.at = []

        def on_epoch_begin(self, epoch, logs=None):
            self.at.append(time.perf_counter())

    return Clock()


def timed(**options: Any) -> Any:
    """A DiagnoseCallback that adds up the time in its methods: ``wall``, and ``cpu``, a number an epoch and one around them."""
    from diagnose import DiagnoseCallback

    class Timed(DiagnoseCallback):
        def __init__(self) -> None:
            super().__init__(0, **options)
            self.wall, self.cpu, self.around = 0.0, [], 0.0

    def hook(name: str) -> Any:
        def call(self: Any, *args: Any, **kwargs: Any) -> None:
            start, begun = time.perf_counter(), time.process_time()
            getattr(DiagnoseCallback, name)(self, *args, **kwargs)
            taken = time.process_time() - begun
            self.wall += time.perf_counter() - start
            if name == "on_epoch_begin":
                self.cpu.append(taken)
            elif name == "on_epoch_end":
                self.cpu[-1] += taken
            else:
                self.around += taken

        return call

    for name in HOOKS:
        setattr(Timed, name, hook(name))
    return Timed()


def quiet(epochs: Any) -> float:
    """Seconds of an epoch while no other program was in the way."""
    return float(np.quantile(epochs, 0.1))


class Fits:
    """One model, put back to its first state before every fit."""

    def __init__(self) -> None:
        import keras

        keras.utils.set_random_seed(0)
        hidden = [keras.layers.Dense(128, "relu") for _ in range(3)]
        self.model = keras.Sequential([keras.Input((64,)), *hidden, keras.layers.Dense(1, "sigmoid")])
        self.model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        self.options = {"batch_size": BATCH, "verbose": 0, "validation_split": 0.1}
        self.steps(STEPS)
        self.model.fit(self.x, self.y, epochs=2, **self.options)  # what is compiled is not counted
        self.state = [np.array(one) for one in self.variables()]

    def variables(self) -> list[Any]:
        """All that a fit changes."""
        return [*self.model.variables, *self.model.optimizer.variables]

    def steps(self, count: int) -> None:
        """Data for an epoch of so many steps."""
        rng = np.random.default_rng(0)
        rows = -(-count * BATCH * 10 // 9)
        self.x = rng.normal(size=(rows, 64)).astype("float32")
        self.y = (self.x[:, :4].sum(axis=1) + rng.normal(size=rows) > 0).astype("float32")
        self.count = count

    def fit(self, epochs: int, *callbacks: Any) -> tuple[float, Any]:
        """Seconds that it took, and of each epoch but the last."""
        for one, value in zip(self.variables(), self.state, strict=True):
            one.assign(value)
        beats = clock()
        start = time.perf_counter()
        self.model.fit(self.x, self.y, epochs=epochs, callbacks=[*callbacks, beats], **self.options)
        return time.perf_counter() - start, np.diff(beats.at)

    def calibrate(self) -> None:
        """As many steps as take 100 ms."""
        for _ in range(3):
            _, epochs = self.fit(12)
            self.steps(max(10, round(self.count * EPOCH / quiet(epochs))))


def fits(which: str, pairs: int, epochs: int) -> None:
    """Fits with and without the callback by turns, in this process's backend."""
    import keras

    fits = Fits()
    if which == "default":
        fits.calibrate()
    options = {"inspect": True, "sample": (fits.x[:256], fits.y[:256])} if which == "inspect" else {}
    opening = timed(**options)
    fits.fit(epochs, opening)
    without, with_it, beats, own = [], [], [], []
    for turn in range(pairs):
        callback = timed(**options)
        for on in (False, True) if turn % 2 else (True, False):
            taken, each = fits.fit(epochs, *([callback] if on else []))
            (with_it if on else without).append(taken)
            beats += [] if on else each.tolist()
        own.append(callback)
    wall = np.median([one.wall / taken for one, taken in zip(own, with_it, strict=True)])
    once = np.array([one.around + one.cpu[0] for one in own])
    later = float(np.median([np.mean(one.cpu[1:]) for one in own]))
    epoch = quiet(beats)
    cpu = (np.median(once) + later * (epochs - 1)) / (epoch * epochs)
    first = opening.around + opening.cpu[0] - np.median(once)
    print(
        f"  {f'{keras.backend.backend()}, {which}':20s} {fits.count:5d} {1e3 * epoch:7.1f} ms"
        f" {np.median(with_it) / np.median(without) - 1:+8.2%} {wall:8.2%} {cpu:8.2%} {GOALS[which]:>5.0%}"
        f" {1e3 * later:7.2f} ms ={later / epoch:6.2%} {1e3 * np.median(once):9.1f} ms {1e3 * first:7.0f} ms",
        flush=True,
    )


def main() -> None:
    """All of it; a backend at a time in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("alone", *GOALS))
    parser.add_argument("--backend", choices=BACKENDS)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        fits(asked.only, asked.pairs, asked.epochs)
        return
    if asked.only in (None, "alone"):
        alone()
    if asked.only == "alone":
        return
    print(
        f"\n{f'fits of {asked.epochs} epochs':22s} {'steps':>5s} {'epoch':>10s} {'fit':>8s} {'hooks':>8s} {'cpu':>8s}"
        f" {'goal':>5s} {'later epochs':>18s} {'once a fit':>12s} {'once':>10s}",
        flush=True,
    )
    for backend in [asked.backend] if asked.backend else BACKENDS:
        if find_spec(backend) is None:
            print(f"  {backend}: not installed")
            continue
        for which in [asked.only] if asked.only else GOALS:
            quiet = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
            words = [sys.executable, "-m", "benchmarks.callback", "--here", "--only", which]
            words += ["--pairs", str(asked.pairs), "--epochs", str(asked.epochs)]
            subprocess.run(words, env={**os.environ, **quiet}, check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
