"""Models are taken apart and put together anew: what is meant to change does, and nothing else."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose.recipes import CannotEdit, layers, roles, settings, widths  # noqa: E402
from diagnose.recipes.graph import rebuildable  # noqa: E402

L = keras.layers
RANDOM = np.random.default_rng(0)
MODELS = {}


def compiled(model, loss="mse", **more):
    model.compile(keras.optimizers.SGD(0.125, momentum=0.5), loss, metrics=["mae"], **more)
    return model


def example(shape, *, hidden, outputs, wider, dtype="float32", high=None):
    """Register a model: its input's shape, its layers by the part they play, and all widths at twice the units."""

    def register(build):
        MODELS[build.__name__] = (build, shape, hidden, outputs, wider, high)
        return build

    return register


def rows(shape, high=None, count=6):
    """Examples for a model of these input shapes: quantities, or indices below ``high``."""
    if isinstance(shape, list):
        return [rows(one, high, count) for one in shape]
    size = (count, *shape)
    return RANDOM.normal(5, 2, size=size).astype("float32") if high is None else RANDOM.integers(1, high, size=size)


def given(model, x):
    """Predictions for these rows, a list of arrays."""
    return [keras.ops.convert_to_numpy(one) for one in keras.tree.flatten(model(x, training=False))]


def key(layer):
    return layer.name, str([one.shape for one in layer.weights])


def names(model):
    return [one.name for one in roles.walk(model) if not isinstance(one, L.InputLayer)]


def kinds(model):
    return [type(one).__name__ for one in roles.walk(model) if not isinstance(one, L.InputLayer)]


def sizes(model):
    inner = {one.name: roles.unwrapped(one) for one in roles.walk(model) if roles.mixes(one)}
    return {name: getattr(one, "units", getattr(one, "filters", None)) for name, one in inner.items()}


@example((4,), hidden=["a", "b"], outputs=["o"], wider={"a": 16, "b": 12, "o": 1})
def stack():
    first, second = L.Dense(8, "tanh", name="a"), L.Dense(6, "sigmoid", name="b")
    return compiled(keras.Sequential([keras.Input((4,)), first, second, L.Dense(1, name="o")]))


@example(
    (8, 8, 1),
    hidden=["c", "depth", "t", "s", "d"],
    outputs=["o"],
    wider={"c": 8, "depth": None, "t": 6, "s": 8, "d": 10, "o": 3},
)
def convolutions():
    """A normalization and an activation as layers of their own; a width that follows from the input's."""
    return compiled(
        keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                L.Conv2D(4, 3, name="c", padding="same"),
                L.BatchNormalization(name="n"),
                L.ReLU(name="r"),
                L.MaxPooling2D(name="p"),
                L.DepthwiseConv2D(3, name="depth"),
                L.Conv2DTranspose(3, 2, name="t"),
                L.SeparableConv2D(4, 2, name="s"),
                L.Flatten(name="f"),
                L.Dense(5, "relu", name="d"),
                L.Dense(3, "softmax", name="o"),
            ]
        ),
        "sparse_categorical_crossentropy",
    )


@example(
    (6,), hidden=["both", "each", "last"], outputs=["o"], wider={"both": 6, "each": 10, "last": 8, "o": 1}, high=20
)
def recurrent():
    """Masked, in both directions, and the same layer at each step."""
    inputs = keras.Input((6,))
    h = L.Embedding(20, 4, mask_zero=True, name="e")(inputs)
    h = L.Bidirectional(L.LSTM(3, return_sequences=True), name="both")(h)
    h = L.TimeDistributed(L.Dense(5, "tanh"), name="each")(h)
    return compiled(keras.Model(inputs, L.Dense(1, name="o")(L.GRU(4, name="last")(h))))


@example((8,), hidden=["a", "b", "c"], outputs=["o"], wider={"a": 8, "b": 32, "c": 8, "o": 2})
def residual():
    """Only what lies inside a branch can be wider: the sums keep the input's width."""
    inputs = keras.Input((8,))
    h = L.Add(name="first")([L.Dense(8, "relu", name="a")(inputs), inputs])
    branch = L.Dense(8, name="c")(L.Dense(16, "relu", name="b")(h))
    return compiled(keras.Model(inputs, L.Dense(2, name="o")(h + branch)))


