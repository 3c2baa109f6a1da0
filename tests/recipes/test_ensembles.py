"""Techniques of prediction on real, tiny trainings: what they combine, what they leave alone, what they write down."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose.experiments.experiment import ExperimentParts  # noqa: E402
from diagnose.experiments.trial import edited, recipe_of, run  # noqa: E402
from diagnose.recipes import CannotEdit, Recipe, blending, ensembles, members, saving, training  # noqa: E402
from diagnose.recipes.data import Part  # noqa: E402

ROWS, EPOCHS = 60, 3
layers = keras.layers
LOGITS = {
    "classes": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "binary": keras.losses.BinaryCrossentropy(from_logits=True),
}


def compiled(model, loss, *metrics, rate=0.03):
    model.compile(
        keras.optimizers.SGD(rate, momentum=0.5), loss, metrics=list(metrics), run_eagerly=True
    )  # tracing takes longer
    return model


def dense():
    """Three classes, probabilities; batch normalization and dropout, which tell training from inference."""
    hidden = [layers.Dense(6, "relu", name="hidden"), layers.BatchNormalization(), layers.Dropout(0.1)]
    model = keras.Sequential([keras.Input((4,)), *hidden, layers.Dense(3, "softmax", name="answer")], name="mine")
    return compiled(model, "sparse_categorical_crossentropy", "accuracy")


def convolutional():
    """Yes or no, as a logit; a functional model with a nested one that is used twice."""
    inputs = keras.Input((6, 6, 1))
    seen = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3, activation="relu"), layers.Flatten()])
    both = layers.concatenate([seen(inputs), seen(layers.Rescaling(-1.0)(inputs))])
    return compiled(keras.Model(inputs, layers.Dense(1)(both)), LOGITS["binary"], "accuracy")


def recurrent():
    """A quantity in hundreds."""
    model = keras.Sequential([keras.Input((5, 2)), layers.SimpleRNN(3), layers.Dense(1)])
    return compiled(model, "mae", "mse", rate=1.0)


def rows_of(shape, seed=0):
    return np.random.default_rng(seed).normal(size=(ROWS, *shape)).astype("float32")


def parts(x, y):
    return tuple((x[at], y[at]) for at in (slice(30), slice(30, 50), slice(50, None)))


def data_of(kind):
    shape = {"dense": (4,), "convolutional": (6, 6, 1), "recurrent": (5, 2)}[kind]
    x = rows_of(shape)
    total = x.reshape(ROWS, -1)[:, :4].sum(axis=1)
    y = {"dense": np.digitize(total, (-1, 1)), "convolutional": (total > 0).astype(int), "recurrent": 300 + 100 * total}
    return parts(x, y[kind])


BUILD = {"dense": dense, "convolutional": convolutional, "recurrent": recurrent}
STEPS = [
    ("model-averaging", {"members": 2}),
    ("resampling-ensemble", {"how": "bootstrap", "members": 2}),
    ("resampling-ensemble", {"how": "folds", "members": 2}),
    ("resampling-ensemble", {"how": "splits", "members": 2}),
    ("horizontal-ensemble", {"last": 2}),
    ("snapshot-ensemble", {"cycles": 3, "learning_rate": 0.03}),
    ("weighted-average-ensemble", {"members": 2}),
    ("stacking", {"members": 2}),
    ("weight-averaging", {"momentum": 0.9, "last": None}),
    ("weight-averaging", {"momentum": None, "last": 2}),
]
AT = {slug: at for at, (slug, _) in enumerate(STEPS)}
# every technique on every kind of model; the further settings of one on the first kind alone
RUNS = [(kind, at) for kind in ("dense", "convolutional", "recurrent") for at in AT.values()]
RUNS += [("dense", at) for at in range(len(STEPS)) if at not in AT.values()]


def experiment(kind, **arguments):
    return ExperimentParts(BUILD[kind], data_of(kind), {"epochs": EPOCHS, "batch_size": 15, **arguments})


@cache
def recipe(kind):
    return recipe_of(experiment(kind))


@cache
def trained(kind, at):
    return training.train(edited(recipe(kind), [STEPS[at]]), 1)


@pytest.mark.parametrize(("kind", "at"), RUNS, ids=[f"{kind}-{STEPS[at][0]}-{at}" for kind, at in RUNS])
def test_it_runs_and_what_is_saved_is_one_model(kind, at, tmp_path):
    found = run(experiment(kind), [STEPS[at]], 1, save=str(tmp_path / "winner"))
    assert np.isfinite([*found.verdict.values(), *found.choice.values()]).all()
    assert found.model == str(tmp_path / "winner.keras")
    whole = keras.saving.load_model(found.model)
    again = whole.evaluate(*data_of(kind)[2], verbose=0, return_dict=True)
    assert again == pytest.approx(found.verdict, rel=1e-3, abs=1e-5)  # the user's own loss and metrics


@pytest.mark.parametrize("slug", ["model-averaging", "snapshot-ensemble", "stacking"])
def test_the_same_seed_gives_the_same_and_another_seed_another(slug):
    x = data_of("dense")[2][0]
    first = trained("dense", AT[slug]).predict(x)
    again = training.train(edited(recipe("dense"), [STEPS[AT[slug]]]), 1).predict(x)
    assert np.array_equal(first, again)
    assert np.abs(first - training.train(edited(recipe("dense"), [STEPS[AT[slug]]]), 2).predict(x)).max() > 1e-3


@pytest.mark.parametrize("slug", ["model-averaging", "horizontal-ensemble", "snapshot-ensemble", "stacking"])
def test_members_differ(slug):
    each = trained("dense", AT[slug]).each(data_of("dense")[2][0])
    assert len(each) == next(iter(STEPS[AT[slug]][1].values()))
    for one, other in pairwise(each):
        assert np.abs(one - other).max() > 1e-4


def test_the_first_member_is_the_users_own_training():
    x = data_of("dense")[2][0]
    assert np.array_equal(training.train(recipe("dense"), 1).predict(x), trained("dense", 0).each(x)[0])


def test_the_mean_of_probabilities_and_of_quantities_is_the_mean():
    each = [trained("dense", 0).each(data_of("dense")[2][0]), trained("recurrent", 0).each(data_of("recurrent")[2][0])]
    for kind, ones in zip(("dense", "recurrent"), each, strict=True):
        assert trained(kind, 0).combined(ones) == pytest.approx(np.mean(ones, axis=0), rel=1e-5)


# Several inputs and outputs, and models that are a subclass.


def two_by_two():
    left, right = keras.Input((2,), name="left"), keras.Input((3,), name="right")
    shared = layers.Dense(4, "relu", name="shared")
    both = layers.concatenate([shared(layers.concatenate([left, right])), layers.Dropout(0.2)(right)])
    which = layers.Dense(3, name="which")(both)
    much = layers.Dense(1, name="much")(both)
    model = keras.Model({"left": left, "right": right}, [which, much])
    return compiled(model, {"which": LOGITS["classes"], "much": "mse"}, rate=0.01)


def two_by_two_data():
    x = {"left": rows_of((2,)), "right": rows_of((3,), 1)}
    y = {"which": np.arange(ROWS) % 3, "much": x["left"].sum(axis=1)}

    def cut(at):
        return {name: one[at] for name, one in x.items()}, {name: one[at] for name, one in y.items()}

    return cut(slice(30)), cut(slice(30, 50)), cut(slice(50, None))


@pytest.mark.parametrize(
    ("slug", "settings"),
    [("model-averaging", {"members": 2}), ("weighted-average-ensemble", {"members": 2}), ("stacking", {"members": 2})],
)
def test_a_model_with_two_inputs_and_two_outputs(slug, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(blending, "FOLDS", 2)  # the user's own loss takes its time
    parted = ExperimentParts(two_by_two, two_by_two_data(), {"epochs": 2, "batch_size": 15})
    one = training.train(edited(recipe_of(parted), [(slug, settings)]), 1)
    x = two_by_two_data()[2][0]
    which, much = one.predict(x)
    assert which.shape == (10, 3) and much.shape == (10, 1)
    whole = keras.saving.load_model(training.save(one, tmp_path))
    assert whole.output_names == ["which", "much"]
    for mine, its in zip((which, much), whole.predict(x, verbose=0), strict=True):
        assert mine == pytest.approx(its, abs=1e-5)
    found = whole.evaluate(*two_by_two_data()[2], verbose=0, return_dict=True)
    assert set(found) >= {"loss", "which_loss", "much_loss"} or set(found) == {"loss"}


OWN = """
import keras

