"""The inspector on real models, against slow independent versions of what it measures."""

import math
import subprocess
import sys

import numpy as np
import pytest

from diagnose.errors import UsageError
from diagnose.inside import Inside

keras = pytest.importorskip("keras")
layers = keras.layers


def test_importing_it_loads_no_keras():
    code = "import sys, diagnose.inspection; print({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_weights_and_their_movement(look, made, xy):
    watch = look()
    made(layers.Dense(5, "relu"), 1).fit(*xy, epochs=3, verbose=0, callbacks=[watch])
    inside = watch.inside
    assert inside.epochs.tolist() == [1, 2, 3]
    assert [(one.kind, one.activation, one.parameters, one.output) for one in inside.layers] == [
        ("Dense", "relu", 20, False),
        ("Dense", "linear", 5, True),
    ]
    for epoch in range(3):
        for at, place in enumerate((0, 2)):  # kernels stand before biases
            before, after = watch.began[epoch][place], watch.ended[epoch][place]
            assert inside.weight[epoch, at] == pytest.approx(np.linalg.norm(after))
            assert inside.update[epoch, at] == pytest.approx(
                np.linalg.norm(after - before) / np.linalg.norm(before), rel=1e-4
            )
    assert inside.steps.tolist() == [2, 2, 2]
    assert (inside.lost == 0).all() and np.isnan(inside.gradient).all()
    assert inside.optimizer == "Adam" and inside.learning_rate == pytest.approx(0.001)
    assert "wait for a sample" in inside.waiting[0]


@pytest.mark.parametrize("kind", ["RMSprop", "Adam", "AdamW", "Nadam"])
def test_the_optimizer_remembers_the_gradient(look, made, xy, kind):
    """After one step over all data the running squares are that step's, times what the optimizer weighs them with."""
    tf = pytest.importorskip("tensorflow")
    if keras.config.backend() != "tensorflow":
        pytest.skip("the independent gradient is TensorFlow's")
    watch = look()
    model = made(layers.Dense(5, "tanh"), 1, optimizer=getattr(keras.optimizers, kind)())
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(xy[0]) - xy[1]) ** 2)
    truth = [
        np.linalg.norm(one) for one in tape.gradient(loss, [model.layers[0].kernel.value, model.layers[1].kernel.value])
    ]
    model.fit(*xy, epochs=1, batch_size=64, verbose=0, callbacks=[watch])
    assert watch.inside.moment[0] == pytest.approx(truth, rel=1e-3)


def test_other_optimizers_remember_nothing_that_could_be_used(look, made, xy):
    watch = look()
    made(layers.Dense(5), 1, optimizer="sgd").fit(*xy, epochs=1, verbose=0, callbacks=[watch])
    assert np.isnan(watch.inside.moment).all()


def test_gradients_on_the_sample(look, made, xy):
    """Against the tape, mini-batch by mini-batch, with the epoch's last weights."""
    tf = pytest.importorskip("tensorflow")
    if keras.config.backend() != "tensorflow":
        pytest.skip("the independent gradient is TensorFlow's")
    watch = look(xy)
    model = made(layers.Dense(5, "tanh", kernel_regularizer="l2"), 1)
    model.fit(*xy, epochs=1, verbose=0, callbacks=[watch])
    squares = []
    for part in range(4):
        x, y = xy[0][part * 16 : part * 16 + 16], xy[1][part * 16 : part * 16 + 16]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x) - y) ** 2) + sum(model.losses)
        gradients = tape.gradient(loss, [model.layers[0].kernel.value, model.layers[1].kernel.value])
        squares.append([np.linalg.norm(one) ** 2 for one in gradients])
    assert watch.inside.gradient[0] == pytest.approx(np.sqrt(np.mean(squares, axis=0)), rel=1e-4)
    assert watch.inside.arriving[0, 0] == pytest.approx(np.sqrt(np.mean(xy[0] ** 2)), rel=1e-4)