@example((4,), hidden=["h"], outputs=["one", "two"], wider={"h": 10, "one": 3, "two": 1})
def two_outputs():
    """Their activations are layers of their own."""
    inputs = keras.Input((4,))
    h = L.Dense(5, "relu", name="h")(inputs)
    one = L.Activation("softmax", name="classes")(L.Dense(3, name="one")(h))
    two = L.Activation("sigmoid", name="share")(L.Dense(1, name="two")(h))
    model = keras.Model(inputs, [one, two])
    model.compile("sgd", {"classes": "sparse_categorical_crossentropy", "share": "mse"}, loss_weights={"share": 0.5})
    return model


@example([(4,), (4,)], hidden=["e", "out", "d"], outputs=["o"], wider={"e": 12, "out": 6, "d": 10, "o": 1})
def shared_and_nested():
    """A nested model and a layer, each called twice; a hidden layer inside is named like a usual output."""
    first, second = keras.Input((4,)), keras.Input((4,))
    inner = [keras.Input((4,)), L.Dense(6, "tanh", name="e"), L.Dense(3, "relu", name="out")]
    encoder, dense = keras.Sequential(inner, name="encoder"), L.Dense(5, "relu", name="d")
    both = L.Concatenate(name="both")([dense(encoder(first)), dense(encoder(second))])
    return compiled(keras.Model([first, second], L.Dense(1, name="o")(both)))


@example((4,), hidden=["h"], outputs=["out"], wider={"h": 6, "out": 1})
def same_names():
    """The layer inside bears the outer output's name."""
    inner = keras.Sequential([keras.Input((4,)), L.Dense(4, trainable=False, name="out")], name="inner")
    return compiled(keras.Sequential([keras.Input((4,)), inner, L.Dense(3, "relu", name="h"), L.Dense(1, name="out")]))


@example([(5, 3), (4, 3)], hidden=["encoder", "decoder"], outputs=["o"], wider={"encoder": 12, "decoder": 12, "o": 2})
def states():
    """The state of one recurrent layer begins the other: their units must stay the same."""
    first, second = keras.Input((5, 3)), keras.Input((4, 3))
    _, h, c = L.LSTM(6, return_state=True, name="encoder")(first)
    h = L.LSTM(6, return_sequences=True, name="decoder")(second, initial_state=[h, c])
    return compiled(keras.Model([first, second], L.TimeDistributed(L.Dense(2), name="o")(h)))


@example((4,), hidden=["a", "b"], outputs=["o"], wider={"a": 8, "b": 8, "o": 1})
def subclass():
    """Made in another order than it is called in."""

    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.out = L.Dense(1, activation="sigmoid", name="o")
            self.b, self.drop = L.Dense(4, "tanh", name="b"), L.Dropout(0.25, name="drop")
            self.a = L.Dense(4, "sigmoid", name="a")

        def call(self, x, training=None):
            return self.out(self.b(self.drop(self.a(x), training=training)))

    model = Mine()
    model(np.ones((2, 4), "float32"))
    return compiled(model)


@example((4,), hidden=["a"], outputs=["o"], wider={"a": 6, "o": 1})
def odd_parts():
    """What get_config can't tell: a lambda, the user's own function, what was adapted, a layer with data of its own."""

    class Own(L.Layer):
        def __init__(self, thing):
            super().__init__(name="own", trainable=False)
            self.thing = thing

        def call(self, x):
            return x + len(self.thing)

    scale = L.Normalization(name="scale")
    scale.adapt(rows((4,), count=50))
    first = L.Dense(3, lambda x: keras.ops.sin(x), name="a")
    return compiled(
        keras.Sequential(
            [keras.Input((4,)), scale, L.Lambda(lambda x: 2 * x), Own([1, 2]), first, L.Dense(1, name="o")]
        )
    )


def build(name):
    keras.utils.set_random_seed(1)
    return MODELS[name][0]()


