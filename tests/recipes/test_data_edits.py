"""Techniques that change rows, targets or what stands in front of the model."""

from __future__ import annotations

import json
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
from diagnose.recipes import CannotEdit, Facts, scaling, training  # noqa: E402
from diagnose.recipes.data import Part  # noqa: E402
from diagnose.recipes.mixing import Mixed  # noqa: E402

LAYERS = keras.layers
RANDOM = np.random.default_rng(0)
SHAPES = {"dense": (3,), "convolutional": (8, 8, 1), "recurrent": (3, 2)}
# off the scale that a network likes: mean 500, deviation 100
ROWS = {kind: RANDOM.normal(500, 100, size=(60, *shape)).astype("float32") for kind, shape in SHAPES.items()}
SUMS = {kind: x.reshape(60, -1).sum(axis=1) for kind, x in ROWS.items()}
FIT = {"epochs": 2, "batch_size": 20}
SCALED = {"inputs": True, "targets": False}
BOTH = {"inputs": True, "targets": True}


class Own(keras.Model):
    """A subclass, which has no graph to be put together anew."""

    def __init__(self, units=1, activation=None):
        super().__init__()
        self.hidden, self.out = LAYERS.Dense(4, "tanh"), LAYERS.Dense(units, activation)

    def call(self, x):
        return self.out(self.hidden(x))


def model_of(kind, task, activation="its own"):
    inner = {
        "dense": [LAYERS.Dense(4, "tanh", name="hidden")],
        "convolutional": [LAYERS.Conv2D(2, 3, name="hidden"), LAYERS.Flatten(name="flat")],
        "recurrent": [LAYERS.SimpleRNN(3, name="hidden")],
    }
    units, function = (3, "softmax") if task == "classes" else (1, None)
    function = function if activation == "its own" else activation
    if kind == "subclass":
        return Own(units, function)
    out = LAYERS.Dense(units, function, name="out")
    return keras.Sequential([keras.Input(SHAPES[kind], name="x"), *inner[kind], out], name="my_model")


def experiment(kind="dense", task="classes", fit=FIT, x=None, y=None, make=None, stream=False, **more):
    def build_model():
        model = make() if make else model_of(kind, task, **more)
        loss, metric = ("sparse_categorical_crossentropy", "accuracy") if task == "classes" else ("mse", "mae")
        model.compile("sgd", loss, metrics=[metric], run_eagerly=True)
        return model

    shown = "dense" if kind == "subclass" else kind
    x = ROWS[shown] if x is None else x
    classes = np.digitize(SUMS[shown], np.quantile(SUMS[shown], [1 / 3, 2 / 3]))
    y = (classes if task == "classes" else SUMS[shown]) if y is None else y
    cut = [slice(0, 40), slice(40, 50), slice(50, 60)]
    parts = [(keras.tree.map_structure(lambda one, rows=rows: one[rows], x), y[rows]) for rows in cut]
    return ExperimentParts(build_model, (_stream(*parts[0]) if stream else parts[0], *parts[1:]), fit)


def _stream(x, y):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((x, y)).batch(8)


def recipe(*steps, **more):
    return trial.edited(trial.recipe_of(experiment(**more)), steps)


def settings(slug, rule="overfit", **more):
    return list(techniques.get(slug).settings(facts_of(recipe(**more), {"loss": [1.0]}), rule))


TRIED = [
    ("classes", ("data-scaling", SCALED)),
    ("quantity", ("data-scaling", BOTH)),
    ("quantity", ("resplit", {"share": 0.2})),
    ("classes", ("resplit", {"folds": 5})),
    ("classes", ("shuffling", {})),
]
BY_KIND = {
    "dense": [("classes", ("more-data", {"mixup": 0.2}))],
    "convolutional": [("classes", ("more-data", {"shift": 0.1, "turn": 0.05, "mirror": True}))],
    "recurrent": [],
    "subclass": [("classes", ("more-data", {"mixup": 0.2}))],
}


@pytest.mark.parametrize("kind", BY_KIND)
def test_it_runs_and_is_scored(kind):
    for task, step in [*TRIED, *BY_KIND[kind]]:
        outcome = trial.run(experiment(kind, task), [step], 1)
        assert all(math.isfinite(one) for one in [*outcome.verdict.values(), *outcome.choice.values()]), step
        # a scale that was not brought back would leave an error as large as the targets, some thousands
        assert step[1] != BOTH or outcome.verdict["mae"] < 3 * np.abs(SUMS.get(kind, SUMS["dense"])).std()


