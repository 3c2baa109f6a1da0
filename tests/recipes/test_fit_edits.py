"""Techniques that change how a training goes: what each is meant to change is changed, and nothing else."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose import techniques  # noqa: E402
from diagnose.experiments import trial  # noqa: E402
from diagnose.experiments.experiment import ExperimentParts  # noqa: E402
from diagnose.experiments.facts import facts_of  # noqa: E402
from diagnose.recipes import CannotEdit, Facts, stopping, training  # noqa: E402
from diagnose.recipes.agreement import needed  # noqa: E402
from diagnose.recipes.compiled import fresh  # noqa: E402

LAYERS = keras.layers
RANDOM = np.random.default_rng(0)
SHAPES = {"dense": (3,), "convolutional": (8, 8, 1), "recurrent": (3, 2)}
ROWS = {kind: RANDOM.normal(size=(60, *shape)).astype("float32") for kind, shape in SHAPES.items()}
TARGETS = {kind: x.reshape(60, -1).sum(axis=1) for kind, x in ROWS.items()}
TASKS = {  # units, activation, loss, metric, targets of a sum
    "binary": (1, "sigmoid", "binary_crossentropy", "accuracy", lambda y: (y > 0).astype("float32")),
    "classes": (3, "softmax", "sparse_categorical_crossentropy", "accuracy", lambda y: np.digitize(y, [-1, 1])),
    "quantity": (1, None, "mse", "mae", lambda y: y),
}
FIT = {"epochs": 2, "batch_size": 20}


def inner(kind):
    if kind == "dense":
        return [LAYERS.Dense(4, activation="tanh", name="hidden")]
    if kind == "convolutional":
        return [LAYERS.Conv2D(2, 3, activation="relu", name="hidden"), LAYERS.Flatten(name="flat")]
    return [LAYERS.SimpleRNN(3, name="hidden")]


def builder(kind="dense", task="binary", optimizer="sgd", loss=None, activation="its own", units=None, metrics=None):
    width, function, its_loss, metric, _ = TASKS[task]

    def build_model():
        end = LAYERS.Dense(units or width, activation=function if activation == "its own" else activation, name="out")
        model = keras.Sequential([keras.Input(SHAPES[kind], name="x"), *inner(kind), end], name="my_model")
        given = fresh(optimizer) if not isinstance(optimizer, str) else optimizer
        model.compile(given, loss or its_loss, metrics=[metric] if metrics is None else metrics, run_eagerly=True)
        return model

    return build_model


def data(kind="dense", task="binary", targets=None):
    x, y = ROWS[kind], TASKS[task][4](TARGETS[kind]) if targets is None else targets
    return (x[:40], y[:40]), (x[40:50], y[40:50]), (x[50:], y[50:])


def experiment(kind="dense", task="binary", fit=FIT, targets=None, **more):
    return ExperimentParts(builder(kind, task, **more), data(kind, task, targets), fit)


def recipe(*steps, **more):
    return trial.edited(trial.recipe_of(experiment(**more)), steps)


def facts(**more):
    return facts_of(recipe(**more), {"loss": [1.0, 0.5], "val_loss": [1.0, 0.5]})


def settings(slug, rule="overfit", **more):
    return list(techniques.get(slug).settings(facts(**more), rule))


def config(model):
    return model.optimizer.get_config()


def same_but(before, after, *changed):
    """Layers, weights' shapes and the way of compiling are the same but for what is named."""
    assert [layer.get_config() for layer in before.layers] == [layer.get_config() for layer in after.layers]
    old, new = before.get_compile_config(), after.get_compile_config()
    assert {name for name in old if old[name] != new[name]} == set(changed)


TRIED = [
    ("learning-rate", {"learning_rate": 0.1}),
    ("learning-rate-schedule", {"kind": "plateau", "factor": 0.1, "patience": 1}),
    ("adaptive-optimizer", {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9}),
    ("batch-size", {"batch_size": 8}),
    ("more-epochs", {"times": 2}),
    ("gradient-clipping", {"clipnorm": 1.0}),
    ("early-stopping", {"patience": 1}),
    ("early-stopping", {"criterion": "PQ", "alpha": 0.5}),
]
OF_CLASSES = [("label-smoothing", {"label_smoothing": 0.1}), ("label-smoothing", {"temperature": True})]
OF_QUANTITIES = [
    ("loss-function", {"loss": "huber"}),
    ("early-stopping", {"criterion": "UP", "alpha": 2}),
    ("adaptive-optimizer", {"optimizer": "adam", "learning_rate": 0.001}),
]


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize(("task", "steps"), [("classes", [*TRIED, *OF_CLASSES]), ("quantity", OF_QUANTITIES)])
def test_it_runs_and_is_scored(kind, task, steps):
    for step in steps:
        outcome = trial.run(experiment(kind, task), [step], 1)
        assert set(outcome.verdict) == {"loss", TASKS[task][3]}, step
        assert all(math.isfinite(one) for one in [*outcome.verdict.values(), *outcome.choice.values()]), step