@pytest.mark.parametrize("name", MODELS)
def test_hidden_layers_and_those_of_the_outputs_are_told_apart(name):
    model, (_, _, hidden, outputs, _, _) = build(name), MODELS[name]
    assert [one.name for one in layers.hidden(model)] == hidden
    assert [one.name for one in layers.outputs(model)] == outputs


@pytest.mark.parametrize("name", MODELS)
def test_a_new_layer_changes_nothing_else(name):
    model, (_, shape, hidden, _, _, high) = build(name), MODELS[name]
    x = rows(shape, high)
    before, was = given(model, x), names(model)
    weights = {key(one): one.get_weights() for one in roles.walk(model)}
    edited = layers.inserted(model, layers.hidden(model), lambda one: layers.dropout(one, 0.5, 0.25))
    after = given(edited, x)  # dropout does nothing here
    assert all(np.allclose(mine, its, atol=1e-6) for mine, its in zip(before, after, strict=True))
    for layer in roles.walk(edited):
        assert all(np.array_equal(*both) for both in zip(layer.get_weights(), weights.get(key(layer), []), strict=True))
    # the encoder's sequence goes nowhere, and nothing that stands behind it would be called
    added = [f"{one}_dropout" for one in hidden if one != "encoder"]
    assert [one for one in names(edited) if one not in added] == was
    assert [one for one in names(edited) if one in added] == added
    assert edited.name == model.name and type(edited).__name__ == (
        "Functional" if name == "subclass" else type(model).__name__
    )


@pytest.mark.parametrize("name", MODELS)
def test_hidden_layers_become_wider_and_the_rest_follows(name):
    model, (_, shape, _, _, wider, high) = build(name), MODELS[name]
    kept = {one.name: one.get_weights() for one in roles.walk(model) if not roles.mixes(one) and one.weights}
    edited = widths.widened(model, 2.0)
    assert sizes(edited) == wider
    assert names(edited) == names(model)
    same = {one.name: one for one in roles.walk(edited) if one.name in kept}
    for layer in kept:  # an embedding, an adapted scale; a normalization behind a wider layer is a new one
        if layer != "n":
            assert all(np.array_equal(*both) for both in zip(kept[layer], same[layer].get_weights(), strict=True))
    assert all(np.isfinite(one).all() for one in given(edited, rows(shape, high)))


DEEPER = {
    "stack": "a b b_deeper o",
    "convolutions": "c n r p depth t s f d d_deeper o",
    "recurrent": "e both each last_deeper last o",
    "shared_and_nested": "e out d d_deeper both o",
    "states": "decoder_deeper encoder decoder o",
    "subclass": "a drop b b_deeper o",
}


@pytest.mark.parametrize("name", DEEPER)
def test_one_hidden_layer_more_is_like_the_last_one(name):
    model, (_, shape, _, _, _, high) = build(name), MODELS[name]
    edited = widths.deepened(model)
    assert names(edited) == DEEPER[name].split()
    new = next(one for one in roles.walk(edited) if one.name.endswith("_deeper"))
    old = next(one for one in roles.walk(edited) if f"{one.name}_deeper" == new.name)
    assert (type(new), new.units, new.activation) == (type(old), old.units, old.activation)
    assert len(given(edited, rows(shape, high))) == 1


def test_a_model_without_a_hidden_layer_gets_one():
    edited = widths.deepened(compiled(keras.Sequential([keras.Input((30,)), L.Dense(2, name="o")])))
    first = edited.layers[0]
    assert (first.name, first.units, first.activation.__name__) == ("o_hidden", 60, "relu")
    with pytest.raises(CannotEdit, match="no hidden layer whose width"):
        widths.widened(compiled(keras.Sequential([keras.Input((3,)), L.Dense(2)])), 2)


def test_a_convolution_more_keeps_the_maps_size_and_comes_behind_its_activation():
    parts = [L.Conv2D(2, 3, 2, name="c"), L.BatchNormalization(name="n"), L.ReLU(name="r"), L.Flatten(name="f")]
    edited = widths.deepened(compiled(keras.Sequential([keras.Input((8, 8, 1)), *parts, L.Dense(1, name="o")])))
    assert names(edited) == ["c", "n", "r", "c_deeper", "f", "o"]
    new = edited.get_layer("c_deeper")
    assert new.output.shape == edited.get_layer("c").output.shape and new.activation.__name__ == "relu"