def test_dead_units(look, made, xy):
    """Two of four units can't rise above zero for these inputs."""
    watch = look(xy)
    hidden = layers.Dense(4, "relu", bias_initializer=lambda shape, dtype=None: np.array([0, -99, 0, -99], "float32"))
    made(hidden, 1).fit(*xy, epochs=1, verbose=0, callbacks=[watch])
    assert watch.inside.dead[0, 0] == 0.5 and math.isnan(watch.inside.dead[0, 1])


def test_dead_channels_of_an_image_and_an_activation_of_its_own(look, made):
    x = np.random.default_rng(0).normal(0, 1, (32, 8, 8, 1)).astype("float32")
    y = np.zeros((32, 1), "float32")
    watch = look((x, y))
    start = keras.initializers.Constant(-99.0)
    body = (layers.Conv2D(3, 3, bias_initializer=start), layers.ReLU(), layers.Flatten())
    made(*body, 1, shape=(8, 8, 1)).fit(x, y, epochs=1, verbose=0, callbacks=[watch])
    assert [one.kind for one in watch.inside.layers] == ["Conv2D", "ReLU", "Dense"]
    assert watch.inside.dead[0, 1] == 1


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_saturated_units(look, made, xy, activation):
    watch = look(xy)
    big = layers.Dense(4, activation, kernel_initializer=keras.initializers.Constant(1e4))
    small = layers.Dense(4, activation, kernel_initializer=keras.initializers.Constant(1e-4))
    made(big, small, 1).fit(*xy, epochs=1, verbose=0, callbacks=[watch])
    assert watch.inside.saturated[0, 0] == 1 and watch.inside.saturated[0, 1] == 0


def test_lost_weights(look, made, xy):
    x = xy[0].copy()
    x[3, 2] = math.nan
    watch = look((x, xy[1]))
    made(layers.Dense(5, "relu"), 1).fit(x, xy[1], epochs=1, verbose=0, callbacks=[watch])
    bad = watch.inside.data[0]
    assert (bad.nonfinite, bad.rows) == pytest.approx((1 / 256, 1 / 64))
    assert watch.inside.lost[0, 0] > 0
    Inside.from_dict(watch.inside.to_dict())


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_the_scale_of_inputs_that_the_optimizer_implies(look, made, xy, scale):
    watch = look()
    made(layers.Dense(16, "tanh"), 1).fit(xy[0] * scale, xy[1], epochs=2, verbose=0, callbacks=[watch])
    assert scale / 3 < watch.inside.implied[0, 0] < scale * 3


def test_batch_norm_statistics_far_from_the_batchs(look, made, xy):
    watch = look((xy[0] + 50, xy[1]))
    made(layers.BatchNormalization(momentum=0.99), 1).fit(xy[0] + 50, xy[1], epochs=1, verbose=0, callbacks=[watch])
    moved, spread = watch.ended[0][2], np.sqrt(watch.ended[0][3] + 1e-3)
    parts = np.split(xy[0] + 50, 4)
    shift = np.mean([(part.mean(0) - moved) / spread for part in parts], axis=0)
    stretch = np.mean([np.sqrt(part.var(0) + 1e-3) / spread for part in parts], axis=0)
    assert watch.inside.drift[0, 0] == pytest.approx(np.sqrt(np.mean(shift**2 + (stretch - 1) ** 2)), rel=1e-3)
    assert watch.inside.drift[0, 0] > 10


@pytest.mark.parametrize(
    ("sampled", "first", "share"),
    [(True, [*range(1, 9), 10, 12, 15, 18, 22, 27], 1 / 4), (False, [1, 2, 3, 4, 6, 9, 13, 19, 28, 42], 1 / 2)],
)
def test_long_runs_are_inspected_ever_more_rarely(made, xy, sampled, first, share):
    from diagnose.inspection import Inspector

    inspector = Inspector(made(1), xy if sampled else None)
    for epoch in range(10_000):
        inspector.begin(epoch)
        inspector.end(epoch)
    epochs = inspector.inside().epochs
    assert epochs[: len(first)].tolist() == first
    assert epochs.size < 50 and epochs[-1] >= 10_000 / (1 + share) - 1
    assert (np.diff(epochs) <= np.maximum(1, epochs[:-1] * share)).all()