@pytest.mark.parametrize("step", [("resplit", {"share": 0.2}), ("more-data", {"mixup": 0.2})])
def test_the_same_seed_gives_the_same_result_and_another_one_another(step):
    first, again, other = (trial.run(experiment(), [step], seed) for seed in (1, 1, 2))
    assert first.verdict == again.verdict and first.verdict["loss"] != other.verdict["loss"]


# data scaling: inputs


def scaled_inputs(edited):
    """What the first layer behind the Normalization sees of the training rows."""
    model = edited.build()
    layer = next(one for one in model.layers if isinstance(one, LAYERS.Normalization))
    return np.asarray(layer(edited.data.train.x)), model


@pytest.mark.parametrize("kind", SHAPES)
def test_training_rows_get_mean_0_and_deviation_1(kind):
    seen, model = scaled_inputs(recipe(("data-scaling", SCALED), kind=kind))
    axes = tuple(range(seen.ndim - 1))
    assert seen.mean(axis=axes) == pytest.approx(0, abs=1e-3) and seen.std(axis=axes) == pytest.approx(1, abs=1e-3)
    before = model_of(kind, "classes")
    assert [layer.name for layer in model.layers if layer.name != "input_scaled"] == [
        layer.name for layer in before.layers
    ]
    assert model.name == "my_model" and model.loss == "sparse_categorical_crossentropy"


def test_weights_are_kept():
    kept = []

    def make():
        model = model_of("dense", "classes")
        kept[:] = [one.copy() for one in model.get_weights()]
        return model

    after = recipe(("data-scaling", SCALED), make=make).build().get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(kept, after, strict=True))


def test_columns_without_a_scale_stay_as_they_are():
    x = np.stack(
        [
            RANDOM.normal(500, 100, 60),
            np.arange(60) % 2,  # a mark
            np.full(60, 7.7),  # never changes: what comes later may differ, and must not explode
            np.zeros(60),
        ],
        axis=1,
    ).astype("float32")
    seen, model = scaled_inputs(recipe(("data-scaling", SCALED), x=x, make=lambda: _wide(4)))
    assert np.array_equal(seen[:, 1], x[:40, 1]) and np.abs(seen[:, 2:]).max() < 1e-5
    later = np.array([[500, 1, 8.7, 1]], "float32")
    assert np.abs(np.asarray(model.layers[0](later))).max() < 2


def _wide(columns):
    return keras.Sequential([keras.Input((columns,)), LAYERS.Dense(3, "softmax")])