@keras.saving.register_keras_serializable("own")
class Own(keras.Model):
    def __init__(self, units=3, **more):
        super().__init__(**more)
        self.units, self.hidden, self.last = units, keras.layers.Dense(4, "relu"), keras.layers.Dense(units, "softmax")

    def call(self, x, training=False):
        return self.last(self.hidden(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}
"""
ASK = """
import runpy, sys
import numpy as np
sys.path.insert(0, {own!r})
import own
x = np.load({x!r})
for name in {names!r}:
    sys.path.insert(0, str(name))
    answer = runpy.run_path(name + "/predict.py")["predict"](x)
    np.save(name + "/answer.npy", answer)
    sys.path.remove(name)
    sys.modules.pop("combining")
"""


def test_members_that_are_subclasses_get_a_folder_with_a_program_that_predicts(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    import own

    def build():
        return compiled(own.Own(), "sparse_categorical_crossentropy", "accuracy")

    parted = ExperimentParts(build, data_of("dense"), {"epochs": 2})
    x = data_of("dense")[2][0]
    np.save(tmp_path / "x.npy", x)
    base = recipe_of(parted)
    one = training.train(edited(base, [("model-averaging", {"members": 2})]), 1)
    held = base.data.validation
    fits = {"weighted": blending.weighted, "stacked": blending.stacked}
    several = {name: replace(one, combine=fit(one.members[0], one.each(held.x), held)) for name, fit in fits.items()}
    several |= {"mean": one, "epochs": training.train(edited(base, [("horizontal-ensemble", {"last": 2})]), 1)}
    predicted = {}
    for name, each in several.items():
        path = training.save(each, tmp_path, name)
        assert path.is_dir()
        predicted[str(path)] = each.predict(x)
    ask = ASK.format(own=str(tmp_path), x=str(tmp_path / "x.npy"), names=list(predicted))
    subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, cwd=tmp_path)
    for path, mine in predicted.items():
        assert np.load(f"{path}/answer.npy") == pytest.approx(mine, abs=1e-6)


def test_a_graph_whose_call_is_the_users_own_is_not_joined():
    class Doubled(keras.Model):
        def call(self, x, training=False):
            return 2 * super().call(x)

    def build():
        inputs = keras.Input((4,))
        return Doubled(inputs, layers.Dense(1)(inputs))

    assert saving.joined([build(), build()], members.mean(recurrent(), 2)) is None


def test_a_joined_model_answers_in_full_precision_whatever_the_policy():
    each = [compiled(keras.Sequential([keras.Input((2,)), layers.Dense(1)]), "mse") for _ in range(2)]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        whole = saving.joined(each, members.mean(each[0], 2))
    finally:
        keras.config.set_dtype_policy(before)
    x = rows_of((2,))
    assert whole.output.dtype == "float32"
    assert whole.predict(x, verbose=0) == pytest.approx(sum(one.predict(x, verbose=0) for one in each) / 2, abs=1e-6)


def test_saving_leaves_the_members_as_they_are(tmp_path):
    one = trained("dense", 0)
    training.save(one, tmp_path)
    assert [member.name for member in one.members] == ["mine", "mine"]
    assert all(member.compiled for member in one.members)


@pytest.mark.parametrize("slug", ["weighted-average-ensemble", "stacking"])
def test_scaled_targets_are_combined_on_their_own_scale(slug):
    x = rows_of((4,))
    data = parts(x, 300 + 100 * x.sum(axis=1))

    def build():
        return compiled(keras.Sequential([keras.Input((4,)), layers.Dense(1)]), "mse", rate=0.05)

    base = recipe_of(ExperimentParts(build, data, {"epochs": 4, "batch_size": 5}))
    one = training.train(edited(base, [("data-scaling", {"targets": True}), (slug, {"members": 2})]), 1)
    assert one.crossed.shape == (20, 1)
    for found, (_, wanted) in ((one.predict(data[2][0]), data[2]), (one.crossed, data[1])):
        assert np.mean((found[:, 0] - wanted) ** 2) < 0.2 * np.var(wanted)
    if slug == "stacking":
        assert 0.8 < np.sum(one.combine["outputs"][0]["trust"]) < 1.2


# Which rows, which epochs, which rates.


def watched(made):
    """The recipe, and what each of its fits was trained on."""
    seen: list[Recipe] = []

    def make(one):
        seen.append(one)
        return keras.callbacks.Callback()

    return made.watched(make), seen


def numbered(streamed=False):
    """A recipe whose first input is the row's number."""
    base = recipe("dense")
    train = base.data.train
    x = train.x.copy()
    x[:, 0] = np.arange(30) / 30
    return replace(base, data=base.data.only(train.with_x(x))).fitted(epochs=1)


@pytest.mark.parametrize("how", ["bootstrap", "folds", "splits"])
def test_members_are_trained_on_samples_of_the_training_rows_alone(how):
    base, seen = watched(numbered())
    made = edited(base, [("resampling-ensemble", {"how": how, "members": 3})])
    training.train(made, 1)
    drawn = [np.round(30 * one.data.train.x[:, 0]).astype(int) for one in seen]
    assert len({tuple(rows) for rows in drawn}) == 3
    for one, rows in zip(seen, drawn, strict=True):
        assert np.array_equal(one.data.train.y, base.data.train.y[rows])
        assert one.data.validation is base.data.validation and one.data.test is base.data.test
        assert len(rows) == {"bootstrap": 30, "folds": 20, "splits": 24}[how]
        assert how == "bootstrap" or (len(set(rows)) == len(rows) and set(one.data.train.y) == {0, 1, 2})
    if how == "folds":
        out = np.concatenate([np.setdiff1d(np.arange(30), rows) for rows in drawn])
        assert sorted(out) == list(range(30))
    if how == "bootstrap":
        assert all(len(set(rows)) < 30 for rows in drawn)


def test_a_dataset_is_left_for_its_rows_and_that_is_said():
    import tensorflow as tf

    (x, y), held, test = data_of("dense")
    stream = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(30, seed=1).batch(15)
    parted = ExperimentParts(dense, (stream, held, test), {"epochs": 1, "steps_per_epoch": 2})
    base, seen = watched(recipe_of(parted))
    made = edited(base, [("resampling-ensemble", {"how": "bootstrap", "members": 2})])
    training.train(made, 1)
    assert [one.data.train.stream for one in seen] == [None, None] and seen[0].batch_size == 15
    assert "steps_per_epoch" not in seen[0].arguments
    assert len(made.notes) == 1 and "one pass through the dataset" in made.notes[0]


class Record(keras.callbacks.Callback):
    """What the model was at the end of every epoch, and its rate at every step."""

    def __init__(self):
        super().__init__()
        self.weights, self.rates = [], []

    def __deepcopy__(self, memo):
        return self  # the test looks at this one

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())


