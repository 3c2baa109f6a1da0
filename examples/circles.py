"""Two circles, one inside the other, and a network of three sigmoid layers that does not learn to tell them apart.

Try it: diagnose rerun examples/circles.py --dry-run
"""

import keras
from sklearn.datasets import make_circles


def load_data():
    """500 points to train on, 500 to choose by, 1000 that choose nothing."""
    x, y = make_circles(n_samples=1000, noise=0.1, factor=0.5, random_state=1)
    test = make_circles(n_samples=1000, noise=0.1, factor=0.5, random_state=2)
    return (x[:500], y[:500]), (x[500:], y[500:]), test


def build_model():
    """A new compiled model, each time it is called."""
    hidden = [keras.layers.Dense(5, activation="sigmoid") for _ in range(3)]
    model = keras.Sequential([keras.Input((2,)), *hidden, keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


fit_arguments = {"epochs": 50}