def test_the_compilation_stays():
    model = build("two_outputs")
    edited = layers.inserted(model, layers.hidden(model), lambda one: L.Dropout(0.5))
    assert edited.get_compile_config()["loss"] == model.get_compile_config()["loss"]
    assert edited.get_compile_config()["loss_weights"] == {"share": 0.5}
    assert edited.output_names == ["classes", "share"]
    first = stack()
    edited = layers.inserted(first, layers.hidden(first), lambda one: L.Dropout(0.5))
    assert float(edited.optimizer.learning_rate) == 0.125 and edited.optimizer.momentum == 0.5
    assert edited.optimizer is not first.optimizer and edited.loss == "mse"


def test_what_is_frozen_stays_frozen_and_is_no_hidden_layer():
    inner = keras.Sequential([keras.Input((4,)), L.Dense(4, name="i"), L.BatchNormalization()], name="base")
    inner.trainable = False
    inputs = keras.Input((4,))
    model = compiled(
        keras.Model(inputs, L.Dense(1, name="o")(L.Dense(3, "relu", name="h")(inner(inputs, training=False))))
    )
    assert [one.name for one in layers.hidden(model)] == ["h"]
    for edited in (layers.inserted(model, layers.hidden(model), lambda one: L.Dropout(0.5)), widths.widened(model, 2)):
        base = edited.get_layer("base")
        assert not base.trainable and len(edited.trainable_variables) == 4
        assert [one.arguments.kwargs["training"] for one in roles.nodes(edited) if one.operation is base] == [False]
    partly = compiled(keras.Sequential([keras.Input((4,)), L.Dense(4, trainable=False), L.Dense(3), L.Dense(1)]))
    assert len(layers.inserted(partly, layers.hidden(partly), lambda one: L.Dropout(0.5)).trainable_variables) == 4


def test_one_input_gets_one_first_layer_however_many_take_it():
    inputs = keras.Input((4,), name="x")
    model = compiled(keras.Model(inputs, L.Dense(1)(L.Add()([L.Dense(3)(inputs), L.Dense(3)(inputs)]))))
    edited = layers.preceded(model, lambda name: L.GaussianNoise(0.1, name=f"{name}_noise"))
    assert len(edited.get_layer("x_noise")._inbound_nodes) == 1
    assert kinds(edited) == ["GaussianNoise", "Dense", "Dense", "Add", "Dense"]


def noised(model):
    return kinds(layers.entered(model, lambda name: L.GaussianNoise(0.1, name=f"{name}_noise")))


def test_noise_comes_behind_what_scales_and_not_on_indices():
    pixels = [keras.Input((4, 4, 1), dtype="uint8"), L.Rescaling(1 / 255), L.RandomFlip(), L.Flatten(), L.Dense(1)]
    assert noised(compiled(keras.Sequential(pixels))) == [
        "Rescaling",
        "RandomFlip",
        "Flatten",
        "GaussianNoise",
        "Dense",
    ]
    tokens, numbers = keras.Input((4,), name="tokens"), keras.Input((3,), name="numbers")
    words = L.GlobalAveragePooling1D()(L.Embedding(9, 2)(tokens))
    both = compiled(keras.Model([tokens, numbers], L.Dense(1)(L.Concatenate()([words, numbers]))))
    edited = layers.entered(both, lambda name: L.GaussianNoise(0.1, name=f"{name}_noise"))
    assert [one for one in names(edited) if one.endswith("noise")] == ["numbers_noise"]
    with pytest.raises(CannotEdit, match="indices or text"):
        noised(build("recurrent"))


def test_an_adapted_vocabulary_survives():
    words = L.TextVectorization(output_sequence_length=3)
    words.adapt(["one two three", "three four"])
    parts = [keras.Input((), dtype="string"), words, L.Embedding(10, 3), L.LSTM(3, name="l"), L.Dense(1)]
    model = compiled(keras.Sequential(parts))
    x = keras.ops.convert_to_tensor(np.array(["four one", "two"])) if keras.backend.backend() == "tensorflow" else None
    if x is None:
        pytest.skip("text is for the TensorFlow backend")
    edited = layers.inserted(model, layers.hidden(model), lambda one: L.Dropout(0.5))
    assert np.allclose(given(model, x), given(edited, x))
    assert sizes(widths.widened(model, 2))["l"] == 6


