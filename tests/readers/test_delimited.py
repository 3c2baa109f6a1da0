"""Delimited text as people have it, each case written by hand."""

import numpy as np
import pytest

from diagnose.curves import Curves
from diagnose.errors import NoHistory, ReadError
from diagnose.readers import delimited
from diagnose.readers.assemble import assemble
from diagnose.readers.content import Content
from diagnose.readers.table import Table


def content(text: str) -> Content:
    return Content("history.csv", "history.csv", text.encode(), text)


def table(text: str) -> Table:
    assert delimited.recognise(content(text))
    (found,) = delimited.tables(content(text))
    return found


def runs(text: str) -> list[Curves]:
    return assemble(table(text))


def points(curves: Curves, name: str) -> list[tuple[int, float]]:
    (one,) = [series for series in curves.series if series.name == name]
    return list(zip(one.epochs.tolist(), one.values.tolist(), strict=True))


def notes(curves: Curves) -> list[str]:
    return [note.note for note in curves.notes]


KERAS = "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,0.7,0.4,0.8\n1,0.6,0.6,0.5,0.7\n"


def test_keras_csv_logger() -> None:
    (curves,) = runs(KERAS)
    assert curves.producer == "Keras CSVLogger"
    assert curves.axis_range == "epoch 0...1"
    assert points(curves, "val_loss") == [(1, 0.8), (2, 0.7)]
    assert curves.of("validation", "accuracy") is not None
    assert curves.ignored == ()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_any_separator_and_line_end(separator: str, end: str) -> None:
    (curves,) = runs(KERAS.replace(",", separator).replace("\n", end))
    assert points(curves, "loss") == [(1, 0.7), (2, 0.6)]
    assert points(curves, "val_accuracy") == [(1, 0.4), (2, 0.5)]


def test_padded_and_quoted_headers() -> None:
    (curves,) = runs('   "Epoch",   "Train Loss" ,  "Val Loss"\n   1,   0.5,  0.6\n   2,  0.4,   0.5\n')
    assert points(curves, "Val Loss") == [(1, 0.6), (2, 0.5)]


def test_twins_full_of_na_prove_nothing() -> None:
    (curves,) = runs("epoch,loss,val_loss\n0,0.7,NA\n1,0.6,NA\n")
    assert [one.name for one in curves.series] == ["loss"]
    assert curves.ignored == ("val_loss",)


def test_gaps_are_left_out_but_nan_and_inf_were_logged() -> None:
    (curves,) = runs("epoch,loss,val_loss\n0,0.7,NA\n1,nan,0.6\n2,inf,None\n3,-inf,No log\n4,NaN,\n")
    (loss,) = [one for one in curves.series if one.name == "loss"]
    np.testing.assert_array_equal(loss.values, [0.7, np.nan, np.inf, -np.inf, np.nan])
    assert points(curves, "val_loss") == [(2, 0.6)]


def test_pandas_writes_nan_as_nothing() -> None:
    (curves,) = runs(",loss,val_loss\n0,0.5,0.6\n1,9.0,\n2,,\n")
    assert curves.producer == "pandas CSV"
    (loss,) = [one for one in curves.series if one.name == "loss"]
    np.testing.assert_array_equal(loss.values, [0.5, 9.0, np.nan])
    assert "nan-as-empty" in notes(curves)


def test_percent_and_decimal_comma() -> None:
    (curves,) = runs("epoch;train_loss;train_acc\n1;0,5;45,5\n2;1,5e-3;50\n")
    assert points(curves, "train_loss") == [(1, 0.5), (2, 0.0015)]
    (curves,) = runs("epoch,loss,acc\n1,0.5,45.5%\n2,0.4,50 %\n")
    assert points(curves, "acc") == [(1, 45.5), (2, 50.0)]


def test_printed_tensors() -> None:
    (curves,) = runs('epoch,loss\n1,"tensor(0.5, device=\'cuda:0\')"\n2,"tensor(0.4, grad_fn=<DivBackward0>)"\n')
    assert points(curves, "loss") == [(1, 0.5), (2, 0.4)]


def test_vector_cells_are_left_out_and_told() -> None:
    (curves,) = runs('epoch,f1_score,loss\n0,"""[0.45, 0.36]""",1\n1,"""[0.5, 0.4]""",0.9\n')
    assert [one.name for one in curves.series] == ["loss"]
    assert "f1_score" in curves.ignored
    assert notes(curves) == ["vector-metric"]


def test_text_columns_are_listed_as_ignored() -> None:
    (curves,) = runs("epoch,loss,when,took\n0,1,2020-02-05 14:48:36,00:02\n1,0.9,2020-02-05 14:49:36,00:03\n")
    assert set(curves.ignored) == {"when", "took"}


def test_repeated_and_empty_names() -> None:
    assert list(table("epoch,loss,loss,,\n0,1,2,,\n1,0.9,1.8,,\n").columns) == [
        "epoch",
        "loss",
        "loss.1",
        "column 4",
        "column 5",
    ]


def test_a_header_again_begins_a_run() -> None:
    first, second = runs("epoch,loss\n0,1\n1,0.9\nepoch,loss\n2,0.8\n3,0.7\n")
    assert points(first, "loss") == [(1, 1.0), (2, 0.9)]
    assert points(second, "loss") == [(1, 0.8), (2, 0.7)]
    assert (second.run, second.runs) == (2, 2)


