"""From a recipe to a trained predictor: what of the user's own arguments and callbacks takes part."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose.experiments.experiment import ExperimentParts  # noqa: E402
from diagnose.experiments.trial import recipe_of  # noqa: E402
from diagnose.recipes import training  # noqa: E402
from diagnose.recipes.compiled import adjusted  # noqa: E402

layers = keras.layers


def build(optimizer="sgd", metrics=("mae",)):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile(optimizer, "mse", metrics=list(metrics), run_eagerly=True)
    return model


def data():
    x = np.random.default_rng(0).normal(size=(30, 2)).astype("float32")
    return tuple((x[at], x[at].sum(axis=1)) for at in (slice(10), slice(10, 20), slice(20, None)))


def recipe(*callbacks, make=build, **arguments):
    return recipe_of(ExperimentParts(make, data(), {"epochs": 2, "callbacks": list(callbacks), **arguments}))


class Counting(keras.callbacks.Callback):
    """A user's callback that never forgets."""

    seen: list[int] = []

    def __init__(self):
        super().__init__()
        self.epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1
        self.seen.append(self.epochs)


def test_what_a_callback_remembers_does_not_pass_to_the_next_fit():
    Counting.seen = []
    mine = Counting()
    base = recipe(mine)
    training.together(training.train_once(base, seed) for seed in (1, 2))
    assert Counting.seen == [1, 2, 1, 2] and mine.epochs == 0


def test_a_callback_that_cannot_be_copied_is_used_as_it_is():
    mine = Counting()
    mine.lock = threading.Lock()
    training.train(recipe(mine), 1)
    assert mine.epochs == 2


def test_callbacks_that_write_are_left_out_and_others_take_part(tmp_path):
    class Mine(keras.callbacks.ModelCheckpoint):
        pass

    Counting.seen = []
    writers = [
        keras.callbacks.ModelCheckpoint(str(tmp_path / "a.keras")),
        Mine(str(tmp_path / "b.keras")),
        keras.callbacks.CSVLogger(str(tmp_path / "c.csv")),
        keras.callbacks.TensorBoard(str(tmp_path / "d")),
    ]
    training.train(recipe(*writers, Counting()), 1)
    assert list(tmp_path.iterdir()) == [] and Counting.seen == [1, 2]


def test_one_callback_need_not_stand_in_a_list():
    Counting.seen = []
    base = recipe()
    training.train(base.fitted(callbacks=Counting()), 1)
    assert Counting.seen == [1, 2]


def test_callbacks_that_an_edited_optimizer_cannot_bear_are_left_out():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)
    mine = [
        keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=1e9),
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.5),
        keras.callbacks.SwapEMAWeights(),
    ]
    base = recipe(*mine)
    training.train(base.recompiled(optimizer=lambda old: adjusted(old, learning_rate=schedule)), 1)
    rates = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(float(watch.model.optimizer.learning_rate))
    )
    training.fit(base.build(), base, callbacks=[watch], without=("ReduceLROnPlateau",))
    assert rates == [0.5, 0.5]


def test_the_users_average_of_weights_takes_part():
    with_ema = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    swap = keras.callbacks.SwapEMAWeights()

    def make():
        return build(keras.optimizers.SGD.from_config(with_ema.get_config()))

    # epochs of one step: the first step's average is the weights themselves, the second's is not
    one = training.train(recipe(swap, make=make), 1).histories[0]["val_loss"]
    other = training.train(recipe(make=make), 1).histories[0]["val_loss"]
    assert one[0] == pytest.approx(other[0]) and abs(one[1] - other[1]) > 1e-4


def test_a_trial_is_silent(capsys):
    training.train(recipe(verbose=1), 1)
    found = capsys.readouterr()
    assert found.out == ""


def test_a_history_is_lists_of_numbers_whatever_the_metric():
    def both(y, predicted):
        return keras.ops.stack([keras.ops.mean(y) * 0, keras.ops.mean(y) * 0 + 2])

    class Vector(keras.metrics.Metric):
        def update_state(self, y, predicted, sample_weight=None):
            pass

        def result(self):
            return keras.ops.convert_to_tensor([0.0, 2.0])

    found = training.train(recipe(make=lambda: build(metrics=[Vector(name="both")])), 1).histories[0]
    assert found["both"] == [1.0, 1.0] and found["val_both"] == [1.0, 1.0]
    broken = training.train(recipe(make=lambda: build(keras.optimizers.SGD(1e30)), epochs=3), 1).histories[0]
    assert len(broken["loss"]) == 3 and not np.isfinite(broken["loss"][-1])
    assert all(isinstance(one, float) for one in broken["loss"])


def test_seeds_of_members_are_their_own_and_fit_numpy():
    seeds = [training.member_seed(seed, at) for seed in (0, 1, 2, 20_240_101, 2**32 - 1) for at in range(10)]
    assert len(set(seeds)) == 50 and max(seeds) < 2**32
    assert training.member_seed(7, 0) == 7
    keras.utils.set_random_seed(training.member_seed(2**32 - 1, 9))


def test_rows_weigh_as_the_user_says_and_validation_too():
    (x, y), (held, wanted), test = data()
    none = np.zeros(10)
    parted = ExperimentParts(build, ((x, y + 100, none), (held, wanted, none), test), {"epochs": 2})
    one = training.train(recipe_of(parted), 1)
    assert one.histories[0]["loss"] == [0, 0] and one.histories[0]["val_loss"] == [0, 0]


def test_large_rows_are_predicted_in_small_batches(monkeypatch):
    base = recipe()
    model, seen = base.build(), []
    predict = model.predict
    monkeypatch.setattr(model, "predict", lambda x, **more: seen.append(more["batch_size"]) or predict(x, **more))
    training.predict(model, data()[0][0])
    monkeypatch.setattr(training, "BYTES", 24)  # three rows of two numbers of four bytes
    found = training.predict(model, data()[0][0])
    assert seen == [training.ROWS, 3] and found.shape == (10, 1)


def test_a_generator_is_read_once_and_its_rows_are_fitted():
    (x, y), held, test = data()

    def batches():
        for at in range(0, 10, 5):
            yield x[at : at + 5], y[at : at + 5]

    base = recipe_of(ExperimentParts(build, lambda: (batches(), held, test), {"epochs": 2}))
    assert base.data.train.stream is None and base.batch_size == 5
    assert len(training.train(base, 1).histories[0]["loss"]) == 2


def test_a_dataset_is_fitted_as_it_is_in_every_epoch():
    import tensorflow as tf

    (x, y), held, test = data()
    stream = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(10, seed=1).batch(5)
    base = recipe_of(ExperimentParts(build, (stream, held, test), {"epochs": 2, "batch_size": 3}))
    assert base.data.train.stream is stream and base.batch_size == 5
    assert len(training.train(base, 1).histories[0]["loss"]) == 2


def test_one_model_is_saved_so_that_it_loads_without_a_warning(tmp_path):
    one = training.train(recipe(make=lambda: build("adam")), 1)
    assert training.save(one, tmp_path, "mine") == tmp_path / "mine.keras"
    fresh = replace(one, members=[build("adam")])  # as after an edit's last step: its optimizer has never been used
    for predictor in (one, fresh):
        whole = keras.saving.load_model(training.save(predictor, tmp_path))
        x = data()[2][0]
        assert whole.predict(x, verbose=0) == pytest.approx(predictor.predict(x), abs=1e-6)
