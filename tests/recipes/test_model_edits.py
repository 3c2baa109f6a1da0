"""Techniques that edit the model, tried on real small models: they run, change what they are meant to, and nothing else."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, replace

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose import techniques  # noqa: E402
from diagnose.curves import Curves, Series  # noqa: E402
from diagnose.experiments import trial  # noqa: E402
from diagnose.experiments.experiment import ExperimentParts  # noqa: E402
from diagnose.experiments.facts import facts_of  # noqa: E402
from diagnose.recipes import CannotEdit, Facts, layers, roles, settings, stages, training  # noqa: E402
from diagnose.report import Finding  # noqa: E402
from diagnose.techniques import Case  # noqa: E402

L = keras.layers
ROWS, EPOCHS = 60, 2
SLUGS = (
    "activation weight-initialization capacity weight-regularization weight-constraint activity-regularization "
    "input-noise dropout transfer-learning layer-wise-pretraining"
).split()
RULES = {"capacity": "underfit-plateau", "activation": "vanishing-gradients"}  # the others: overfit


def compiled(model, loss="mse", **more):
    """Steps taken without tracing: a few of them are quicker so."""
    model.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=True, **more)
    return model


def dense():
    hidden = [L.Dense(8, "tanh", name="a"), L.Dense(6, "sigmoid", name="b")]
    model = keras.Sequential([keras.Input((4,)), *hidden, L.Dense(1, "sigmoid", name="o")])
    return compiled(model, "binary_crossentropy", metrics=["accuracy"])


def convolutional():
    parts = [
        L.Conv2D(3, 3, name="c"),
        L.ReLU(name="r"),
        L.Conv2D(4, 2, activation="tanh", name="d"),
        L.Flatten(name="f"),
    ]
    model = keras.Sequential([keras.Input((6, 6, 1)), *parts, L.Dense(3, name="o")])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(model, loss, metrics=["accuracy"])


def recurrent():
    inputs = keras.Input((3, 2))
    h = L.SimpleRNN(3, name="r")(L.Bidirectional(L.GRU(2, return_sequences=True), name="both")(inputs))
    return compiled(keras.Model(inputs, L.Dense(1, name="o")(L.Dense(4, "tanh", name="d")(h))), metrics=["mae"])


def rows(shape, target):
    """(train, validation, test) of a function that can be learnt."""
    x = np.random.default_rng(3).normal(size=(2 * ROWS, *shape)).astype("float32")
    y = np.asarray(target(x))
    return [(x[part], y[part]) for part in (slice(0, ROWS), slice(ROWS, ROWS + 30), slice(ROWS + 30, None))]


MODELS = {
    "dense": (dense, rows((4,), lambda x: (x[:, 0] > 0).astype("float32"))),
    "convolutional": (convolutional, rows((6, 6, 1), lambda x: x.sum((1, 2, 3)).astype(int) % 3)),
    "recurrent": (recurrent, rows((3, 2), lambda x: 5 * x.sum((1, 2)))),
}


@pytest.fixture(scope="module")
def experiments(tmp_path_factory):
    """Each model with its rows, and a saved one of the same kind to start from."""
    found = {}
    for name, (build, data) in MODELS.items():
        keras.utils.set_random_seed(99)
        path = tmp_path_factory.mktemp("pretrained") / f"{name}.keras"
        model = build()
        model.fit(*data[0], epochs=1, verbose=0)
        model.save(path)
        found[name] = ExperimentParts(build, data, {"epochs": EPOCHS, "batch_size": ROWS // 2}, str(path))
    return found


@pytest.fixture(scope="module")
def known(experiments):
    """The facts of each model."""
    recipes = {name: trial.recipe_of(one) for name, one in experiments.items()}
    return {name: facts_of(recipe, {"val_loss": [2.0, 1.0]}) for name, recipe in recipes.items()}


def tried(slug, facts, rule=None):
    return list(techniques.get(slug).settings(facts, rule or RULES.get(slug, "overfit")))


def edited(experiment, *steps, seed=1):
    """The built model of a recipe with these techniques."""
    keras.utils.set_random_seed(seed)
    return trial.edited(trial.recipe_of(experiment), steps).build()


def by_name(model):
    return {one.name: one for one in roles.walk(model) if not isinstance(one, L.InputLayer)}


def weights(model):
    return {name: one.get_weights() for name, one in by_name(model).items()}


def values(tensor):
    return keras.ops.convert_to_numpy(tensor)


def penalty(model):
    return sum(float(values(one)) for one in model.losses)


def same(one, other):
    return len(one) == len(other) and all(np.array_equal(*both) for both in zip(one, other, strict=True))


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("name", MODELS)
def test_every_technique_trains_every_kind_of_model(slug, name, experiments, known):
    recipe = trial.recipe_of(experiments[name])
    if slug == "weight-initialization" and name != "convolutional":
        with pytest.raises(CannotEdit, match="drawn for its activation already"):
            edited(experiments[name], (slug, {}))  # Glorot is Keras's own choice, and right for tanh
        return
    choices = tried(slug, known[name])
    for setting in choices if slug in ("capacity", "input-noise", "dropout") and name == "dense" else choices[:1]:
        trained = training.train(trial.edited(recipe, [(slug, setting)]), 1)
        predicted = trained.predict(recipe.data.test.x)
        assert predicted.shape == (30, 3 if name == "convolutional" else 1) and np.isfinite(predicted).all()
        assert [len(one["val_loss"]) for one in trained.histories] == [EPOCHS]


CHAINS = {
    "dense": [
        ("activation", {"to": "relu"}),
        ("dropout", {"rate": 0.5, "patience": 5}),
        ("weight-regularization", {"l2": 0.5}),
    ],
    "convolutional": [
        ("input-noise", {"stddev": 0.1}),
        ("capacity", {"width": 2.0}),
        ("weight-constraint", {"limit": 1.0}),
    ],
    "recurrent": [("transfer-learning", {"tuned": False}), ("activity-regularization", {"l1": 0.1})],
}


@pytest.mark.parametrize("name", MODELS)
def test_techniques_on_top_of_one_another_are_scored_by_predictions_and_repeatable(name, experiments):
    first = trial.run(experiments[name], CHAINS[name], 1)
    if name == "dense":
        again, other = (trial.run(experiments[name], CHAINS[name], seed) for seed in (1, 2))
        assert (
            first.verdict == again.verdict
            and first.choice == again.choice
            and first.run["columns"] == again.run["columns"]
        )
        assert first.verdict["loss"] != other.verdict["loss"]
    logged = first.run["columns"]["val_loss"][-1]
    if name != "convolutional":  # the penalty is in what Keras logs, and not in the score
        assert logged > first.choice["loss"] + 0.1


class Coded(keras.Model):
    """A subclass that nothing has built yet, made in another order than it is called in."""

    def __init__(self):
        super().__init__()
        self.out, self.first = L.Dense(1, activation="sigmoid", name="o"), L.Dense(4, "tanh", name="a")

    def call(self, x):
        return self.out(self.first(x))


@pytest.mark.parametrize(
    ("step", "names"),
    [
        (("activation", {"to": "relu"}), ["o", "a"]),  # in place: the order is that of the class
        (("dropout", {"rate": 0.5, "patience": 5}), ["a", "a_dropout", "o"]),
        (("capacity", {"layers": 1}), ["a", "a_deeper", "o"]),
    ],
)
def test_a_subclassed_model_is_built_by_its_data_and_edited(step, names):
    experiment = ExperimentParts(lambda: compiled(Coded(), "binary_crossentropy"), MODELS["dense"][1], {"epochs": 1})
    model = edited(experiment, step)
    assert [one.name for one in model.layers if not isinstance(one, L.InputLayer)] == names
    assert model.get_layer("o").activation.__name__ == "sigmoid"
    assert facts_of(trial.recipe_of(experiment), {}).output == "sigmoid"
    outcome = trial.run(experiment, [step], 1)
    assert np.isfinite(outcome.verdict["loss"])


def test_settings_follow_what_was_found():
    sigmoid, rectified = Facts(activations=("sigmoid", "tanh")), Facts(activations=("relu",))
    assert tried("activation", sigmoid)[0] == {"to": "relu"}
    assert tried("activation", rectified, "dead-units")[0] == {"to": "leaky_relu"}
    assert tried("activation", Facts(activations=("relu", "sigmoid")), "dead-units")[0] == {"to": "leaky_relu"}
    for facts, rule in ((sigmoid, "dead-units"), (Facts(activations=("linear",)), "vanishing-gradients")):
        with pytest.raises(CannotEdit, match="no hidden layer has a sigmoid"):
            tried("activation", facts, rule)
    assert tried("capacity", rectified) == [{"width": 2.0}, {"width": 4.0}, {"layers": 1}]
    assert tried("capacity", rectified, "overfit") == [{"width": 0.5}, {"width": 0.25}]
    assert tried("capacity", Facts()) == [{"layers": 1}]  # there is no hidden layer
    normalized = Facts(activations=("relu",), layers=("Dense", "BatchNormalization"), epochs=200)
    assert tried("dropout", normalized)[0] == {"rate": 0.5, "where": "output", "patience": 20}
    assert tried("dropout", replace(normalized, layers=("Dropout",)))[0]["where"] == "old"
    assert [one["l1"] for one in tried("activity-regularization", rectified)] == [1e-4, 1e-5, 1e-3]
    images = replace(rectified, layers=("Conv2D",), shape=(10, 10, 3))
    assert tried("activity-regularization", images)[0] == {"l1": 1e-6}  # on 100 positions
    assert tried("layer-wise-pretraining", replace(sigmoid, epochs=100)) == [{"epochs": 10}, {"epochs": 30}]
    few = replace(sigmoid, pretrained=True, rows=50)
    assert tried("transfer-learning", few)[0] == {"tuned": False}
    assert tried("transfer-learning", replace(few, rows=5000))[0] == {"tuned": True}


@pytest.mark.parametrize(
    ("slug", "facts", "reason"),
    [
        ("capacity", Facts(editable=False), "subclass"),
        ("capacity", Facts(), "no hidden layer that could be smaller"),
        ("dropout", Facts(), "no hidden layer"),
        ("dropout", Facts(activations=("relu",), editable=False), "subclass"),
        ("weight-constraint", Facts(), "no hidden layer"),
        ("activity-regularization", Facts(), "no hidden layer"),
        ("input-noise", Facts(scaled=False), "scale them first"),
        ("transfer-learning", Facts(), "no saved model"),
        ("layer-wise-pretraining", Facts(activations=("relu",)), "fewer than two hidden layers"),
        ("layer-wise-pretraining", Facts(activations=("relu", "relu"), editable=False), "subclass"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(slug, facts, reason):
    with pytest.raises(CannotEdit, match=reason) as told:
        tried(slug, facts, "overfit")
    assert "\n" not in str(told.value)


def test_indices_get_noise_between_the_layers_only():
    facts = Facts(activations=("tanh",), layers=("Embedding", "LSTM"))
    assert tried("input-noise", facts) == [{"stddev": 0.1, "between": True}]


def test_activation_changes_hidden_functions_and_draws_for_them(experiments):
    before, after = (edited(experiments["dense"], *steps) for steps in ([], [("activation", {"to": "relu"})]))
    functions = {name: one.activation.__name__ for name, one in by_name(after).items()}
    assert functions == {"a": "relu", "b": "relu", "o": "sigmoid"}
    assert {type(one.kernel_initializer).__name__ for one in layers.hidden(after)} == {"HeNormal"}
    old, new = weights(before), weights(after)
    assert same(old["o"], new["o"]) and not same(old["a"], new["a"])
    # He's deviation is sqrt(2 / inputs), Glorot's sqrt(2 / (inputs + units))
    big = compiled(keras.Sequential([keras.Input((200,)), L.Dense(600, "tanh", name="a"), L.Dense(1)]))
    kernel = settings.activated(big, "relu", ("tanh",)).get_layer("a").get_weights()[0]
    assert kernel.std() == pytest.approx((2 / 200) ** 0.5, rel=0.05)
    others = edited(experiments["dense"], ("activation", {"to": "relu"}), seed=2)
    assert not same(new["a"], weights(others)["a"])
    again = edited(experiments["dense"], ("activation", {"to": "relu"}))
    assert same(new["a"], weights(again)["a"])


def test_recurrent_layers_gates_and_outputs_keep_their_activation(experiments):
    model = edited(experiments["recurrent"], ("activation", {"to": "relu"}))
    found = {name: roles.function(one, []) for name, one in by_name(model).items()}
    assert found == {"both": "tanh", "r": "tanh", "d": "relu", "o": "linear"}
    inputs = keras.Input((4,))
    gate = L.Reshape((3,))(L.Dense(3, "sigmoid", name="gate")(inputs))
    h = L.Activation("tanh", name="gated")(L.BatchNormalization()(L.Dense(3, name="h")(inputs)))
    h = L.Activation("tanh", name="behind")(L.BatchNormalization()(L.Dense(3, name="p")(L.Multiply()([gate, h]))))
    head = L.Activation("sigmoid", name="end")(L.Dense(2, name="o")(h))
    new = settings.activated(compiled(keras.Model(inputs, head)), "relu", ("sigmoid", "tanh"))
    found = {name: one.activation.__name__ for name, one in by_name(new).items() if isinstance(one, L.Activation)}
    assert found == {"gated": "tanh", "behind": "relu", "end": "sigmoid"}
    assert new.get_layer("gate").activation.__name__ == "sigmoid"
    drawn = [name for name, one in by_name(new).items() if "HeNormal" in str(getattr(one, "kernel_initializer", ""))]
    assert drawn == ["p"]


def test_dead_rectifiers_get_a_slope(experiments):
    before, after = (
        edited(experiments["convolutional"], *steps) for steps in ([], [("activation", {"to": "leaky_relu"})])
    )
    assert after.get_layer("r").negative_slope == pytest.approx(0.2)
    assert after.get_layer("d").activation.__name__ == "leaky_relu"
    x = -np.ones((1, 4, 4, 3), "float32")
    assert np.allclose(values(before.get_layer("r")(x)), 0) and np.allclose(values(after.get_layer("r")(x)), -0.2)
    assert type(after.get_layer("c").kernel_initializer).__name__ == "HeNormal"


def test_first_weights_are_drawn_anew_only_where_they_do_not_fit():
    parts = [
        L.Dense(5, "relu", name="a"),
        L.Dense(5, "tanh", name="b"),
        L.Dense(5, name="c", kernel_initializer="zeros"),
    ]
    model = compiled(keras.Sequential([keras.Input((4,)), *parts, L.Dense(1, name="o", kernel_initializer="ones")]))
    old = weights(model)
    new = settings.initialized(model)
    kinds = {name: type(one.kernel_initializer).__name__ for name, one in by_name(new).items()}
    assert kinds == {"a": "HeNormal", "b": "GlorotUniform", "c": "GlorotUniform", "o": "GlorotUniform"}
    changed = {name for name, values in weights(new).items() if not same(values, old[name])}
    assert changed == {"a", "c", "o"}


def test_hidden_biases_begin_at_zero_and_the_outputs_own_stays():
    low = keras.initializers.Constant(-10.0)
    parts = [
        L.SimpleRNN(3, return_sequences=True, bias_initializer=low, name="r"),
        L.LSTM(3, name="l"),
        L.Dense(5, "tanh", bias_initializer=low, name="d"),
        L.Dense(1, bias_initializer=low, name="o"),
    ]
    new = settings.initialized(compiled(keras.Sequential([keras.Input((4, 2)), *parts])))
    biases = {"r": new.get_layer("r").cell.bias, "d": new.get_layer("d").bias, "o": new.get_layer("o").bias}
    assert {name: np.unique(values(one)).tolist() for name, one in biases.items()} == {"r": [0], "d": [0], "o": [-10]}
    assert sorted(np.unique(values(new.get_layer("l").cell.bias))) == [0, 1]  # the forget gate's ones


def test_the_penalty_is_on_every_trained_kernel_and_is_saved(experiments, tmp_path):
    parts = [
        L.Bidirectional(L.LSTM(2, return_sequences=True), name="both"),
        L.Dense(3, trainable=False, name="frozen"),
        L.SeparableConv1D(2, 2, name="s", pointwise_regularizer="l1"),
        L.Flatten(),
        L.Dense(1, name="o"),
    ]
    model = compiled(keras.Sequential([keras.Input((4, 3)), *parts]))
    old = weights(model)
    new = settings.regularized(model, lambda: keras.regularizers.L2(0.5))
    forward, backward = new.get_layer("both").forward_layer.cell, new.get_layer("both").backward_layer.cell
    separable, output = new.get_layer("s"), new.get_layer("o")
    kernels = [forward.kernel, backward.kernel, separable.depthwise_kernel, separable.pointwise_kernel, output.kernel]
    expected = 0.5 * sum(float(np.square(values(one)).sum()) for one in kernels)
    assert penalty(new) == pytest.approx(expected, rel=1e-5)
    assert all(same(values, old[name]) for name, values in weights(new).items())
    new.save(tmp_path / "saved.keras")
    again = keras.saving.load_model(tmp_path / "saved.keras", compile=False)
    assert penalty(again) == pytest.approx(expected, rel=1e-5)


def test_l1_is_l1(experiments):
    model = edited(experiments["dense"], ("weight-regularization", {"l1": 0.25}))
    expected = 0.25 * sum(float(np.abs(one.get_weights()[0]).sum()) for one in model.layers)
    assert penalty(model) == pytest.approx(expected, rel=1e-5)


def test_weights_into_each_unit_keep_below_the_limit():
    parts = [
        L.Conv2D(3, 3, name="c"),
        L.Conv2DTranspose(5, 2, name="t"),
        L.DepthwiseConv2D(2, name="d"),
        L.Reshape((16, 5)),
        L.LSTM(3, name="l"),
    ]
    model = compiled(keras.Sequential([keras.Input((6, 6, 2)), *parts, L.Dense(1, name="o")]))
    for layer in model.layers:
        layer.set_weights([np.full(one.shape, 3.0) for one in layer.get_weights()])
    new = settings.constrained(model, lambda axes: keras.constraints.MaxNorm(0.5, axis=axes))
    new.fit(np.ones((4, 6, 6, 2)), np.ones(4), verbose=0)
    # height, width, then (inputs, units); a transposed kernel has the units before the inputs
    axes = {"c": (0, 1, 2), "t": (0, 1, 3), "d": (0, 1), "l": (0,)}
    for name, over in axes.items():
        layer = new.get_layer(name)
        lengths = np.sqrt(np.square(layer.get_weights()[0]).sum(axis=over))
        assert lengths.max() == pytest.approx(0.5, rel=1e-3), name
    assert np.abs(new.get_layer("o").get_weights()[0]).min() > 2.5  # the output layer is left alone


def test_activity_is_penalised_behind_the_activation_and_a_mean_over_the_rows():
    parts = [L.Dense(3, name="a"), L.BatchNormalization(), L.ReLU(name="r"), L.Dense(4, "tanh", name="b")]
    model = compiled(keras.Sequential([keras.Input((4,)), *parts, L.Dense(1, name="o")]))
    new = settings.sparse(model, lambda: keras.regularizers.L1(0.5))
    x = np.random.default_rng(1).normal(size=(10, 4)).astype("float32")
    given = keras.Model(new.inputs[0], [new.get_layer("r").output, new.get_layer("b").output])(x)
    expected = 0.5 * sum(float(np.abs(values(one)).sum()) for one in given) / len(x)
    new(x)
    assert penalty(new) == pytest.approx(expected, rel=1e-5)


def test_noise_is_for_training_alone(experiments):
    before, after = (edited(experiments["dense"], *steps) for steps in ([], [("input-noise", {"stddev": 0.5})]))
    x = np.ones((5, 4), "float32")
    calm, noised, moved = (values(one) for one in (before(x), after(x), after(x, training=True)))
    assert np.allclose(calm, noised) and not np.allclose(calm, moved)
    assert same(before.get_weights(), after.get_weights())
    between = edited(experiments["convolutional"], ("input-noise", {"stddev": 0.5, "between": True}))
    assert list(by_name(between)) == ["c", "r", "c_noise", "d", "d_noise", "f", "o"]


def test_dropout_goes_behind_hidden_layers_or_only_in_front_of_the_output(experiments):
    model = edited(experiments["convolutional"], ("dropout", {"rate": 0.5, "patience": 5}))
    assert list(by_name(model)) == ["c", "r", "c_dropout", "d", "d_dropout", "f", "o"]
    spatial = model.get_layer("c_dropout")
    assert (type(spatial).__name__, spatial.rate) == ("SpatialDropout2D", 0.2)
    ahead = edited(experiments["dense"], ("dropout", {"rate": 0.5, "where": "output", "patience": 5}))
    assert list(by_name(ahead)) == ["a", "b", "o_dropout", "o"]
    recipe = trial.edited(trial.recipe_of(experiments["dense"]), [("dropout", {"rate": 0.5, "patience": 7})])
    stop = recipe.callbacks[0](recipe)
    assert (stop.patience, stop.restore_best_weights, stop.monitor) == (7, True, "val_loss")


def test_dropout_that_is_there_is_raised_in_place():
    drops = [L.Dense(3), L.Dropout(0.1, name="low"), L.Dense(3), L.Dropout(0.6, name="high")]
    model = compiled(keras.Sequential([keras.Input((4,)), *drops, L.Dense(1)]))
    new = settings.raised(model, 0.5)
    assert (new.get_layer("low").rate, new.get_layer("high").rate) == (0.5, 0.6)
    with pytest.raises(CannotEdit, match="no dropout of a rate below"):
        settings.raised(new, 0.5)


def begun(recipe, seed=1):
    keras.utils.set_random_seed(seed)
    return training.started(recipe)


def test_transferred_layers_are_frozen_and_the_head_is_new(experiments):
    experiment = experiments["dense"]
    saved = keras.saving.load_model(experiment.pretrained)
    recipe = trial.edited(trial.recipe_of(experiment), [("transfer-learning", {"tuned": False})])
    model = begun(recipe)
    known, start = weights(saved), weights(model)
    assert same(known["a"], start["a"]) and same(known["b"], start["b"]) and not same(known["o"], start["o"])
    assert [one.trainable for one in model.layers] == [False, False, True]
    training.fit(model, recipe)
    assert same(known["a"], weights(model)["a"]) and not same(start["o"], weights(model)["o"])


def test_fine_tuning_goes_on_with_all_layers_at_a_tenth_of_the_rate(experiments):
    recipe = trial.edited(trial.recipe_of(experiments["dense"]), [("transfer-learning", {"tuned": True})])
    model = begun(recipe)
    assert all(one.trainable for one in model.layers)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    saved = weights(keras.saving.load_model(experiments["dense"].pretrained))
    assert same(saved["a"], weights(model)["a"])
    training.fit(model, recipe)
    assert not same(saved["a"], weights(model)["a"])


def test_saved_layers_are_found_by_name_or_in_order(experiments, tmp_path):
    experiment = experiments["dense"]

    def start(*parts):
        path = tmp_path / "other.keras"
        keras.Sequential([keras.Input((4,)), *parts]).save(path)
        recipe = trial.recipe_of(replace(experiment, pretrained=str(path)))
        model = begun(trial.edited(recipe, [("transfer-learning", {"tuned": False})]))
        return [one.name for one in model.layers if not one.trainable]

    assert start(L.Dense(8), L.Dense(6), L.Dense(9)) == ["a", "b"]
    assert start(L.Dense(8), L.Dense(7)) == ["a"]
    assert start(L.Dense(4), L.Dense(8, name="a"), L.Dense(6)) == ["a"]  # its place is another
    with pytest.raises(CannotEdit, match=r"no layer of .*other.keras has the type and shapes of one here"):
        start(L.Dense(9))
    for path, reason in ((tmp_path / "none.keras", "found no file"), (tmp_path / "bad.keras", "can't be loaded")):
        if reason != "found no file":
            path.write_text("nothing")
        with pytest.raises(CannotEdit, match=reason):
            stages.loaded(str(path))


def test_layers_are_trained_one_by_one_and_then_all(experiments, monkeypatch):
    seen = []

    def spied(model, recipe, **more):
        trained = [one.name for one in model.layers if one.trainable and one.weights]
        before = weights(model)
        history = training.fit(model, recipe, **more)
        changed = [name for name, values in weights(model).items() if not same(values, before[name])]
        seen.append((trained, changed, more, len(history["loss"])))
        return history

    monkeypatch.setattr(stages, "fit", spied)
    recipe = trial.edited(trial.recipe_of(experiments["dense"]), [("layer-wise-pretraining", {"epochs": 3})])
    recipe = recipe.watched(lambda _: keras.callbacks.EarlyStopping(patience=0))
    model = begun(recipe)
    assert [one[0] for one in seen] == [["a", "o"], ["b", "o"]]  # the newest under an output of its own
    assert [one[1] for one in seen] == [["a", "o"], ["b", "o"]]
    assert [one[3] for one in seen] == [3, 3]  # the callbacks are for the training itself
    assert all(one.trainable for one in model.layers) and model.optimizer.iterations == 0
    fresh = weights(begun(trial.recipe_of(experiments["dense"])))
    assert same(fresh["o"], weights(model)["o"]) and not same(fresh["b"], weights(model)["b"])


def test_what_is_no_stack_is_not_trained_layer_by_layer():
    inputs = keras.Input((4,))
    shared = L.Dense(4, "relu")
    twice = keras.Model(inputs, L.Dense(1)(L.Dense(3)(shared(shared(inputs)))))
    two = keras.Model(inputs, [L.Dense(1)(L.Dense(3)(L.Dense(3)(inputs)))] * 2)
    picture = keras.Input((4, 4, 1))
    smaller = L.Conv2D(1, 1)(L.Conv2D(2, 3)(L.Conv2D(2, 2)(picture)))
    recipe = trial.recipe_of(ExperimentParts(dense, MODELS["dense"][1], {"epochs": 1}))
    for model, reason in (
        (twice, "called several times"),
        (two, "one output"),
        (keras.Model(picture, smaller), "can't be made of each hidden layer"),
    ):
        with pytest.raises(CannotEdit, match=reason):
            stages.layer_by_layer(compiled(model), recipe, 1)


def case(slug, setting):
    """An overfit run of two epochs whose winner has this setting."""
    epochs, values = np.arange(1, EPOCHS + 1), np.linspace(0.9, 0.5, EPOCHS)
    curves = [
        Series(key, split, "loss", "min", epochs, values)
        for split, key in (("train", "loss"), ("validation", "val_loss"))
    ]
    finding = Finding(RULES.get(slug, "overfit"), "generalization", 0.9, "val_loss", (1, 2), 0.1, {}, (), "")
    rates = np.full(EPOCHS, 0.01)
    return Case(
        finding, Curves(tuple(curves), EPOCHS, learning_rate=rates), "val_loss", "min", EPOCHS, 1, 0.01, setting
    )


def told(model):
    """What there is to know of each layer but its name, its seed and how it was built."""
    out = []
    for layer in by_name(model).values():
        config = {key: value for key, value in layer.get_config().items() if key not in ("name", "seed")}
        out.append((type(layer).__name__, re.sub(r"[\d.e-]+", lambda one: rounded(one.group()), str(config))))
    return out


def rounded(text):
    """A number as it was written, before it was a float32."""
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text


CODES = [
    ("activation", {"to": "relu"}),
    ("activation", {"to": "elu"}),
    ("capacity", {"width": 4.0}),
    ("capacity", {"width": 0.5}),
    ("capacity", {"layers": 1}),
    ("weight-regularization", {"l2": 1e-4}),
    ("weight-regularization", {"l1": 1e-3}),
    ("weight-constraint", {"limit": 4.0}),
    ("activity-regularization", {"l1": 2e-5}),
    ("input-noise", {"stddev": 0.3}),
    ("input-noise", {"stddev": 0.1, "between": True}),
    ("dropout", {"rate": 0.2, "where": "each", "patience": 6}),
    ("dropout", {"rate": 0.5, "where": "output", "patience": 6}),
    ("transfer-learning", {"tuned": True}),
    ("layer-wise-pretraining", {"epochs": 3}),
]


@pytest.mark.parametrize(("slug", "setting"), CODES, ids=str)
def test_the_winners_code_makes_the_winners_model(slug, setting, experiments):
    experiment = experiments["dense"]
    (x, y), (x_val, y_val), _ = experiment.data
    space = {"build_model": dense, "x_train": x, "y_train": y, "x_val": x_val, "y_val": y_val}
    space["fit_arguments"] = {"epochs": 2}
    space["pretrained"] = experiment.pretrained
    code = techniques.get(slug).advise(case(slug, setting)).code
    exec(compile(code, slug, "exec"), space)
    recipe = trial.edited(trial.recipe_of(experiment), [(slug, setting)])
    made = space["new" if slug == "transfer-learning" else "full" if slug == "layer-wise-pretraining" else "model"]
    assert told(made) == told(begun(recipe))
    assert asdict(facts_of(recipe, {}))["optimizer"] == "adam"