def recorded(*more, kind="dense", **arguments):
    record = Record()
    return recipe_of(experiment(kind, callbacks=[record, *more], **arguments)), record


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_members_are_the_last_epochs():
    base, record = recorded(epochs=4)
    one = training.train(edited(base, [("horizontal-ensemble", {"last": 3})]), 1)
    found = [member.get_weights() for member in one.members]
    assert all(map(same, found, record.weights[-3:])) and len(found) == 3


def test_with_early_stopping_the_last_epoch_is_the_one_it_went_back_to():
    class Stop(keras.callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            return [5, 4, 3, 2, 9, 9, 9, 9][self.epochs_seen - 1]

        def on_epoch_end(self, epoch, logs=None):
            self.epochs_seen = epoch + 1
            super().on_epoch_end(epoch, logs)

    base, record = recorded(Stop("val_loss", patience=3, restore_best_weights=True), epochs=8, batch_size=30)
    one = training.train(edited(base, [("horizontal-ensemble", {"last": 2})]), 1)
    assert len(record.weights) == 7
    assert all(map(same, [member.get_weights() for member in one.members], record.weights[2:4]))
    base, record = recorded(Stop("val_loss", patience=3, restore_best_weights=True), epochs=8, batch_size=30)
    whole = training.train(edited(base, [("weight-averaging", {"last": 2})]), 1).members[0]
    mean = [np.mean(ones, axis=0) for ones in zip(*record.weights[2:4], strict=True)]
    assert whole.get_weights()[0] == pytest.approx(mean[0], abs=1e-6)


def test_snapshots_are_taken_at_the_troughs():
    stop = keras.callbacks.EarlyStopping("val_loss", patience=0)
    rates = keras.callbacks.ReduceLROnPlateau("val_loss", patience=0)
    base, record = recorded(stop, rates, epochs=7)
    one = training.train(edited(base, [("snapshot-ensemble", {"cycles": 3, "learning_rate": 0.5})]), 1)
    assert len(record.weights) == 6  # whole cycles of two epochs within the seven
    found = [member.get_weights() for member in one.members]
    assert all(map(same, found, [record.weights[at] for at in (1, 3, 5)]))
    # 30 rows in batches of 15: four updates a cycle, (1 + cos) / 2 of the highest; the rate shown is the next step's
    wanted = [0.5 * (1 + np.cos(np.pi * (at % 4) / 4)) / 2 for at in range(1, 13)]
    assert record.rates == pytest.approx(wanted, abs=1e-4)


def test_a_schedule_gives_the_height_of_the_restarts():
    warm = keras.optimizers.schedules.CosineDecay(0.001, 100, warmup_target=0.2, warmup_steps=6)
    found = ensembles._highest(keras.optimizers.SGD(warm), 12)
    assert found == pytest.approx(0.2, rel=1e-3)
    assert ensembles._highest(keras.optimizers.SGD(0.3), 12) == pytest.approx(0.3)


def test_what_the_optimizer_is_stays_under_the_restarts():
    whole = trained("dense", AT["snapshot-ensemble"]).members[0]
    assert type(whole.optimizer).__name__ == "SGD" and whole.optimizer.momentum == 0.5
    assert whole.loss == "sparse_categorical_crossentropy" and whole.name == "mine"
    assert [layer.name for layer in whole.layers][::3] == ["hidden", "answer"]


# One model with averaged weights.


def test_the_weights_are_the_mean_of_the_last_epochs_and_statistics_are_measured_anew():
    base, record = recorded(batch_size=30, epochs=4)
    one = training.train(edited(base, [("weight-averaging", {"last": 3})]), 1).members[0]
    names = [variable.path.split("/")[-1] for variable in one.weights]
    for at, (name, mine) in enumerate(zip(names, one.get_weights(), strict=True)):
        mean = np.mean([weights[at] for weights in record.weights[-3:]], axis=0)
        assert (np.abs(mine - mean).max() < 1e-6) == (not name.startswith("moving"))
    seen = keras.Model(one.inputs[0], one.get_layer("hidden").output).predict(base.data.train.x, verbose=0)
    normal = next(layer for layer in one.layers if isinstance(layer, layers.BatchNormalization))
    assert np.asarray(normal.moving_mean) == pytest.approx(seen.mean(axis=0), abs=1e-5)
    assert np.asarray(normal.moving_variance) == pytest.approx(seen.var(axis=0), abs=1e-4)
    assert normal.momentum == 0.99


def test_all_batches_count_alike_in_the_statistics_and_frozen_ones_stay():
    def build(frozen):
        normal = layers.BatchNormalization(trainable=not frozen)
        return keras.Sequential([keras.Input((4,)), normal]), normal

    part = Part(rows_of((4,)) * 3 + 7, np.zeros(ROWS))
    model, normal = build(frozen=False)
    ensembles.remeasure(model, part, 20, 1)
    assert np.asarray(normal.moving_mean) == pytest.approx(part.x.mean(axis=0), abs=1e-4)
    model, normal = build(frozen=True)
    ensembles.remeasure(model, part, 20, 1)
    assert np.array_equal(normal.moving_mean, np.zeros(4))


def test_the_moving_average_is_over_every_update():
    base, plain = recorded(kind="recurrent", batch_size=30, epochs=5)  # one update an epoch
    training.train(base, 1)
    base = recipe_of(experiment("recurrent", batch_size=30, epochs=5))
    one = training.train(edited(base, [("weight-averaging", {"momentum": 0.9})]), 1).members[0]
    wanted = plain.weights[0][0]
    for weights in plain.weights[1:]:
        wanted = 0.9 * wanted + 0.1 * weights[0]
    assert one.get_weights()[0] == pytest.approx(wanted, abs=1e-5)
    assert np.abs(plain.weights[-1][0] - wanted).max() > 1e-3


@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping_leaves_the_average_in_place(restore):
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2, mode="max", restore_best_weights=restore)
    base, record = recorded(stop, kind="recurrent", epochs=8)
    one = training.train(edited(base, [("weight-averaging", {"momentum": 0.9})]), 1)
    epochs = len(one.histories[0]["loss"])
    assert epochs == 3  # the loss falls from the first epoch on, and the most is asked for
    kept = record.weights[0 if restore else epochs - 1]  # recorded with the average in the model
    assert same(one.members[0].get_weights(), kept)