def test_another_header_further_down() -> None:
    first, second = runs("epoch,loss\n0,1\n1,0.9\nepoch,loss,val_loss\n0,0.8,0.85\n1,0.7,0.75\n")
    assert [one.name for one in first.series] == ["loss"]
    assert points(second, "val_loss") == [(1, 0.85), (2, 0.75)]


def test_rows_with_a_word_for_a_count_are_summaries() -> None:
    text = "Epoch,Batch,Loss\n1,1,0.9\n1,2,0.8\n1,summary,1.7,0.5,77\n2,1,0.7\n2,2,0.6\n2,summary,1.3,0.6,77\n"
    (curves,) = runs(text)
    assert "summary-rows" in notes(curves)
    assert [value for _, value in points(curves, "Loss")] == [0.9, 0.8, 0.7, 0.6]


def test_a_killed_run_leaves_half_a_line() -> None:
    (curves,) = runs("epoch,loss,val_loss\n0,1,1\n1,0.9,0.9\n2,0.8")
    assert curves.length == 2
    assert notes(curves) == ["cut-line"]


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("epoch,loss,val_loss\n0,1,1\n1,0.9\n2,0.8,0.8\n", "line 3", "2 cells"),
        ("epoch,loss,val_loss\n\n0,1,1\n1,0.9,0.9,0.9\n2,0.8,0.8\n", "line 4", "4 cells"),
        ("epoch,loss\n0,1\n1,2\n2,3\n3,x1\n4,5\n5,6\n", "line 5, column 'loss'", "'x1'"),
        ("0,0.5,0.6\n1,0.4,0.5\n", "line 1", "numbers"),
        ("0.5\n0.4\n", "line 1", "numbers"),
    ],
)
def test_what_cannot_be_assigned_is_refused_with_its_place(text: str, place: str, found: str) -> None:
    with pytest.raises(ReadError) as caught:
        delimited.tables(content(text))
    assert caught.value.place == place
    assert found in caught.value.message


def test_a_header_alone_is_no_history() -> None:
    with pytest.raises(NoHistory, match="no rows"):
        runs("epoch,loss,val_loss\n")


def test_comments_and_a_header_in_a_comment() -> None:
    (curves,) = runs("# lr 0.1\nepoch,loss\n# warm-up\n0,1\n1,0.9\n")
    assert points(curves, "loss") == [(1, 1.0), (2, 0.9)]
    (curves,) = runs("# run 3\n# epoch loss val_loss\n1 0.5 0.6\n2 0.4 0.5\n")
    assert points(curves, "val_loss") == [(1, 0.6), (2, 0.5)]


def test_markdown() -> None:
    (curves,) = runs("| epoch | loss |\n|------:|-----:|\n| 1 | 0.5 |\n| 2 | 0.4 |\n")
    assert points(curves, "loss") == [(1, 0.5), (2, 0.4)]


@pytest.mark.parametrize(
    "text",
    [",0,1,2\nloss,0.5,0.4,0.3\nval_loss,0.6,0.5,0.4\n", "loss,0.5,0.4,0.3\nval_loss,0.6,0.5,0.4\n"],
    ids=["counted", "bare"],
)
def test_a_table_on_its_side(text: str) -> None:
    (curves,) = runs(text)
    assert points(curves, "loss") == [(1, 0.5), (2, 0.4), (3, 0.3)]
    assert points(curves, "val_loss") == [(1, 0.6), (2, 0.5), (3, 0.4)]


def test_row_numbers_without_a_name() -> None:
    (curves,) = runs('"loss","val_loss"\n"1",0.5,0.6\n"2",0.4,0.5\n')
    assert points(curves, "loss") == [(1, 0.5), (2, 0.4)]


def test_epochs_written_with_words_still_tell_runs_apart() -> None:
    first, second = runs("Epoch,Loss\nEpoch 1/2,0.5\nEpoch 2/2,0.4\nEpoch 1/2,0.3\nEpoch 2/2,0.2\n")
    assert points(first, "Loss") == [(1, 0.5), (2, 0.4)]
    assert points(second, "Loss") == [(1, 0.3), (2, 0.2)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello, this is a letter, with commas\nand more, of them, here\nand so, it, goes\n",
        "Epoch 1/2\n10/10 - 1s - loss: 0.5\nEpoch 2/2\n10/10 - 1s - loss: 0.4\n",
        '{"loss": [1, 2]}',
        "import numpy as np\nprint(1)\n",
    ],
)
def test_other_texts_are_not_tables(text: str) -> None:
    assert not delimited.recognise(content(text))


def test_more_columns_or_runs_than_any_history_has() -> None:
    with pytest.raises(ReadError, match="10,000 columns"):
        delimited.tables(content(",".join(["loss"] * 10_001) + "\n" + ",".join(["1"] * 10_001) + "\n"))
    with pytest.raises(ReadError, match="10,000 runs"):
        runs("epoch,loss\n" + "0,1\n1,1\n2,1\n" * 10_001)


def test_a_mistake_among_few_numbers_is_not_a_reason_to_refuse() -> None:
    (curves,) = runs("epoch,loss,comment\n0,1,\n1,0.9,\n2,0.8,best\n3,0.7,\n4,0.6,\n5,0.5,\n")
    assert curves.ignored == ("comment",)


def test_one_word_among_few_numbers_is_an_error_and_no_text_column():
    with pytest.raises(ReadError, match=r"line 3, column 'val_loss': expected a number, found 'oops'"):
        runs("epoch,loss,val_loss\n0,0.5,0.6\n1,0.4,oops\n2,0.3,0.5\n")
