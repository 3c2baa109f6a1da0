"""From tables to curves: splits, directions, the one loss, the axis."""

import numpy as np
import pytest

from diagnose.curves import Curves
from diagnose.errors import NoHistory, UsageError
from diagnose.readers.assemble import assemble
from diagnose.readers.table import Table


def one(columns: dict[str, list[float]], **flags: str) -> Curves:
    (curves,) = assemble(Table({name: np.array(values, dtype=float) for name, values in columns.items()}), **flags)
    return curves


def told(curves: Curves) -> dict[str, tuple[str, str, str | None]]:
    return {series.name: (series.split, series.metric, series.direction) for series in curves.series}


def slugs(curves: Curves) -> list[str]:
    return [note.note for note in curves.notes]


FALLING = [1.0, 0.8, 0.6, 0.5, 0.4, 0.35, 0.3, 0.29]
RISING = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


def test_keras_names() -> None:
    curves = one({"acc": RISING, "loss": FALLING, "val_acc": RISING, "val_loss": FALLING, "lr": FALLING})
    assert told(curves) == {
        "acc": ("train", "accuracy", "max"),
        "loss": ("train", "loss", "min"),
        "val_acc": ("validation", "accuracy", "max"),
        "val_loss": ("validation", "loss", "min"),
    }
    assert curves.learning_rate is not None
    np.testing.assert_array_equal(curves.learning_rate, FALLING)
    assert curves.ignored == ()


def test_test_is_the_holdout_only_when_alone() -> None:
    alone = one({"train_loss": FALLING, "test_loss": FALLING})
    assert told(alone)["test_loss"] == ("validation", "loss", "min")
    assert slugs(alone) == ["test-as-validation"]
    beside = one({"train_loss": FALLING, "val_loss": FALLING, "test_loss": FALLING})
    assert told(beside)["test_loss"] == ("test", "loss", "min")


def test_a_plain_metric_beside_stated_splits_was_measured_on_validation() -> None:
    curves = one({"train_loss": FALLING, "valid_loss": FALLING, "accuracy": RISING})
    assert told(curves)["accuracy"] == ("validation", "accuracy", "max")
    assert slugs(curves) == ["read-as-validation"]


def test_a_plain_metric_beside_train_columns_alone_is_left_out() -> None:
    curves = one({"train_loss": FALLING, "accuracy": RISING})
    assert told(curves) == {"train_loss": ("train", "loss", "min")}
    assert curves.ignored == ("accuracy",)
    assert slugs(curves) == ["unknown-split"]


@pytest.mark.parametrize(
    ("names", "train", "validation"),
    [
        ("loss val_loss a_loss b_loss val_a_loss val_b_loss", "loss", "val_loss"),
        ("org_train_loss train_loss org_valid_loss valid_loss", "train_loss", "valid_loss"),
        ("train_loss_step train_loss_epoch val_loss", "train_loss_epoch", "val_loss"),
        ("train_loss_step val_loss", "train_loss_step", "val_loss"),
        ("total_g_loss g_loss d_loss", "total_g_loss", None),
        ("train_nll val_nll", "train_nll", "val_nll"),
        ("train_rmse val_rmse train_r2 val_r2", "train_rmse", "val_rmse"),
        ("train_mae val_mae train_mse val_mse", "train_mse", "val_mse"),
        ("loss mse val_loss val_mse", "loss", "val_loss"),
        ("train/nll_loss val/rmse_loss", "train/nll_loss", None),
        ("acc val_acc", None, None),
    ],
)
def test_one_pair_is_the_loss(names: str, train: str | None, validation: str | None) -> None:
    curves = one(dict.fromkeys(names.split(), FALLING))
    found = {series.split: series.name for series in curves.series if series.metric == "loss"}
    assert found.get("train") == train
    assert found.get("validation") == validation
    assert len([series for series in curves.series if series.metric == "loss"]) == len(found)