def quiet_but(model, told, epochs=40, planned=None):
    """Positions inspected when something happened in those of ``told``."""
    from diagnose.inspection import Inspector

    inspector = Inspector(model)
    inspector.planned = planned
    for position in range(1, epochs + 1):
        inspector.begin()
        inspector.end(happened=position in told)
    return inspector.inside()


def test_an_epoch_in_which_something_happened_and_the_next_two_are_inspected_at_once(made):
    usual = quiet_but(made(1), ()).epochs.tolist()
    told = quiet_but(made(1), {30}).epochs.tolist()
    assert not {29, 30, 31, 32} & set(usual)
    assert {30, 31, 32} <= set(told) and 29 not in told


def test_a_training_in_which_something_happens_all_the_time_is_not_inspected_all_the_time(made):
    assert quiet_but(made(1), set(range(10_000)), 10_000).epochs.size < 4 * quiet_but(made(1), (), 10_000).epochs.size


def test_the_last_epoch_of_those_planned_is_inspected(made):
    assert quiet_but(made(1), (), 30).epochs[-1] == 28
    inside = quiet_but(made(1), (), 30, planned=30)
    assert inside.epochs[-2:].tolist() == [28, 30]


def test_movement_is_that_of_one_epoch_however_far_apart_the_inspected_are(look, made, xy):
    watch = look()
    made(layers.Dense(5, "relu"), 1).fit(*xy, epochs=28, verbose=0, callbacks=[watch])
    inside = watch.inside
    assert inside.epochs[-3:].tolist() == [13, 19, 28] and inside.steps.tolist() == [2] * inside.epochs.size
    for row, epoch in zip(inside.update, inside.epochs, strict=True):
        before, after = watch.began[epoch - 1], watch.ended[epoch - 1]
        truth = [np.linalg.norm(after[at] - before[at]) / np.linalg.norm(before[at]) for at in (0, 2)]
        assert row == pytest.approx(truth, rel=1e-4)


