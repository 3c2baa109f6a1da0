"""What a Python program has in hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from diagnose.errors import ReadError
from diagnose.readers import read
from diagnose.readers.assemble import assemble
from diagnose.readers.objects import table_of


def test_dict_of_lists() -> None:
    table = table_of({"loss": [0.5, float("nan")], "val_loss": [0.6, None]})
    assert table is not None
    np.testing.assert_array_equal(table.columns["loss"], [0.5, np.nan])
    assert "loss" not in table.missing
    assert table.missing["val_loss"].tolist() == [False, True]


def test_validation_every_second_epoch_is_put_in_its_place() -> None:
    table = table_of({"loss": [4.0, 3.0, 2.0, 1.0], "val_loss": [3.5, 1.5]})
    assert table is not None
    (curves,) = assemble(table)
    validation = curves.of("validation", "loss")
    assert validation is not None
    assert validation.epochs.tolist() == [2, 4]
    assert validation.values.tolist() == [3.5, 1.5]
    assert [note.note for note in curves.notes] == ["sparse-validation"]


def test_lengths_that_do_not_divide_are_not_aligned() -> None:
    table = table_of({"loss": [5.0, 4.0, 3.0, 2.0, 1.0], "val_loss": [3.5, 1.5]})
    assert table is not None
    assert list(table.columns) == ["loss"]
    assert table.unused == ("val_loss",)
    assert [note.note for note in table.notes] == ["unaligned"]


def test_vector_metrics_are_left_out() -> None:
    table = table_of({"loss": [1.0, 0.5], "f1_score": [np.array([0.1, 0.2]), np.array([0.3, 0.4])]})
    assert table is not None
    assert list(table.columns) == ["loss"]
    assert table.unused == ("f1_score",)
    assert [note.note for note in table.notes] == ["vector-metric"]


def test_keras_history_is_known_by_its_looks() -> None:
    history = SimpleNamespace(history={"loss": [1.0, 0.5]}, epoch=[0, 1], params={"epochs": 50})
    table = table_of(history)
    assert table is not None
    assert (table.producer, table.planned) == ("Keras History", 50)


def test_data_frame() -> None:
    frame = pd.DataFrame({"loss": [3.0, 2.0, np.nan], "val_loss": [np.nan, 2.0, np.nan], "who": list("abc")})
    table = table_of(frame)
    assert table is not None
    assert "loss" not in table.missing, "NaN to the end was logged"
    assert table.missing["val_loss"].tolist() == [True, False, True]
    assert table.unused == ("who",)


def test_nullable_numbers_of_pandas() -> None:
    table = table_of(pd.DataFrame({"loss": pd.array([1.0, None, 0.5], dtype="Float64")}))
    assert table is not None
    assert table.missing["loss"].tolist() == [False, True, False]


def test_columns_of_one_number_each() -> None:
    table = table_of({"loss": [[1.0], [0.5]], "when": np.float64(3.0)})
    assert table is not None
    assert table.columns["loss"].tolist() == [1.0, 0.5]
    assert table.unused == ("when",)


def test_the_index_of_a_data_frame_counts() -> None:
    frame = pd.DataFrame({"loss": [3.0, 2.0]}, index=pd.Index([500, 1000], name="step"))
    table = table_of(frame)
    assert table is not None
    assert table.columns["step"].tolist() == [500.0, 1000.0]


def test_records() -> None:
    table = table_of([{"epoch": 0, "loss": 1.0}, {"epoch": 1, "loss": "0.5", "val_loss": 2.0, "note": "x"}])
    assert table is not None
    assert table.columns["loss"].tolist() == [1.0, 0.5]
    assert table.missing["val_loss"].tolist() == [True, False]
    assert table.unused == ("note",)
    with pytest.raises(ReadError, match="numbers"):
        table_of([{"name": "a"}])


@pytest.mark.parametrize("other", [3, "text", None, [], {}, [1.0, 2.0], {"train": {"loss": [1.0]}}])
def test_other_objects(other: object) -> None:
    assert table_of(other) is None


def test_an_infinite_count_is_no_count():
    ((curves,),) = read(
        [{}, {"loss": 0.5, "val_loss": 0.25, "epoch": "INF"}, {"loss": 0.25, "val_loss": 0.5, "epoch": "INF"}]
    )
    assert curves.of("validation", "loss").values.tolist() == [0.25, 0.5]