def test_components_are_summed() -> None:
    train_parts = {"train/box_loss": [1.0, 2.0], "train/cls_loss": [0.5, 0.25]}
    curves = one({**train_parts, "val/box_loss": [3, 4], "val/cls_loss": [1, 1]})
    train, validation = curves.of("train", "loss"), curves.of("validation", "loss")
    assert train is not None and train.values.tolist() == [1.5, 2.25]
    assert validation is not None and validation.values.tolist() == [4.0, 5.0]
    assert told(curves)["train/box_loss"] == ("train", "box_loss", "min")
    assert "summed-loss" in slugs(curves)


def test_adversaries_are_not_summed() -> None:
    curves = one({"g_loss": FALLING, "d_loss": RISING})
    assert curves.of("train", "loss") is None
    assert "no-single-loss" in slugs(curves)


def test_a_direction_is_inferred_from_the_training_loss_and_said() -> None:
    curves = one({"loss": FALLING, "thing": RISING, "val_loss": FALLING, "val_thing": RISING})
    assert told(curves)["val_thing"] == ("validation", "thing", "max")
    (note,) = [note for note in curves.notes if note.note == "inferred-direction"]
    assert "-1.00" in note.summary


def test_a_direction_that_does_not_show_stays_unknown() -> None:
    wild = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]
    curves = one({"loss": FALLING, "thing": [*wild[4:], *wild[:4]], "val_loss": FALLING, "val_thing": wild})
    assert told(curves)["thing"] == ("train", "thing", None)
    assert "unknown-direction" in slugs(curves)


def test_an_unknown_constant_is_a_setting() -> None:
    curves = one({"loss": FALLING, "width": [64.0] * 8})
    assert curves.ignored == ("width",)


def test_the_user_says_what_is_what() -> None:
    columns = {"epoch": [1.0, 2.0], "foo": [1.0, 2.0], "bar": [2.0, 3.0]}
    curves = one(columns, train="foo", validation="bar", direction="max")
    assert told(curves) == {"foo": ("train", "foo", "max"), "bar": ("validation", "foo", "max")}
    curves = one({"train": [1.0, 2.0], "val": [2.0, 3.0]}, train="train", validation="val", direction="min")
    assert told(curves) == {"train": ("train", "loss", "min"), "val": ("validation", "loss", "min")}


def test_the_chosen_pair_is_the_loss_and_no_other() -> None:
    columns = {"loss": FALLING, "val_loss": FALLING, "a_loss": RISING, "val_a_loss": RISING}
    curves = one(columns, train="a_loss", validation="val_a_loss")
    assert told(curves)["a_loss"] == ("train", "loss", "min")
    assert told(curves)["val_a_loss"] == ("validation", "loss", "min")
    assert told(curves)["loss"][1] != "loss"


def test_saying_one_split_leaves_the_other_its_loss() -> None:
    curves = one({"train_loss": FALLING, "my_err": RISING}, validation="my_err")
    assert told(curves) == {"train_loss": ("train", "loss", "min"), "my_err": ("validation", "loss", "min")}
    curves = one({"train/nll_loss": FALLING, "accuracy": RISING}, validation="accuracy")
    assert told(curves) == {"train/nll_loss": ("train", "loss", "min"), "accuracy": ("validation", "accuracy", "max")}


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"'fo'.*foo, bar"):
        one({"foo": [1.0], "bar": [1.0]}, train="fo")
    with pytest.raises(UsageError, match="min or max"):
        one({"loss": [1.0]}, direction="down")


@pytest.mark.parametrize(
    "names", ["PassengerId Survived Age", "sepal_length sepal_width", "epoch foo bar", "epoch lr time"]
)
def test_no_learning_curve(names: str) -> None:
    with pytest.raises(NoHistory) as caught:
        one({name: [1.0, 2.0, 3.0] for name in names.split()})
    assert "--train" in str(caught.value)
    assert names.split()[0] in str(caught.value)


