"""What load_data may return, in one form; and samples drawn from it."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose.errors import UsageError  # noqa: E402
from diagnose.recipes import CannotEdit  # noqa: E402
from diagnose.recipes.data import Data, Part, classes_of, gathered, joined, split_rows  # noqa: E402
from diagnose.recipes.rows import checksum  # noqa: E402

X, Y = np.arange(100.0).reshape(-1, 1), np.arange(100) % 4
A, B, C = (X[:60], Y[:60]), (X[60:80], Y[60:80]), (X[80:], Y[80:])


def firsts(part):
    """Each row's first input, which is its number."""
    return [int(one) for one in keras.tree.flatten(part.x)[0].reshape(part.rows, -1)[:, 0]]


@pytest.mark.parametrize(
    "loaded",
    [(A, B, C), [A, B, C], {"train": A, "validation": B, "test": C}, ((*A, np.ones(60)), B, C)],
    ids=["tuple", "list", "names", "weights"],
)
def test_three_parts_are_taken_as_they_are(loaded):
    data, left = gathered(loaded, {"epochs": 3})
    assert [firsts(part) for part in (data.train, data.validation, data.test)] == [
        list(range(60)),
        list(range(60, 80)),
        list(range(80, 100)),
    ]
    assert left == {"epochs": 3} and not data.nested and data.choice is data.validation


@pytest.mark.parametrize("loaded", [(A, B), {"train": A, "validation": B}, (A, B, None)])
def test_without_a_test_set_half_of_the_validation_rows_is_it(loaded):
    data, _ = gathered(loaded, {})
    assert data.nested and data.train.rows == 60
    held, test = firsts(data.validation), firsts(data.test)
    assert sorted(held + test) == list(range(60, 80)) and len(held) == len(test) == 10
    # by class: five rows of each of the four, three or two on a side
    assert set(np.bincount(data.test.y)) <= {2, 3}


@pytest.mark.parametrize("loaded", [A, [A], {"train": A}])
def test_without_validation_rows_a_fifth_is_drawn_by_class(loaded):
    data, _ = gathered(loaded, {})
    parts = [firsts(part) for part in (data.train, data.validation, data.test)]
    assert [len(part) for part in parts] == [48, 6, 6] and sorted(one for part in parts for one in part) == list(
        range(60)
    )
    assert (np.bincount(data.train.y) == 12).all()
    again, _ = gathered(loaded, {})
    assert parts == [firsts(part) for part in (again.train, again.validation, again.test)]


def test_the_arguments_validation_rows_are_taken_as_keras_takes_them():
    data, left = gathered({"train": A, "test": C}, {"validation_split": 0.25, "epochs": 2})
    assert firsts(data.validation) == list(range(45, 60)) and firsts(data.train) == list(range(45))
    assert left == {"epochs": 2}
    data, left = gathered({"train": A, "test": C}, {"validation_data": B, "validation_split": 0.25})
    assert firsts(data.validation) == list(range(60, 80)) and left == {}
    data, _ = gathered((A, B, C), {"validation_split": 0.25})  # load_data goes before
    assert firsts(data.validation) == list(range(60, 80)) and data.train.rows == 60


def test_weights_of_the_arguments_belong_to_the_training_rows():
    weights = np.arange(60.0)
    data, left = gathered({"train": A, "test": C}, {"sample_weight": weights, "validation_split": 0.5})
    assert list(data.train.weight) == list(range(30)) and list(data.validation.weight) == list(range(30, 60))
    assert data.test.weight is None and left == {}


def test_several_inputs_and_outputs_stay_together():
    x, y = {"a": X, "b": X * 2}, [Y, -Y]
    data, _ = gathered({"train": (x, y)}, {})
    for part in (data.train, data.validation, data.test):
        assert (part.x["b"] == 2 * part.x["a"]).all() and (part.y[1] == -part.y[0]).all()
        assert (part.y[0] == part.x["a"][:, 0] % 4).all()
        with pytest.raises(CannotEdit, match="2 inputs"):
            _ = part.array
        with pytest.raises(CannotEdit, match="2 outputs"):
            _ = part.targets


def test_a_tf_dataset_is_read_once_and_kept_for_fit():
    import tensorflow as tf

    stream = tf.data.Dataset.from_tensor_slices((X[:50], Y[:50], np.ones(50))).batch(8)
    data, _ = gathered((stream, B, C), {})
    assert firsts(data.train) == list(range(50)) and data.train.batch_size == 8
    assert data.train.stream is stream and len(data.train.weight) == 50
    # other rows are arrays: the stream would show the old ones
    assert data.train.take(slice(3)).stream is None
    assert data.train.with_x(X[:50]).stream is None and data.train.with_y(Y[:50]).stream is None
    assert joined(data.train, data.validation).stream is None
    with pytest.raises(UsageError, match="endless"):
        gathered((stream.repeat(), B, C), {})
    with pytest.raises(UsageError, match="empty"):
        gathered((stream.take(0), B, C), {})