def test_new_layers_have_the_data_type_of_those_they_follow():
    mixed = [L.Dense(4, "relu", dtype="mixed_float16", name="a"), L.Dense(1, dtype="float32")]
    model = compiled(keras.Sequential([keras.Input((4,)), *mixed]))
    edited = layers.inserted(model, layers.hidden(model), lambda one: L.BatchNormalization())
    assert edited.layers[1].dtype_policy.name == "mixed_float16"
    assert edited.layers[1].gamma.dtype == "float32"


def test_a_class_that_trains_its_own_way_stays_or_is_refused():
    class Stepping(keras.Model):
        def train_step(self, *args, **kwargs):
            return super().train_step(*args, **kwargs)

    class Listed(keras.Sequential):
        train_step = Stepping.train_step

    class Coded(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = L.Dense(3, "relu", name="a"), L.Dense(1)

        def train_step(self, *args, **kwargs):
            return super().train_step(*args, **kwargs)

        def call(self, x):
            return self.b(self.a(x))

    inputs = keras.Input((4,))
    for model in (Stepping(inputs, L.Dense(1)(L.Dense(3)(inputs))), Listed([inputs, L.Dense(3), L.Dense(1)])):
        edited = layers.inserted(compiled(model), layers.hidden(model), lambda one: L.Dropout(0.5))
        assert type(edited) is type(model)
    coded = Coded()
    coded(np.ones((2, 4), "float32"))
    assert not rebuildable(compiled(coded))
    for edit in (
        lambda: layers.inserted(coded, layers.hidden(coded), lambda one: L.Dropout(0.5)),
        lambda: noised(coded),
    ):
        with pytest.raises(CannotEdit, match="Coded is a subclass"):
            edit()
    settings.regularized(coded, lambda: keras.regularizers.L2(0.5))  # where it is, that can be done
    assert len(coded.losses) == 2


def test_a_subclass_whose_training_differs_from_its_inference_has_no_graph():
    class Differs(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = L.Dense(3, "relu"), L.Dense(1)

        def call(self, x, training=None):
            h = self.a(x)
            return self.b(h * 2 if training else h)

    model = Differs()
    model(np.ones((2, 4), "float32"))
    assert not rebuildable(compiled(model))
    with pytest.raises(CannotEdit, match="Differs is a subclass"):
        settings.activated(model, "leaky_relu", ("relu",))


def test_a_layer_that_cannot_be_copied_is_named_where_it_would_have_to_be():
    class Own(L.Layer):
        def __init__(self, function):
            super().__init__(name="mine")
            self.dense, self.function = L.Dense(3, "relu"), function

        def call(self, x):
            return self.function(self.dense(x))

    def model(*ahead):
        return compiled(keras.Sequential([keras.Input((4,)), *ahead, Own(abs), L.Dense(6, name="b"), L.Dense(1)]))

    assert sizes(widths.widened(model(), 2))["b"] == 12  # its own input is as wide as it was
    with pytest.raises(CannotEdit, match=r"the layer mine \(Own\) can't be copied"):
        widths.widened(model(L.Dense(8, name="a")), 2)


def test_weights_of_another_training_are_not_thrown_away():
    def model():
        one = keras.Sequential(
            [keras.Input((4,)), L.Dense(4, "tanh", name="a"), L.Dense(4, "tanh", name="b"), L.Dense(1)]
        )
        one.get_layer("a").set_weights([np.ones((4, 4)), np.full(4, 0.1)])
        return compiled(one)

    assert list(sizes(widths.widened(model(), 2)).values()) == [4, 8, 1]
    edited = settings.activated(model(), "relu", ("tanh",))
    assert np.array_equal(edited.get_layer("a").get_weights()[0], np.ones((4, 4)))
    assert type(edited.get_layer("b").kernel_initializer).__name__ == "HeNormal"
