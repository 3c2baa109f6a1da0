"""What the callback costs a training, with it and without it in the same run, on each backend that is installed.

    python -m benchmarks.callback

Prints, and never asserts, because times belong to the machine. Three tables: the time the callback itself takes in an epoch
of a history of up to 10,000 epochs, with its largest; a fit whose epoch takes about 100 ms, with and without, epochs taking
turns (``KERAS_BACKEND`` in a process of its own for each backend); and the same with ``inspect`` and a sample on an epoch of
100 steps, where the inside of the model can be looked at.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np

BACKENDS = ("tensorflow", "jax", "torch")
LENGTHS = (100, 256, 1_000, 3_000, 10_000)
PAIRS = 6  # fits with and without, by turns
EPOCHS = 30


def alone() -> None:
    """The core's own time an epoch, on a history that falls with noise, and on one that overfits."""
    from diagnose.live.adviser import Adviser

    print(f"{'the callback alone':34s} {'mean of the last tenth':>24s} {'median':>12s} {'largest since':>14s}")
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
                    f"  {name}, epoch {at + 1:6,} {last.mean():32.3f} ms {np.median(last):9.3f} ms {last.max():11.3f} ms"
                )


def fits(inspect: bool) -> None:
    """Fits with and without the callback by turns, in this process's backend: the fastest epoch of each, and the median."""
    import keras

    from diagnose import DiagnoseCallback

    class Clock(keras.callbacks.Callback):
        """From one epoch's begin to the next: the other callbacks' work is in it."""

        def on_train_begin(self, logs=None):
            self.at = []

        def on_epoch_begin(self, epoch, logs=None):
            self.at.append(time.perf_counter())

    rng = np.random.default_rng(0)
    x = rng.normal(size=(3200, 64)).astype("float32")
    y = (x[:, :4].sum(axis=1) + rng.normal(size=3200) > 0).astype("float32")
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((64,)),
        *(keras.layers.Dense(128, "relu") for _ in range(3)),
        keras.layers.Dense(1, "sigmoid"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=2, verbose=0, validation_split=0.1)  # what is compiled is not counted
    times: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(2 * PAIRS):
        clock, on = Clock(), turn % 2 == 1
        options = {"inspect": True, "sample": (x[:32], y[:32])} if inspect else {}
        callbacks = [DiagnoseCallback(0, **options), clock] if on else [clock]
        model.fit(x, y, epochs=EPOCHS, batch_size=32, verbose=0, validation_split=0.1, callbacks=callbacks)
        times[on] += np.diff(clock.at).tolist()
    without, with_it = (1e3 * np.array(times[on]) for on in (False, True))
    name = f"{keras.backend.backend()}{', inspect=True with a sample' if inspect else ''}"
    print(
        f"  {name:42s} {np.median(without):9.2f} ms {np.median(with_it):9.2f} ms"
        f" {np.median(with_it) / np.median(without) - 1:+9.2%}   fastest {without.min():.2f} and {with_it.min():.2f} ms",
        flush=True,
    )


def main() -> None:
    """All of it; a backend at a time in a process of its own."""
    alone()
    print(f"\n{'a fit, an epoch of 90 steps':44s} {'without':>12s} {'with':>12s} {'more':>9s}")
    for backend in BACKENDS:
        if find_spec(backend) is None:
            print(f"  {backend}: not installed")
            continue
        for inspect in (False, True) if find_spec("diagnose.inspection") else (False,):
            environment = {
                **os.environ,
                "KERAS_BACKEND": backend,
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "CUDA_VISIBLE_DEVICES": "",
            }
            words = [sys.executable, "-m", "benchmarks.callback", "inspect" if inspect else "fit"]
            subprocess.run(words, env=environment, check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        fits(sys.argv[1] == "inspect")
    else:
        main()
