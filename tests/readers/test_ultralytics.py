"""YOLO's results."""

from diagnose.readers import ultralytics
from diagnose.readers.assemble import assemble
from diagnose.readers.content import Content

CSV = (
    "                  epoch,         train/box_loss,         train/cls_loss,   metrics/mAP50(B),"
    "           val/box_loss,           val/cls_loss,                 lr/pg0\n"
    "                      1,                    1.5,                    0.5,                0.1,"
    "                    2.0,                    1.0,                   0.01\n"
    "                      2,                    1.0,                   0.25,                0.2,"
    "                    1.5,                   0.75,                  0.005\n"
)
TXT = (
    "     0/299     14.7G   0.08   0.05   0.03   0.16    65   640   0.1  0.2  0.3  0.4   0.5  0.25 0.125\n"
    "     1/299     14.7G   0.07   0.05   0.03   0.15    65   640   0.1  0.2  0.4  0.5   0.25 0.25 0.125\n"
)


def test_padded_csv_with_summed_losses() -> None:
    content = Content("results.csv", "results.csv", CSV.encode(), CSV)
    assert ultralytics.recognise(content)
    (curves,) = assemble(ultralytics.tables(content)[0])
    train, validation = curves.of("train", "loss"), curves.of("validation", "loss")
    assert train is not None and train.values.tolist() == [2.0, 1.25]
    assert validation is not None and validation.values.tolist() == [3.0, 2.25]
    score = curves.of("validation", "map50")
    assert score is not None and score.direction == "max"
    assert curves.learning_rate is not None and curves.learning_rate.tolist() == [0.01, 0.005]


def test_text_without_a_header() -> None:
    content = Content("results.txt", "results.txt", TXT.encode(), TXT)
    assert ultralytics.recognise(content)
    (table,) = ultralytics.tables(content)
    assert table.planned == 300
    (curves,) = assemble(table)
    validation = curves.of("validation", "loss")
    assert validation is not None and validation.values.tolist() == [0.875, 0.625]
    assert curves.axis_range == "epoch 0...1"


def test_another_table() -> None:
    text = "epoch,train/loss,val/loss\n1,2,3\n"
    assert not ultralytics.recognise(Content("x", "x", text.encode(), text))
