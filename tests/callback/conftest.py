"""Small models that train in a moment."""

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")


def pytest_collection_modifyitems(items):
    """TensorFlow and Keras warn of their own dependencies; their warnings are not this project's."""
    for item in items:
        if "tests/callback" in str(item.path):
            item.add_marker(pytest.mark.filterwarnings("default::DeprecationWarning"))


@pytest.fixture(scope="session")
def data():
    """60 rows of 8 columns, and a class that one column tells but for noise."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 8)).astype("float32")
    return x, (x[:, 0] + rng.normal(size=60) > 0).astype("float32")


@pytest.fixture
def make():
    """A function that makes the same compiled model each time."""

    def model(dropout=0.0, **compiled):
        keras.utils.set_random_seed(1)
        layers = [keras.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(1, "sigmoid")]
        if dropout:
            layers.insert(2, keras.layers.Dropout(dropout))
        found = keras.Sequential(layers)
        found.compile(**{"optimizer": "adam", "loss": "binary_crossentropy", "metrics": ["accuracy"], **compiled})
        return found

    return model
