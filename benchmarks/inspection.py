"""What looking inside costs: the inspector's time beside an epoch of 100 steps, with and without a sample, in one run.

python -m benchmarks.inspection [--epochs 30]
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

from diagnose.inspection import Inspector

STEPS, BATCH = 100, 32


class Clock(keras.callbacks.Callback):
    """Time spent in the inspector and in the rest, epoch by epoch."""

    def __init__(self, sample: Any) -> None:
        super().__init__()
        self.sample, self.spent, self.whole = sample, [], []

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin to look."""
        self.inspector = Inspector(self.model, self.sample)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Look at the weights."""
        self.start = time.perf_counter()
        self.inspector.begin(epoch)
        self.spent.append(time.perf_counter() - self.start)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look inside."""
        start = time.perf_counter()
        self.inspector.end(epoch)
        now = time.perf_counter()
        self.spent[-1] += now - start
        self.whole.append(now - self.start)


def models() -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Three shapes of network, each with its input's shape."""
    layers = keras.layers
    return {
        "dense, 4 layers of 64": ([layers.Dense(64, "relu") for _ in range(4)], (20,)),
        "convolutional, 28 x 28": (
            [layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(32, 3, activation="relu")]
            + [layers.Flatten()],
            (28, 28, 1),
        ),
        "recurrent, LSTM of 32 over 20": ([layers.LSTM(32)], (20, 8)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=30)
    epochs = parser.parse_args().epochs
    print(f"{keras.config.backend()}; epochs of {STEPS} steps of {BATCH}; median of all but the first, which compiles")
    for name, (body, shape) in models().items():
        x = np.random.default_rng(0).normal(0, 1, (STEPS * BATCH, *shape)).astype("float32")
        y = np.random.default_rng(1).integers(0, 3, len(x))
        for sample in (None, (x[:256], y[:256])):
            copies = [type(one).from_config(one.get_config()) for one in body]
            model = keras.Sequential([keras.Input(shape), *copies, keras.layers.Dense(3, "softmax")])
            model.compile("adam", "sparse_categorical_crossentropy")
            clock = Clock(sample)
            model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[clock])
            spent, whole = np.array(clock.spent), np.array(clock.whole)
            share = np.median(spent[1:] / (whole[1:] - spent[1:]))
            print(
                f"{name:30} {'sample' if sample else 'no sample':9} {1e3 * np.median(spent[1:]):7.2f} ms of "
                f"{1e3 * np.median(whole[1:]):7.1f} ms an epoch ({share:.1%}); the first {1e3 * spent[0]:.0f} ms"
            )


if __name__ == "__main__":
    main()