def test_gaps_and_whole_numbers_are_measured_without_harm():
    x = (ROWS["dense"] // 1).astype("int64")
    seen, _ = scaled_inputs(recipe(("data-scaling", SCALED), x=x))
    assert np.abs(seen.mean(axis=0)).max() < 1e-3
    gaps = ROWS["dense"].copy()
    gaps[0, 0], gaps[1, 1] = np.nan, np.inf
    seen, _ = scaled_inputs(recipe(("data-scaling", SCALED), x=gaps))
    finite = seen[2:]
    assert np.isfinite(finite).all() and np.abs(finite.mean(axis=0)).max() < 0.1


def test_a_list_of_numbers_is_one_column():
    x = RANDOM.normal(500, 100, 60).astype("float32")
    seen, _ = scaled_inputs(recipe(("data-scaling", SCALED), x=x, make=lambda: _wide(1)))
    assert np.shape(seen)[-1] in (1, 40) and np.std(seen) == pytest.approx(1, abs=1e-3)


def _two_inputs(kind=list):
    number, index = keras.Input((2,), name="number"), keras.Input((4,), dtype="int32", name="index")
    joined = LAYERS.Concatenate()([number, LAYERS.Flatten()(LAYERS.Embedding(9, 2)(index))])
    inputs = {"number": number, "index": index} if kind is dict else [number, index]
    return keras.Model(inputs, LAYERS.Dense(3, "softmax")(joined))


@pytest.mark.parametrize("form", [list, dict, "names for a list"])
def test_of_several_inputs_indices_are_left_alone(form):
    numbers, indices = ROWS["dense"][:, :2], RANDOM.integers(0, 9, (60, 4))
    x = [numbers, indices] if form is list else {"index": indices, "number": numbers}
    edited = recipe(("data-scaling", SCALED), x=x, make=lambda: _two_inputs(form))
    scalers = [layer for layer in edited.build().layers if isinstance(layer, LAYERS.Normalization)]
    assert [layer.name for layer in scalers] == ["number_scaled"]
    made = training.train(edited, 1)
    assert made.predict(edited.data.test.x).shape == (10, 3)


def test_what_scales_its_inputs_itself_is_left_alone():
    def make():
        return keras.Sequential([keras.Input((3,)), LAYERS.Rescaling(1 / 255), LAYERS.Dense(3, "softmax")])

    with pytest.raises(CannotEdit, match="itself"):
        settings("data-scaling", make=make)
    assert settings("data-scaling", task="quantity", make=make)[0] == {"inputs": False, "targets": True}
    with pytest.raises(CannotEdit, match="scale"):
        recipe(("data-scaling", SCALED), make=make)


def test_what_is_on_the_scale_is_left_alone():
    on = (ROWS["dense"] - ROWS["dense"][:40].mean(axis=0)) / ROWS["dense"][:40].std(axis=0)
    with pytest.raises(CannotEdit, match="scale"):
        recipe(("data-scaling", SCALED), x=on)
    assert recipe(("data-scaling", BOTH), x=on, task="quantity").finish  # the targets are not


def test_indices_of_words_are_left_alone():
    def make():
        return keras.Sequential(
            [keras.Input((4,)), LAYERS.Embedding(9, 2), LAYERS.Flatten(), LAYERS.Dense(3, "softmax")]
        )

    words = RANDOM.integers(0, 9, (60, 4))
    with pytest.raises(CannotEdit, match="indices"):
        settings("data-scaling", x=words, make=make)
    assert settings("data-scaling", x=words, make=make, task="quantity")[0] == {"inputs": False, "targets": True}


def test_a_subclass_gets_scaled_rows_and_its_predictions_take_the_users():
    edited = recipe(("data-scaling", BOTH), kind="subclass", task="quantity")
    assert np.abs(edited.data.train.x.mean(axis=0)).max() < 1e-3 and edited.data.train.x.dtype == np.float32
    assert edited.data.test.x is not edited.data.train.x and edited.data.test.x.mean() > 400
    made = training.train(edited.fitted(epochs=10), 1)
    error = made.predict(edited.data.test.x)[:, 0] - edited.data.test.y
    assert np.abs(error).mean() < edited.data.test.y.std()  # without a scale brought back some 1500


# data scaling: targets


@pytest.mark.parametrize(
    ("activation", "low", "high"),
    [(None, -3.5, 3.5), ("sigmoid", 0.1, 0.9), ("tanh", -0.8, 0.8), ("softplus", 0.0, 30.0)],
)
def test_targets_are_inside_the_outputs_range_and_predictions_on_their_own_scale(activation, low, high):
    edited = recipe(("data-scaling", BOTH), task="quantity", activation=activation)
    for part in (edited.data.train, edited.data.validation):
        assert low - 0.15 <= part.y.min() and part.y.max() <= high + 0.15
    assert edited.data.train.y.min() >= low - 1e-6 and edited.data.train.y.max() <= high + 1e-6
    assert edited.data.test.y.mean() > 1000
    quick = edited.recompiled(optimizer=lambda _: keras.optimizers.Adam(0.2)).fitted(epochs=15)
    made = training.train(quick, 1)
    error = made.predict(edited.data.test.x)[:, 0] - edited.data.test.y
    assert np.abs(error).mean() < 3 * edited.data.test.y.std()  # without a scale brought back nine times


def test_several_quantities_have_a_scale_each():
    y = np.stack([SUMS["dense"], SUMS["dense"] / 1000], axis=1)
    factor, offset = scaling.span(y, "linear")
    assert factor == pytest.approx(y.std(axis=0)) and offset == pytest.approx(y.mean(axis=0))
    made = recipe(("data-scaling", BOTH), task="quantity", y=y, make=lambda: _units(2))
    assert training.train(made, 1).predict(made.data.test.x).mean(axis=0) == pytest.approx(y.mean(axis=0), rel=0.5)


def _units(units):
    return keras.Sequential([keras.Input((3,)), LAYERS.Dense(4, "tanh"), LAYERS.Dense(units)])


@pytest.mark.parametrize(
    ("function", "y", "reason"), [("softmax", [0.0, 5.0], "sum to 1"), ("relu", [-1.0, 5.0], "below 0")]
)
def test_targets_that_an_output_cannot_give_are_not_scaled(function, y, reason):
    with pytest.raises(CannotEdit, match=reason):
        scaling.span(np.array(y), function)


def test_labels_are_no_quantities():
    marks = np.arange(60) % 2
    assert settings("data-scaling", task="quantity", y=marks, activation="sigmoid")[0]["targets"] is False
    assert settings("data-scaling")[0] == SCALED


# shuffling


def test_rows_that_fit_shuffles_are_not_shuffled_again():
    with pytest.raises(CannotEdit, match="already"):
        settings("shuffling")
    assert settings("shuffling", fit={"shuffle": False}) == [{}]
    assert recipe(("shuffling", {}), fit={"shuffle": False}).arguments["shuffle"] is True


def labels_in_order(edited):
    return [np.concatenate([np.asarray(batch[1]) for batch in edited.data.train.stream]) for _ in range(2)]


def test_a_stream_stays_one_and_comes_in_another_order_in_every_epoch():
    y = np.arange(60)
    keras.utils.set_random_seed(1)
    assert settings("shuffling", stream=True) == [{}]
    edited = recipe(("shuffling", {}), stream=True, y=y)
    first, second = labels_in_order(edited)
    assert sorted(first) == sorted(second) == list(range(40)) and list(first) != list(second)
    assert list(first) != list(range(40)) and edited.batch_size == 8
    assert int(edited.data.train.stream.cardinality()) == 5


def test_a_stream_gets_other_batches():
    edited = recipe(("batch-size", {"batch_size": 20}), stream=True, fit={"epochs": 1, "steps_per_epoch": 5})
    assert [len(batch[1]) for batch in edited.data.train.stream] == [20, 20]
    assert edited.batch_size == 20 and edited.arguments["steps_per_epoch"] == 2
    training.train(edited, 1)


class Sequence(keras.utils.PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, at):
        rows = slice(at * 8, at * 8 + 8)
        return ROWS["dense"][rows], np.arange(60)[rows] % 3


@pytest.mark.parametrize(
    ("step", "size"),
    [(("batch-size", {"batch_size": 20}), 20), (("shuffling", {}), 8), (("resplit", {"share": 0.2}), 8)],
)
def test_a_stream_of_another_kind_is_read_into_memory(step, size):
    own = experiment()
    parts = (Sequence(), *own.data[1:])
    edited = trial.edited(trial.recipe_of(ExperimentParts(own.build_model, parts, {"epochs": 1})), [step])
    assert edited.data.train.stream is None and edited.batch_size == size
    assert any("memory" in one for one in edited.notes)
    training.train(edited, 1)


def test_what_keeps_a_state_keeps_its_order():
    def make():
        return keras.Sequential(
            [keras.Input(batch_shape=(10, 3, 2)), LAYERS.SimpleRNN(3, stateful=True), LAYERS.Dense(3, "softmax")]
        )

    for step in (("shuffling", {}), ("batch-size", {"batch_size": 5}), ("resplit", {"share": 0.2})):
        with pytest.raises(CannotEdit, match="state"):
            recipe(step, kind="recurrent", make=make)


# more data


def test_pictures_vary_in_training_alone():
    edited = recipe(("more-data", {"shift": 0.3, "turn": 0.2, "mirror": True}), kind="convolutional")
    model, x = edited.build(), edited.data.train.x
    front = model.get_layer("input_varied")
    assert np.array_equal(front(x, training=False), x)
    changed, again = np.asarray(front(x, training=True)), np.asarray(front(x, training=True))
    assert not np.array_equal(changed, x) and not np.array_equal(changed, again)
    assert [layer.name for layer in model.layers] == ["input_varied", "hidden", "flat", "out"]


def test_a_subclass_of_pictures_gets_the_layers_in_front():
    class Pictures(keras.Model):
        def __init__(self):
            super().__init__()
            self.flat, self.out = LAYERS.Flatten(), LAYERS.Dense(3, "softmax")

        def call(self, x):
            return self.out(self.flat(x))

    step = ("more-data", {"shift": 0.3})
    made = training.train(recipe(step, kind="convolutional", make=Pictures), 1)
    assert made.predict(ROWS["convolutional"]).shape == (60, 3)

    class Trained(Pictures):
        def train_step(self, data):
            return super().train_step(data)

    with pytest.raises(CannotEdit, match="train_step"):
        recipe(step, kind="convolutional", make=Trained).build()


@pytest.mark.parametrize(
    ("kind", "task", "found"),
    [
        ("dense", "classes", [{"mixup": 0.2}, {"mixup": 0.4}]),
        ("convolutional", "classes", [{"shift": 0.1, "turn": 0.05}, {"shift": 0.1, "turn": 0.05, "mirror": True}]),
        ("recurrent", "classes", "sequences"),
        ("dense", "quantity", "targets"),
        ("convolutional", "quantity", "targets"),
    ],
)
def test_new_examples_are_made_where_that_is_safe(kind, task, found):
    if isinstance(found, str):
        with pytest.raises(CannotEdit, match=found):
            settings("more-data", kind=kind, task=task)
    else:
        assert settings("more-data", kind=kind, task=task) == found


def test_mixed_rows_cost_what_mixed_labels_would():
    x, y = ROWS["dense"][:8], np.arange(8) % 3
    batch, labels, weight = Mixed(Part(x, y), 0.5, 8, 1, None)[0]
    shares = np.asarray(keras.ops.softmax(RANDOM.normal(size=(8, 3)).astype("float32")))
    both = np.concatenate([shares, shares])  # the same point predicts the same, whichever label it bears
    assert np.array_equal(batch[:8], batch[8:])
    as_rows = float(keras.losses.SparseCategoricalCrossentropy()(labels, both, sample_weight=weight))
    soft = (np.eye(3)[labels] * weight[:, None] / 2).reshape(2, 8, 3).sum(axis=0)
    assert soft.sum(axis=1) == pytest.approx(1)
    assert as_rows == pytest.approx(float(keras.losses.CategoricalCrossentropy()(soft, shares)), rel=1e-5)


def test_mixed_rows_lie_between_their_two_and_are_drawn_anew():
    x, y = ROWS["dense"][:9], np.arange(9)
    mixed = Mixed(Part(x, y), 0.5, 4, 1, None)
    assert [len(mixed[at][1]) for at in range(len(mixed))] == [8, 8, 2]
    for at in range(len(mixed)):
        batch, labels, weight = mixed[at]
        half = len(labels) // 2
        share = weight[:half, None] / 2
        between = share * x[labels[:half]] + (1 - share) * x[labels[half:]]
        assert batch[:half] == pytest.approx(between, rel=1e-5)
    before = mixed[0][0]
    mixed.on_epoch_end()
    assert not np.array_equal(before, mixed[0][0])


def test_mixed_rows_are_not_read_as_if_they_were_the_users():
    for later in (("batch-size", {"batch_size": 5}), ("shuffling", {})):
        with pytest.raises(CannotEdit, match="mixed"):
            recipe(("more-data", {"mixup": 0.2}), later)
    both = recipe(("more-data", {"mixup": 0.2}), ("data-scaling", SCALED))
    assert isinstance(both.data.train.stream, Mixed)


@pytest.mark.parametrize("kind", ["dense", "subclass"])
def test_what_is_known_of_a_training_goes_through_json(kind):
    outcome = trial.run(experiment(kind, "quantity"), (), 1)
    again = trial.Outcome(**json.loads(json.dumps(outcome.to_dict(), allow_nan=False))).known()
    assert again == outcome.known() and (again.ran, again.finite, again.shuffled) == (2, True, True)
    assert again.head["loss"] == "mean_squared_error" and again.head["high"] == pytest.approx(SUMS["dense"][:40].max())


def test_weights_of_rows_and_classes_are_kept():
    part = Part(ROWS["dense"][:6], np.arange(6) % 2, np.array([1.0, 1, 1, 1, 1, 7]))
    _, labels, weight = Mixed(part, 1e-6, 6, 1, {0: 1.0, 1: 10.0})[0]  # alpha this small: a pair is one of its two
    rows = sorted(round(float(one) / 2) for one, label in zip(weight, labels, strict=True) if label == 1 and one > 1e-3)
    assert set(rows) <= {10, 70}
    edited = recipe(("more-data", {"mixup": 0.2}), fit={**FIT, "class_weight": {0: 1.0, 1: 2.0, 2: 1.0}})
    assert "class_weight" not in edited.arguments
    training.train(edited, 1)


# resplit


def parts_of(seed, step, **more):
    made = trial.replace(trial.recipe_of(experiment(y=np.arange(60) % 3, x=np.arange(60.0), **more)), seed=seed)
    edited = trial.edited(made, [("resplit", step)])
    return made, edited


@pytest.mark.parametrize("step", [{"folds": 5}, {"share": 0.3}])
def test_rows_are_drawn_from_training_and_validation_alone_and_by_class(step):
    before, after = parts_of(3, step)
    train, held = set(after.data.train.x), set(after.data.validation.x)
    assert train | held == set(range(50)) and not train & held
    assert after.data.test is before.data.test and after.data.choice is after.data.validation
    counts = np.bincount(after.data.validation.y)
    assert len(held) == round(50 * step.get("share", 1 / 5)) and counts.max() - counts.min() <= 1
    # inputs and targets are still each other's
    assert np.array_equal(after.data.train.x % 3, after.data.train.y)


def test_five_seeds_are_the_five_folds_and_the_next_five_are_others():
    held = [set(parts_of(seed, {"folds": 5})[1].data.validation.x) for seed in range(10)]
    assert set().union(*held[:5]) == set().union(*held[5:]) == set(range(50))
    assert sum(map(len, held[:5])) == 50 and held[0] != held[5]


def test_few_rows_are_split_in_folds_and_windows_of_a_series_not_at_all():
    get = techniques.get("resplit").settings
    assert get(Facts(rows=300, validation_rows=100), "never-generalized")[0] == {"folds": 5}
    assert get(Facts(rows=3000, validation_rows=100), "unrepresentative-validation")[0] == {"share": 0.3}
    assert get(Facts(rows=3000, validation_rows=100), "unrepresentative-training")[0] == {"share": 0.2}
    with pytest.raises(CannotEdit, match="windows"):
        get(Facts(task="regression", layers=("LSTM", "Dense")), "overfit")
    with pytest.raises(CannotEdit, match="too few"):
        recipe(("resplit", {"folds": 40}))


def test_scales_are_measured_on_the_rows_that_were_drawn_whichever_is_named_first():
    steps = [("data-scaling", BOTH), ("resplit", {"share": 0.3})]
    edited = recipe(*steps, task="quantity")
    assert edited.data.choice.y.mean() > 1000  # on the targets' own scale, as predictions are
    assert edited.data.train.y.mean() == pytest.approx(0, abs=1e-6)


# data audit


def test_rows_with_gaps_are_left_out_of_training_and_validation():
    x = ROWS["dense"].copy()
    x[3, 0], x[45, 1] = np.nan, np.inf
    assert settings("data-audit", "non-finite-data", x=x) == [{}]
    edited = recipe(("data-audit", {}), x=x)
    assert (edited.data.train.rows, edited.data.validation.rows, edited.data.test.rows) == (39, 9, 10)
    assert edited.notes == ("2 rows with NaN or Inf were left out.",)
    assert all(math.isfinite(one) for one in trial.run(experiment(x=x), [("data-audit", {})], 1).verdict.values())


def test_without_gaps_there_is_nothing_to_leave_out():
    with pytest.raises(CannotEdit, match="finite"):
        settings("data-audit")
    with pytest.raises(CannotEdit, match="finite"):
        recipe(("data-audit", {}))
    with pytest.raises(CannotEdit, match="every"):
        recipe(("data-audit", {}), x=np.full((60, 3), np.nan))


@pytest.mark.parametrize("slug", ["comparable-evaluation", "matching-metric", "repeat-runs"])
def test_what_changes_no_training_cannot_be_tried(slug):
    with pytest.raises(CannotEdit, match=slug):
        recipe((slug, {}))