def test_a_large_variable_is_read_in_part(made):
    from diagnose.inspection.weights import LARGE, MOST, values

    model = made(layers.Dense(LARGE // 4 + 1, use_bias=False))
    kernel = model.layers[0].kernel
    seen = values(kernel)
    assert np.prod(kernel.shape) > LARGE and MOST / 2 < seen.size <= MOST
    whole = np.asarray(keras.ops.convert_to_numpy(kernel)).reshape(-1)
    np.testing.assert_array_equal(seen, whole[:: -(-whole.size // MOST)])


def test_a_model_that_is_built_by_its_first_batch(look, xy):
    watch = look(xy)
    model = keras.Sequential([layers.Dense(3, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(*xy, epochs=2, verbose=0, callbacks=[watch])
    assert len(watch.inside.layers) == 2 and np.isfinite(watch.inside.gradient[-1]).all()


class Own(keras.Model):
    """A subclass with a layer that is used twice, and a training step without a compiled loss."""

    def __init__(self):
        super().__init__()
        self.shared, self.last = layers.Dense(4, "relu"), layers.Dense(1)

    def call(self, x, training=False):
        return self.last(self.shared(self.shared(x)))


def test_a_subclass_with_a_shared_layer(look, xy):
    watch = look(xy)
    model = Own()
    model.compile("adam", "mse")
    model.fit(*xy, epochs=1, verbose=0, callbacks=[watch])
    assert [one.kind for one in watch.inside.layers] == ["Dense", "Dense"]
    assert np.isfinite(watch.inside.gradient).all() and np.isfinite(watch.inside.dead[0, 0])
    assert watch.inside.heads[0].loss == "mean_squared_error"


def test_a_loss_that_cannot_be_taken_leaves_the_rest(look, made, xy):
    watch = look((xy[0], {"nothing": xy[1]}))
    made(layers.Dense(5, "relu"), 1).fit(*xy, epochs=2, verbose=0, callbacks=[watch])
    assert np.isnan(watch.inside.gradient).all() and np.isfinite(watch.inside.arriving).all()
    assert watch.inside.waiting[0].startswith("gradients: the loss can't be taken on the sample (")


def test_inputs_and_outputs_by_name(look, xy):
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    both = layers.Dense(4, "relu")(layers.concatenate([first, second]))
    outputs = {"kind": layers.Dense(1, "sigmoid", name="kind")(both), "size": layers.Dense(1, name="size")(both)}
    model = keras.Model([first, second], outputs)
    model.compile("adam", {"kind": "binary_crossentropy", "size": keras.losses.Huber()})
    x = {"first": xy[0], "second": xy[0]}
    y = {"kind": (xy[1] > 0).astype("float32"), "size": xy[1]}
    watch = look((x, y))
    model.fit(x, y, epochs=1, verbose=0, callbacks=[watch])
    heads = {one.name: one for one in watch.inside.heads}
    assert {name: (one.activation, one.loss, one.from_logits) for name, one in heads.items()} == {
        "kind": ("sigmoid", "binary_crossentropy", False),
        "size": ("linear", "huber", None),
    }
    assert heads["kind"].high == 1 and heads["size"].low == pytest.approx(float(xy[1].min()))
    assert [one.output for one in watch.inside.layers] == [False, True, True]
    assert np.isfinite(watch.inside.gradient).all()


@pytest.mark.parametrize("body", ["lstm", "gru", "simple", "bidirectional", "embedding", "attention"])
def test_layers_of_many_kinds(look, made, body):
    x = np.random.default_rng(0).integers(0, 9, (32, 6)).astype("int32")
    y = np.zeros((32, 1), "float32")
    table = layers.Embedding(10, 8)
    bodies = {
        "lstm": [table, layers.LSTM(4)],
        "gru": [table, layers.GRU(4)],
        "simple": [table, layers.SimpleRNN(4)],
        "bidirectional": [table, layers.Bidirectional(layers.LSTM(4))],
        "embedding": [table, layers.Flatten()],
        "attention": [table, SelfAttention(), layers.GlobalAveragePooling1D()],
    }
    watch = look((x, y))
    made(*bodies[body], 1, shape=(6,)).fit(x, y, epochs=1, verbose=0, callbacks=[watch])
    inside = watch.inside
    kernels = np.array([one.parameters > 0 for one in inside.layers])
    assert np.isfinite(inside.gradient[0, kernels]).all() and np.isfinite(inside.update[0, kernels]).all()


class SelfAttention(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 4)

    def build(self, shape):
        self.attention.build(shape, shape)
        super().build(shape)

    def call(self, x):
        return self.attention(x, x)


HEADS = {
    "binary": ("sigmoid", "binary_crossentropy", ("sigmoid", "binary_crossentropy", False)),
    "short name": ("linear", "mse", ("linear", "mean_squared_error", None)),
    "function": ("linear", keras.losses.mean_squared_error, ("linear", "mean_squared_error", None)),
    "logits": ("linear", keras.losses.BinaryCrossentropy(from_logits=True), ("linear", "binary_crossentropy", True)),
    "one's own": ("linear", lambda y, p: keras.ops.mean((y - p) ** 2), ("linear", None, None)),
}


@pytest.mark.parametrize("name", HEADS)
def test_what_the_configuration_says(look, made, xy, name):
    activation, loss, expected = HEADS[name]
    watch = look()
    made(layers.Dense(1, activation), loss=loss).fit(xy[0], xy[1] > 0, epochs=1, verbose=0, callbacks=[watch])
    (head,) = watch.inside.heads
    assert (head.activation, head.loss, head.from_logits) == expected and head.units == 1


def test_an_activation_layer_at_the_end(look, made, xy):
    watch = look()
    made(layers.Dense(3), layers.Softmax()).fit(xy[0], np.ones((64, 3)), epochs=1, verbose=0, callbacks=[watch])
    assert watch.inside.heads[0].activation == "softmax"
    assert [one.output for one in watch.inside.layers] == [True, True]


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (np.zeros((3, 4)), "expected sample as a tuple"),
        ((np.zeros((3, 4)), np.zeros(2)), "as many inputs as targets"),
        ((np.zeros((0, 4)), np.zeros(0)), "at least one"),
    ],
)
def test_a_sample_that_is_none(made, sample, words):
    from diagnose.inspection import Inspector

    with pytest.raises(UsageError, match=words):
        Inspector(made(1), sample)
