"""Small trainings with the inspector looking on."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import pytest


@pytest.fixture
def look() -> Any:
    """look(sample=None): a callback that asks an inspector, and keeps the weights at each epoch's begin and end."""
    keras = pytest.importorskip("keras", reason="the inspector needs keras: pip install 'diagnose-curves[keras]'")
    from diagnose.inspection import Inspector

    class Look(keras.callbacks.Callback):
        def __init__(self, sample: Any = None) -> None:
            super().__init__()
            self.sample, self.began, self.ended = sample, [], []

        def on_train_begin(self, logs: Any = None) -> None:
            self.inspector = Inspector(self.model, self.sample)

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.began.append(self.model.get_weights())
            self.inspector.begin(epoch)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.inspector.end(epoch)
            self.ended.append(self.model.get_weights())

        @property
        def inside(self) -> Any:
            return self.inspector.inside()

    return Look


@pytest.fixture
def made() -> Any:
    """made(layer, layer..., shape=(4,), loss="mse", optimizer="adam"): a compiled Sequential model from a fixed seed."""

    keras = pytest.importorskip("keras")

    def make(*layers: Any, shape: tuple[int, ...] = (4,), loss: Any = "mse", optimizer: Any = "adam") -> Any:
        keras.utils.set_random_seed(7)
        model = keras.Sequential([keras.Input(shape), *(keras.layers.Dense(1) if one == 1 else one for one in layers)])
        model.compile(optimizer, loss)
        return model

    return make


@pytest.fixture
def xy() -> tuple[Any, Any]:
    """64 examples of four inputs and a quantity."""
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, (64, 4)).astype("float32")
    return x, (x[:, :1] - x[:, 1:2] ** 2).astype("float32")