def test_a_dataset_of_keras_is_read_by_its_indices():
    class Sequence(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, at):
            rows = slice(at * 20, at * 20 + 20)
            return {"in": X[rows]}, Y[rows]

    data, _ = gathered((Sequence(), B, C), {})
    assert firsts(data.train) == list(range(60)) and data.train.batch_size == 20
    assert isinstance(data.train.stream, Sequence)


def test_a_generator_is_used_up_and_its_rows_are_arrays():
    data, _ = gathered(((one for one in [(X[:20], Y[:20]), (X[20:30], Y[20:30])]), B, C), {})
    assert firsts(data.train) == list(range(30)) and data.train.stream is None and data.train.batch_size == 20


@pytest.mark.parametrize(
    ("loaded", "found"),
    [
        (5, "expected .train, validation. .*found int"),
        ((A, B, C, A), "found 4 parts"),
        ({"x": X}, "keys train, validation and test, found x"),
        ({"validation": B}, "expected the keys train"),
        (((X[:5], Y[:4]), B, C), r"one length, found \[4, 5\]"),
        (((X[:0], Y[:0]), B, C), r"one length, found \[0\]"),
        ((7, B, C), "train: expected .x, y.*found int"),
        (([[1.0, 2.0], [0, 1]], B, C), "one length"),
        (([X[:20]], B, C), "a list of 1"),
        ((iter([X[:20]]), B, C), "batches of .x, y."),
    ],
)
def test_what_is_no_data_is_said_in_one_line(loaded, found):
    with pytest.raises(UsageError, match=found) as told:
        gathered(loaded, {})
    assert "\n" not in str(told.value)


# splits


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_every_class_gets_its_share_and_the_whole_too(share):
    labels = np.repeat([0, 1, 2, 3, 4, 5], [50, 20, 10, 7, 7, 6])  # many small classes: their roundings must not add up
    first, second = split_rows(Part(X, labels), share, 1, labels)
    assert sorted([*first, *second]) == list(range(100)) and len(second) == round(100 * share)
    wanted = share * np.bincount(labels)
    assert np.abs(np.bincount(labels[second], minlength=6) - wanted).max() <= 1


def test_the_seed_draws_the_split():
    one, same, other = (split_rows(Part(X, Y), 0.3, seed)[1] for seed in (1, 1, 2))
    assert list(one) == list(same) and set(one) != set(other)


def test_rows_that_cannot_be_split_are_said():
    with pytest.raises(UsageError, match="found 1"):
        split_rows(Part(X[:1], Y[:1]), 0.5, 0)


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        (np.array([0, 1, 2, 0, 1, 2]), [0, 1, 2, 0, 1, 2]),
        (np.array([[0], [1], [0], [1]]), [0, 1, 0, 1]),
        (np.array([True, False, True]), [1, 0, 1]),
        (np.array([0.0, 1.0, 1.0]), [0, 1, 1]),
        (np.eye(3)[[2, 0, 1]], [2, 0, 1]),
        (np.array([0.5, 1.0, 0.0]), None),
        (np.array([0.0, 1.0, 2.0]), None),  # a quantity that happens to be whole
        (np.array([17, 250, 3, 99, 42, 8]), None),  # hardly any twice
        (np.array([[0.2, 0.8], [0.5, 0.5]]), None),
        (np.array([[1, 1], [0, 1]]), None),  # marks, several a row
        ([np.array([0, 1]), np.array([0, 1])], None),
    ],
)
def test_classes_are_told_from_quantities(targets, classes):
    found = classes_of(targets)
    assert (None if found is None else list(found)) == classes


def test_a_pool_is_both_parts_and_weights_are_1_where_there_are_none():
    data, _ = gathered(((*A, np.full(60, 2.0)), B, C), {})
    pool = data.pool
    assert firsts(pool) == list(range(80)) and list(pool.weight) == [2.0] * 60 + [1.0] * 20
    assert list(data.labels()) == list(Y[:80])
    redrawn = data.redrawn(pool.take(slice(20)), pool.take(slice(20, 80)))
    assert redrawn.choice is redrawn.validation and redrawn.test is data.test
    assert data.only(data.train).choice is data.validation and data.only(data.train).validation is data.validation


@pytest.mark.parametrize("kind", ["float16", ">f4", "int64", "U5", "O"])
def test_a_checksum_tells_rows_from_others_not_their_order(kind):
    x, y = np.arange(12).reshape(6, 2).astype(kind), np.arange(6)
    order = [3, 1, 0, 5, 4, 2]

    def told(*parts):
        return checksum(Data(*(Part(*one) for one in parts)))

    same = (x, y)
    assert told(same, same, same) == told((x[order], y[order]), same, same)
    assert told(same, same, same) != told((x, y[order]), same, same)  # other pairs of the same values
    assert told(same, same, same) != told(same, same, (x[:5], y[:5]))
    assert told((x[:3], y[:3]), (x[3:], y[3:]), same) != told((x[3:], y[3:]), (x[:3], y[:3]), same)