def test_the_same_seed_gives_the_same_result_and_another_one_another():
    steps = [("more-epochs", {"times": 2}), ("label-smoothing", {"label_smoothing": 0.1})]
    first, again, other = (trial.run(experiment(task="classes"), steps, seed) for seed in (1, 1, 2))
    assert first.verdict == again.verdict and first.verdict["loss"] != other.verdict["loss"]


# learning rate


def test_only_the_rate_changes():
    given = keras.optimizers.SGD(0.01, momentum=0.8, clipvalue=0.3)
    edited = recipe(("learning-rate", {"learning_rate": 0.3}), optimizer=given).build()
    assert config(edited) == {**given.get_config(), "learning_rate": pytest.approx(0.3)}
    same_but(builder(optimizer=given)(), edited, "optimizer")


@pytest.mark.parametrize(
    ("optimizer", "today", "rule", "rates"),
    [
        ("adam", 0.001, "underfit-flat", [0.01, 1e-4, 1e-5]),
        ("adam", 0.003, "oscillating", [3e-4, 9e-4, 3e-5]),
        ("adam", 1e-7, "slow-learning", [0.001, 1e-5, 1e-6]),
        ("sgd", 1e-6, "underfit-flat", [0.01, 1e-4, 1e-5]),
        ("sgd", 100.0, "diverging", [0.01, 1.0, 10.0]),
        ("adam", 1e-7, "oscillating", [1e-8, 3e-8, 1e-9]),  # the usual rate lies on the wrong side
    ],
)
def test_far_off_the_usual_rate_that_one_is_tried_first(optimizer, today, rule, rates):
    found = techniques.get("learning-rate").settings(Facts(optimizer=optimizer, learning_rate=today), rule)
    assert [one["learning_rate"] for one in found] == pytest.approx(rates)


def test_a_rate_that_a_schedule_sets_is_not_changed():
    ruled = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100))
    by_hand = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1)
    for more in ({"optimizer": ruled}, {"fit": {**FIT, "callbacks": [by_hand]}}):
        for slug in ("learning-rate", "learning-rate-schedule", "adaptive-optimizer"):
            with pytest.raises(CannotEdit, match="schedule"):
                settings(slug, **more)


def test_behind_a_loss_scale_it_is_the_inner_optimizer_that_changes():
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01), initial_scale=8.0)
    edited = recipe(("learning-rate", {"learning_rate": 0.3}), optimizer=scaled).build().optimizer
    assert float(edited.inner_optimizer.learning_rate) == pytest.approx(0.3) and edited.initial_scale == 8.0


# learning-rate schedule


def rates(*steps, epochs=4, **more):
    """The rate of every epoch."""
    edited = recipe(*steps, fit={"epochs": epochs}, **more)
    seen = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(float(logs["learning_rate"])))
    training.fit(edited.build(), edited, callbacks=[note])
    return seen


def test_one_over_t_halves_the_rate_after_the_epochs_it_says():
    falling = ("learning-rate-schedule", {"kind": "1/t", "halved_after": 2})
    expected = [0.4, 0.4 / 1.5, 0.4 / 2, 0.4 / 2.5]
    assert rates(falling, optimizer=keras.optimizers.SGD(0.4)) == pytest.approx(expected)


def test_a_schedule_begins_at_the_rate_that_another_technique_has_found():
    falling = ("learning-rate-schedule", {"kind": "1/t", "halved_after": 1})
    assert rates(("learning-rate", {"learning_rate": 0.2}), falling, epochs=2) == pytest.approx([0.2, 0.1])


