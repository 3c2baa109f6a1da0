"""Weights, optimizer, history, random state: bit for bit the same with and without the inspector."""

import random

import numpy as np
import pytest

keras = pytest.importorskip("keras")
layers = keras.layers

BODIES = {
    "dropout and batch norm": lambda: [
        layers.Dense(16, "relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.GaussianNoise(0.1),
        layers.Dense(8, "tanh", activity_regularizer="l2"),
    ],
    "recurrent dropout, stateless": lambda: [
        layers.Reshape((4, 1)),
        layers.LSTM(4, recurrent_dropout=0.2, dropout=0.2),
    ],
    "spectral norm": lambda: [layers.SpectralNormalization(layers.Dense(6)), layers.UnitNormalization()],
}


def trained(body, callbacks, **more):
    keras.utils.set_random_seed(11)
    rng = np.random.default_rng(2)
    x = rng.normal(0, 1, (96, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("float32")
    model = keras.Sequential([keras.Input((4,)), *BODIES[body](), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], **more)
    history = model.fit(x, y, epochs=3, validation_split=0.25, batch_size=16, verbose=0, callbacks=callbacks(x, y))
    state = [np.asarray(one) for one in (*model.variables, *model.optimizer.variables)]
    return history.history, state, (random.random(), np.random.rand(), np.asarray(keras.random.normal((2,))).tolist())


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("sampled", [False, True])
def test_bit_for_bit(look, body, sampled):
    history, state, chance = trained(body, lambda x, y: [])
    other, looked, same = trained(body, lambda x, y: [look((x, y) if sampled else None)])
    assert history == other
    assert len(state) == len(looked)
    for one, two in zip(state, looked, strict=True):
        np.testing.assert_array_equal(one, two)
    assert chance == same


@pytest.mark.parametrize("more", [{"jit_compile": True}, {"steps_per_execution": 3}, {"run_eagerly": True}])
@pytest.mark.filterwarnings("ignore")  # those of torch.compile
def test_however_it_is_compiled(look, more):
    if keras.backend.backend() == "torch" and "steps_per_execution" in more:
        pytest.skip("Keras does not do that on PyTorch")
    history, state, _ = trained("dropout and batch norm", lambda x, y: [], **more)
    other, looked, _ = trained("dropout and batch norm", lambda x, y: [look((x, y))], **more)
    assert history == other and all((a == b).all() for a, b in zip(state, looked, strict=True))


def test_layers_have_their_own_call_again(look):
    seen = []
    trained("dropout and batch norm", lambda x, y: seen.append(look((x, y))) or seen)
    assert not any("call" in layer.__dict__ for layer in seen[0].model.layers)