def test_format_says_split_and_direction() -> None:
    table = Table(
        {"a": np.array([1.0, 2.0]), "b": np.array([1.0, 2.0])},
        splits={"a": ("train", "gain"), "b": ("validation", "gain")},
        directions={"a": "max", "b": "max"},
    )
    (curves,) = assemble(table)
    assert told(curves) == {"a": ("train", "gain", "max"), "b": ("validation", "gain", "max")}


def test_percent_beside_fractions() -> None:
    curves = one({"train_acc": [50.0, 60.0], "val_acc": [0.4, 0.5], "train_loss": [1.0, 0.9]})
    train = curves.of("train", "accuracy")
    assert train is not None and train.values.tolist() == [0.5, 0.6]
    assert "percent-and-fraction" in slugs(curves)
    both = one({"train_acc": [50.0, 60.0], "val_acc": [40.0, 50.0]})
    train = both.of("train", "accuracy")
    assert train is not None and train.values.tolist() == [50.0, 60.0]


def test_an_accuracy_that_is_neither_percent_nor_fraction_is_left_and_told() -> None:
    curves = one({"train_acc": [50.0, 0.6], "val_acc": [0.4, 0.5]})
    train = curves.of("train", "accuracy")
    assert train is not None and train.values.tolist() == [50.0, 0.6]
    assert slugs(curves) == ["odd-scale"]


def test_epochs_are_positions_and_keep_their_own_numbers() -> None:
    curves = one({"step": [500, 1000, 1500], "loss": [3.0, 2.0, 1.0]})
    assert curves.axis == "step"
    assert curves.series[0].epochs.tolist() == [1, 2, 3]
    assert curves.label(2) == "step 1000"


def test_batches_become_one_point_an_epoch() -> None:
    epochs = [e for e in range(1, 7) for _ in range(3)]
    curves = one({"epoch": epochs, "loss": [float(e + b) for e in range(1, 7) for b in (0, 1, -1)]})
    assert curves.length == 6
    assert curves.series[0].values.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert slugs(curves) == ["one-point-an-epoch"]


def test_a_running_sum_gives_its_last_value() -> None:
    epochs = [e for e in range(6) for _ in range(4)]
    sums = [batch * (1.0 - 0.1 * e) for e in range(6) for batch in (1, 2, 3, 4)]
    curves = one({"epoch": epochs, "loss": sums})
    np.testing.assert_allclose(curves.series[0].values, [4.0, 3.6, 3.2, 2.8, 2.4, 2.0])


def test_few_epochs_with_many_steps_are_judged_by_step() -> None:
    curves = one({"epoch": [0] * 5 + [1] * 5, "step": list(range(10)), "loss": [float(10 - s) for s in range(10)]})
    assert (curves.axis, curves.length) == ("step", 10)
    assert slugs(curves) == ["judged-by-step"]


def test_an_epoch_done_again_after_a_resume_counts_once() -> None:
    curves = one({"epoch": [0, 1, 2, 2, 3, 4, 5], "loss": [9.0, 8.0, 7.0, 6.5, 6.0, 5.0, 4.0]})
    assert curves.series[0].values.tolist() == [9.0, 8.0, 6.5, 6.0, 5.0, 4.0]


def test_the_last_epoch_first() -> None:
    curves = one({"epoch": [5, 4, 3, 2, 1], "loss": [1.0, 2.0, 3.0, 4.0, 5.0]})
    assert curves.series[0].values.tolist() == [5.0, 4.0, 3.0, 2.0, 1.0]


def test_the_callers_numbers_stay_writeable() -> None:
    from diagnose.readers.objects import table_of

    mine = np.array([1.0, 0.5])
    table = table_of({"loss": mine})
    assert table is not None
    assemble(table)
    mine[0] = 2.0
    assert mine[0] == 2.0