def test_a_plateau_lowers_the_rate_by_its_factor():
    still = {"kind": "plateau", "factor": 0.1, "patience": 1}
    # a rate of 0 in the first place would not move; one of 1e-12 never improves the loss by Keras's 1e-4
    found = rates(("learning-rate-schedule", still), optimizer=keras.optimizers.SGD(1e-12))
    assert found[-1] == pytest.approx(found[0] / 100, rel=1e-3)


def test_a_schedule_is_not_put_on_top_of_the_users_own():
    own = {**FIT, "callbacks": [keras.callbacks.ReduceLROnPlateau()]}
    with pytest.raises(CannotEdit, match="ReduceLROnPlateau"):
        recipe(("learning-rate-schedule", {"kind": "1/t", "halved_after": 2}), fit=own)


# adaptive optimizer


def test_another_optimizer_keeps_clipping_and_weight_decay_but_not_the_rate():
    given = keras.optimizers.SGD(0.5, clipnorm=0.7, weight_decay=0.01, use_ema=True)
    edited = recipe(("adaptive-optimizer", {"optimizer": "adam", "learning_rate": 0.001}), optimizer=given).build()
    found = config(edited)
    assert isinstance(edited.optimizer, keras.optimizers.Adam) and found["learning_rate"] == pytest.approx(0.001)
    assert (found["clipnorm"], found["weight_decay"], found["use_ema"]) == (0.7, 0.01, True)