# What goes wrong, and what is put on top of one another.


def test_a_member_that_diverged_is_left_out_and_that_is_said():
    built = []

    def build():
        built.append(dense())
        if len(built) == 2:
            built[-1].layers[0].kernel.assign(np.full((4, 6), np.nan))
        return built[-1]

    base = replace(recipe("dense"), build=build)
    one = training.train(edited(base, [("model-averaging", {"members": 3})]), 1)
    assert len(one.members) == 2 and len(one.histories) == 3
    assert one.notes == ("1 of 3 members diverged and were left out.",)
    assert np.isfinite(one.predict(data_of("dense")[2][0])).all()


def test_models_that_share_what_they_train_are_refused():
    shared = layers.Dense(3, "softmax")

    def build():
        return compiled(
            keras.Sequential([keras.Input((4,)), layers.Dense(3), shared]), "sparse_categorical_crossentropy"
        )

    with pytest.raises(CannotEdit, match="share trained layers"):
        training.train(edited(replace(recipe("dense"), build=build).fitted(epochs=1), [STEPS[0]]), 1)
    shared.trainable = False
    assert (
        len(training.train(edited(replace(recipe("dense"), build=build).fitted(epochs=1), [STEPS[0]]), 1).members) == 2
    )


def test_several_runs_of_an_ensemble_of_epochs_answer_together():
    made = edited(recipe("dense"), [("horizontal-ensemble", {"last": 2}), ("model-averaging", {"members": 2})])
    one = training.train(made, 1)
    x = data_of("dense")[2][0]
    assert len(one.members) == 4
    assert one.predict(x) == pytest.approx(
        np.mean([member.predict(x, verbose=0) for member in one.members], axis=0), abs=1e-6
    )


@pytest.mark.parametrize("slug", ["horizontal-ensemble", "snapshot-ensemble", "weight-averaging"])
def test_the_epochs_of_an_ensemble_are_not_asked_for(slug):
    settings = {"snapshot-ensemble": {"cycles": 2}, "weight-averaging": {"last": 2}}.get(slug, {"last": 2})
    with pytest.raises(CannotEdit, match="one training"):
        edited(recipe("dense"), [STEPS[0], (slug, settings)])


def test_only_predictors_are_held_and_of_epochs_only_weights():
    assert all(not member.optimizer.built for member in trained("dense", 0).members)
    assert isinstance(trained("dense", AT["horizontal-ensemble"]).members, members.Snapshots)
    assert len({id(member) for member in trained("dense", AT["horizontal-ensemble"]).members}) == 1