@pytest.mark.parametrize(
    ("optimizer", "kinds"),
    [
        (keras.optimizers.SGD(0.01), ["adam", "sgd"]),
        (keras.optimizers.SGD(0.01, momentum=0.9), ["adam"]),
        (keras.optimizers.RMSprop(0.001), ["adam", "sgd"]),
        (keras.optimizers.Adam(0.001), ["sgd"]),
        (keras.optimizers.AdamW(0.001), ["sgd"]),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_what_is_tried_is_not_what_is_there(optimizer, kinds):
    assert [one["optimizer"] for one in settings("adaptive-optimizer", optimizer=optimizer)] == kinds


# batch size


@pytest.mark.parametrize(
    ("rule", "rows", "today", "sizes"),
    [
        ("oscillating", 10_000, 32, [128, 512]),
        ("oscillating", 60, 32, [60]),  # the whole set
        ("slow-learning", 10_000, 128, [32, 8, 512]),
        ("slow-learning", 60, 512, [32, 8]),  # 512 was the whole set
    ],
)
def test_batches_go_the_way_that_the_finding_asks(rule, rows, today, sizes):
    found = techniques.get("batch-size").settings(Facts(rows=rows, batch_size=today), rule)
    assert [one["batch_size"] for one in found] == sizes


def test_there_may_be_no_larger_batch():
    with pytest.raises(CannotEdit, match="60"):
        techniques.get("batch-size").settings(Facts(rows=60, batch_size=60), "oscillating")


def test_steps_are_counted_anew():
    edited = recipe(("batch-size", {"batch_size": 8}), fit={"epochs": 1, "batch_size": 16, "steps_per_epoch": 2})
    assert (edited.batch_size, edited.arguments["steps_per_epoch"]) == (8, 4)


def test_a_model_of_one_batch_size_keeps_it():
    def build_model():
        model = keras.Sequential([keras.Input(batch_shape=(10, 3)), LAYERS.Dense(1)])
        model.compile("sgd", "mse")
        return model

    fixed = trial.recipe_of(ExperimentParts(build_model, data(), {}))
    with pytest.raises(CannotEdit, match="10"):
        techniques.get("batch-size").edit(fixed, batch_size=8)


# more epochs


def test_epochs_are_multiplied_and_the_best_weights_come_back():
    edited = recipe(("more-epochs", {"times": 4}), fit={"epochs": 5})
    (stop,) = [make(edited) for make in edited.callbacks]
    assert edited.epochs == 20 and stop.patience == 5 and stop.restore_best_weights


def test_a_schedule_is_drawn_out_with_the_epochs():
    warm = keras.optimizers.schedules.CosineDecay(0.0, 100, warmup_target=0.1, warmup_steps=10)
    steps = keras.optimizers.schedules.PiecewiseConstantDecay([20, 40], [0.1, 0.01, 0.001])
    for schedule, expected in ((warm, {"decay_steps": 200, "warmup_steps": 20}), (steps, {"boundaries": [40, 80]})):
        edited = recipe(("more-epochs", {"times": 2}), optimizer=keras.optimizers.Adam(schedule)).build()
        found = edited.optimizer._learning_rate.get_config()
        assert found == {**schedule.get_config(), **expected}


def test_epochs_that_would_not_be_used_are_not_asked_for():
    with pytest.raises(CannotEdit, match="epoch 7 of 50"):
        techniques.get("more-epochs").settings(Facts(epochs=50, ran=7), "underfit-unfinished")
    found = techniques.get("more-epochs").settings(Facts(epochs=50, ran=50), "slow-learning")
    assert [one["times"] for one in found] == [4, 2]


# gradient clipping


def test_one_limit_takes_the_place_of_another():
    given = keras.optimizers.Adam(0.01, clipvalue=9.0)
    found = config(recipe(("gradient-clipping", {"clipnorm": 1.0}), optimizer=given).build())
    assert found == {**given.get_config(), "clipnorm": 1.0, "clipvalue": None}


def test_clipped_gradients_are_not_clipped_again():
    with pytest.raises(CannotEdit, match="already"):
        settings("gradient-clipping", optimizer=keras.optimizers.SGD(clipnorm=1.0))


# early stopping


def test_gl_is_the_percentage_over_the_lowest():
    assert stopping.generalization_loss([2.0, 1.0, 1.5]) == pytest.approx(50.0)  # 100 (1.5 / 1.0 - 1)
    assert stopping.generalization_loss([2.0, 1.0]) == 0.0
    assert stopping.generalization_loss([-1.0, 2.0]) == 0.0  # a loss below zero has no percentage
    assert math.isnan(stopping.generalization_loss([1.0, math.nan]))


def test_progress_is_how_far_the_strips_mean_lies_over_its_lowest():
    # mean (1.0 + 0.9 + 0.8 + 0.7 + 0.6) / 5 = 0.8 over 0.6: 1000 (0.8 / 0.6 - 1)
    assert stopping.progress([9.0, 1.0, 0.9, 0.8, 0.7, 0.6]) == pytest.approx(1000 / 3)
    assert stopping.progress([0.5] * 5) == 0.0
    assert stopping.progress([-0.5] * 5) == math.inf


def first_stop(criterion, alpha, train, held):
    """The epoch (from 1) after which it stops, or None."""
    return next((n for n in range(1, len(held) + 1) if stopping.stops(criterion, alpha, train[:n], held[:n])), None)


def test_gl_stops_after_the_first_epoch_above_its_threshold():
    held = [1.0, 0.8, 0.82, 0.84, 0.85, 0.9]  # over 0.8 by 0, 2.5, 5, 6.25, 12.5 %
    assert [first_stop("GL", alpha, held, held) for alpha in (2, 5.1, 10, 20)] == [3, 5, 6, None]


def test_pq_waits_for_the_end_of_a_strip_and_for_progress_to_cease():
    train = [1.0, 0.9, 0.8, 0.7, 0.6] + [0.5] * 10
    held = [1.0, 0.5, 0.5, 0.5, 0.6, *[0.6] * 10]
    # epoch 5: GL 20, P 333.3: 0.06; epoch 10: no progress at all, so any GL is too much
    assert [first_stop("PQ", alpha, train, held) for alpha in (0.05, 0.5)] == [5, 10]
    assert first_stop("PQ", 0.5, train, [0.5] * 15) is None  # GL is 0


def test_up_stops_after_as_many_rising_strips_as_it_says():
    strips = [1.0, 0.9, 0.95, 0.96, 0.97, 0.5]  # the validation loss at the ends of strips of five
    held = [value for value in strips for _ in range(5)]
    assert [first_stop("UP", rises, held, held) for rises in (1, 2, 3, 4)] == [15, 20, 25, None]


@pytest.mark.parametrize("step", [{"patience": 2}, {"criterion": "GL", "alpha": 5.0}])
def test_the_best_weights_are_put_back(step):
    edited = recipe(("early-stopping", step), task="quantity", fit={"epochs": 30}, optimizer=keras.optimizers.SGD(0.35))
    model = edited.build()
    history = training.fit(model, edited)
    x, y = edited.data.validation.x, edited.data.validation.y
    assert len(history["val_loss"]) < 30  # the rate is too high to go on improving
    assert model.evaluate(x, y, verbose=0)[0] == pytest.approx(min(history["val_loss"]), rel=1e-5)


def test_a_criterion_may_be_used_for_several_fits():
    edited = recipe(fit={"epochs": 2})
    stop = stopping.Prechelt("GL", 5.0)
    for _ in range(2):
        training.fit(edited.build(), edited, callbacks=[stop])
        assert len(stop.held) == 2


def test_which_criterion_is_tried_depends_on_what_was_found():
    many = Facts(epochs=100)
    found = {rule: techniques.get("early-stopping").settings(many, rule) for rule in ("overfit", "high-variance")}
    assert [one.get("criterion") for one in found["overfit"]] == [None, "UP", "GL"]
    assert [one.get("criterion") for one in found["high-variance"]] == [None, "PQ", "GL"]
    assert found["overfit"][0] == {"patience": 10}
    assert techniques.get("early-stopping").settings(Facts(epochs=10), "overfit") == ({"patience": 5},)


def test_the_users_own_early_stopping_is_left_alone():
    own = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    with pytest.raises(CannotEdit, match="already"):
        recipe(("early-stopping", {"patience": 1}), fit={**FIT, "callbacks": [own]})
    forgetful = keras.callbacks.EarlyStopping(patience=3)
    assert recipe(("early-stopping", {"patience": 1}), fit={**FIT, "callbacks": forgetful}).callbacks


# label smoothing


def trained_loss(edited, y, predicted):
    return float(keras.ops.mean(keras.losses.get(edited.build().loss)(np.asarray(y), np.asarray(predicted, "float32"))))


def test_smoothed_labels_cost_what_the_formula_says():
    p = [[0.7, 0.2, 0.1]]
    plain = -math.log(0.7)
    smooth = -(0.9 + 0.1 / 3) * math.log(0.7) - 0.1 / 3 * (math.log(0.2) + math.log(0.1))
    step = ("label-smoothing", {"label_smoothing": 0.1})
    assert trained_loss(recipe(task="classes"), [0], p) == pytest.approx(plain, rel=1e-5)
    for labels in ([0], [[0]]):
        assert trained_loss(recipe(step, task="classes"), labels, p) == pytest.approx(smooth, rel=1e-5)
    hot = recipe(step, task="classes", loss="categorical_crossentropy", targets=np.eye(3)[np.arange(60) % 3])
    assert trained_loss(hot, [[1.0, 0.0, 0.0]], p) == pytest.approx(smooth, rel=1e-5)
    two = -0.95 * math.log(0.7) - 0.05 * math.log(0.3)
    assert trained_loss(recipe(step), [[1.0]], [[0.7]]) == pytest.approx(two, rel=1e-5)


def test_smoothing_keeps_from_logits_and_leaves_the_users_loss_on_what_predicts(tmp_path):
    given = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    edited = recipe(
        ("label-smoothing", {"label_smoothing": 0.1}), task="classes", loss=given, activation=None, metrics=["accuracy"]
    )
    assert trained_loss(edited, [0], [[2.0, 0.0, 0.0]]) == pytest.approx(
        math.log(math.e**2 + 2) - (0.9 + 0.1 / 3) * 2, rel=1e-5
    )
    made = training.train(edited, 1)
    assert made.members[0].loss is given
    path = training.save(made, tmp_path)
    again = keras.saving.load_model(path)  # nothing of this package is needed to read it
    assert again.loss.get_config() == given.get_config()


def test_smoothed_labels_are_not_smoothed_again_nor_those_of_ones_own_loss():
    step = ("label-smoothing", {"label_smoothing": 0.1})
    with pytest.raises(CannotEdit, match="already"):
        recipe(step, loss=keras.losses.BinaryCrossentropy(label_smoothing=0.2))
    with pytest.raises(CannotEdit, match="Keras"):
        recipe(step, loss=lambda y, p: keras.losses.binary_crossentropy(y, p))
    with pytest.raises(CannotEdit, match="cross-entropy"):
        settings("label-smoothing", task="quantity")


@pytest.mark.parametrize("task", ["binary", "classes"])
@pytest.mark.parametrize("logits", [False, True])
def test_a_temperature_takes_back_an_excess_of_confidence_and_no_answer(task, logits):
    """A calibrated model whose logits were multiplied by 4 gets a temperature of about 4."""
    from diagnose.recipes import outputs, smoothing
    from diagnose.recipes.data import Part

    kind = {"binary": keras.losses.BinaryCrossentropy, "classes": keras.losses.SparseCategoricalCrossentropy}[task]
    more = {"loss": kind(from_logits=True), "activation": None} if logits else {}
    model = recipe(task=task, **more).build()
    x = np.random.default_rng(1).normal(size=(4000, 3)).astype("float32")
    outputs.cooled(model, 0.3)  # surer than new weights are
    sure = training.predict(model, x)
    shares = (
        sure if not logits else np.asarray(keras.ops.sigmoid(sure) if task == "binary" else keras.ops.softmax(sure))
    )
    drawn = np.random.default_rng(2).random((4000, 1))
    y = (drawn < shares).astype(int) if task == "binary" else (drawn > np.cumsum(shares, axis=1)).sum(axis=1).clip(0, 2)
    outputs.cooled(model, 0.25)
    assert smoothing.temperature(model, Part(x, y)) == pytest.approx(4.0, rel=0.1)
    cool = smoothing.calibrated(model, Part(x, y))
    assert np.abs(training.predict(cool, x) - sure).max() < (0.3 if logits else 0.05)


# loss function

BINARY, CROSS, SPARSE = "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"
LABELS = {
    "0 and 1": np.arange(60) % 2,
    "0 to 2": np.arange(60) % 3,
    "one-hot": np.eye(3)[np.arange(60) % 3],
    "shares": np.full((60, 3), 1 / 3),
    "0 to 100": np.linspace(0, 100, 60),
    "-1 and 1": np.arange(60) % 2 * 2 - 1,
}


@pytest.mark.filterwarnings(
    "ignore:In loss categorical_crossentropy, expected"
)  # over one unit: it is what is put right
@pytest.mark.parametrize(
    ("units", "activation", "loss", "labels", "fix"),
    [
        (1, "softmax", BINARY, "0 and 1", {"activation": "sigmoid"}),
        (1, None, BINARY, "0 and 1", {"activation": "sigmoid"}),
        (1, "relu", BINARY, "0 and 1", {"activation": "sigmoid"}),
        (1, "sigmoid", keras.losses.BinaryCrossentropy(from_logits=True), "0 and 1", {"from_logits": False}),
        (1, "tanh", keras.losses.BinaryCrossentropy(from_logits=True), "0 and 1", {"activation": "linear"}),
        (1, "softmax", CROSS, "0 and 1", {"activation": "sigmoid", "loss": BINARY}),
        (1, "sigmoid", BINARY, "0 to 2", {"units": 3, "activation": "softmax", "loss": SPARSE}),
        (3, "sigmoid", SPARSE, "0 to 2", {"activation": "softmax"}),
        (3, None, SPARSE, "0 to 2", {"activation": "softmax"}),
        (3, "sigmoid", CROSS, "one-hot", {"activation": "softmax"}),
        (3, "softmax", BINARY, "one-hot", {"loss": CROSS}),
        (3, "softmax", "mse", "one-hot", {"loss": CROSS}),
        (3, "softmax", "mae", "shares", {"loss": CROSS}),
        (1, "sigmoid", "mse", "0 and 1", {"activation": "sigmoid", "loss": BINARY}),
        (1, "sigmoid", "mse", "0 to 100", {"activation": "linear"}),
        (1, "relu", "mae", "-1 and 1", {"activation": "linear"}),
        (1, "sigmoid", "hinge", "-1 and 1", {"activation": "tanh"}),
    ],
)
def test_what_does_not_agree_is_put_right_and_runs(units, activation, loss, labels, fix):
    more = {"units": units, "activation": activation, "loss": loss, "targets": LABELS[labels], "metrics": ["accuracy"]}
    assert settings("loss-function", "wrong-output", **more)[0] == fix
    edited = recipe(("loss-function", fix), **more).build()
    head = facts_of(recipe(("loss-function", fix), **more), {}).head
    assert head["activation"] == fix.get("activation", activation or "linear")
    assert [layer.name for layer in edited.layers] == ["hidden", "out"]
    assert needed(head) == {}
    outcome = trial.run(
        ExperimentParts(builder(**_built(more)), data(targets=LABELS[labels]), FIT), [("loss-function", fix)], 1
    )
    assert math.isfinite(outcome.verdict["accuracy"])
    assert (outcome.verdict["loss"] is None) == ("units" in fix)


def _built(more):
    return {name: value for name, value in more.items() if name != "targets"}


@pytest.mark.parametrize(
    ("units", "activation", "loss", "labels"),
    [
        (1, "sigmoid", BINARY, "0 and 1"),
        (3, "softmax", SPARSE, "0 to 2"),
        (3, "softmax", CROSS, "one-hot"),
        (3, "sigmoid", BINARY, "one-hot"),
        (1, None, keras.losses.BinaryCrossentropy(from_logits=True), "0 and 1"),
        (3, None, keras.losses.SparseCategoricalCrossentropy(from_logits=True), "0 to 2"),
    ],
)
def test_what_agrees_is_left_alone(units, activation, loss, labels):
    with pytest.raises(CannotEdit, match="agree"):
        settings("loss-function", units=units, activation=activation, loss=loss, targets=LABELS[labels])


@pytest.mark.parametrize(
    ("labels", "loss", "found"),
    [
        ("-1 and 1", BINARY, "from -1 to 1"),
        ("0 to 100", BINARY, "labels from 0 to"),
        ("0 and 1", lambda y, p: p, "your own"),
    ],
)
def test_what_only_the_user_can_put_right_is_said(labels, loss, found):
    with pytest.raises(CannotEdit, match=found):
        settings("loss-function", loss=loss, targets=LABELS[labels])


def test_one_unit_a_class_needs_a_metric_that_can_score_it():
    fix = {"units": 3, "activation": "softmax", "loss": SPARSE}
    for metrics in ([], [keras.metrics.BinaryAccuracy()]):
        with pytest.raises(CannotEdit, match="accuracy"):
            recipe(("loss-function", fix), targets=LABELS["0 to 2"], metrics=metrics)


@pytest.mark.parametrize("form", ["layer", "ReLU", "nested"])
def test_the_output_is_changed_wherever_it_is_made(form):
    def build_model():
        end = {
            "layer": [LAYERS.Dense(1, name="out"), LAYERS.Activation("tanh", name="end")],
            "ReLU": [LAYERS.Dense(1, name="out"), LAYERS.ReLU(name="end")],
            "nested": [keras.Sequential([keras.Input((4,)), LAYERS.Dense(1, "relu", name="end")], name="head")],
        }[form]
        model = keras.Sequential([keras.Input((3,)), LAYERS.Dense(4, name="hidden"), *end])
        model.compile("sgd", "binary_crossentropy")
        return model

    from diagnose.recipes import outputs

    before = build_model()
    kept = [one.copy() for one in before.get_weights()]
    after = outputs.exchanged(before, "sigmoid")
    assert outputs.end(after).name == "end" and outputs.end(after).activation is keras.activations.sigmoid
    assert all(np.array_equal(a, b) for a, b in zip(kept, after.get_weights(), strict=True))
    assert after.loss == "binary_crossentropy"


def test_the_output_of_a_subclass_is_changed_in_place():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = LAYERS.Dense(4), LAYERS.Dense(1)

        def call(self, x):
            return self.out(self.hidden(x))

    def build_model():
        model = Own()
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        return model

    own = ExperimentParts(build_model, data(), FIT)
    made = training.train(trial.edited(trial.recipe_of(own), [("loss-function", {"activation": "sigmoid"})]), 1)
    predicted = made.predict(ROWS["dense"])
    assert predicted.min() > 0 and predicted.max() < 1


def test_an_output_inside_another_layer_is_said_not_to_be_changed():
    from diagnose.recipes import outputs

    model = keras.Sequential([keras.Input((5, 2)), LAYERS.TimeDistributed(LAYERS.Dense(1))])
    model.compile("sgd", "binary_crossentropy")
    with pytest.raises(CannotEdit, match="inside another layer"):
        outputs.exchanged(model, "sigmoid")


def test_huber_bends_where_the_targets_spread_says():
    y = np.random.default_rng(3).normal(500, 100, 60)
    y[:3] = 1e6  # outliers do not move it
    edited = recipe(("loss-function", {"loss": "huber"}), task="quantity", targets=y).build()
    far = [float(edited.loss([[0.0]], [[error]])) for error in (1000.0, 2000.0)]  # delta (error - delta / 2)
    assert (far[1] - far[0]) / 1000 == pytest.approx(1.345 * 100, rel=0.25)
    found = settings("loss-function", task="quantity", targets=y)
    assert found == [{"loss": "huber"}, {"loss": "mean_absolute_error"}]
