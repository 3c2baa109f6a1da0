"""Which curves of a run are judged, and what they say together."""

import math

import numpy as np
import pytest

FALLS = 0.2 + np.exp(-np.arange(20) / 4)


def test_losses_are_judged_and_accuracies_stand_beside(run):
    one = run(loss=FALLS, accuracy=1 - FALLS / 2, val_loss=FALLS, val_accuracy=1 - FALLS / 2, mae=FALLS)
    names = [shape.name for shape in (one.train, one.val, one.train_score, one.val_score)]
    assert names == ["loss", "val_loss", "accuracy", "val_accuracy"]
    assert one.paired and one.comparable and not one.short


def test_any_score_will_do_where_there_is_no_loss(run):
    one = run(mae=FALLS, val_mae=FALLS)
    assert (one.train.name, one.val.name, one.paired) == ("mae", "val_mae", True)
    scores = run(accuracy=FALLS, val_accuracy=FALLS)
    assert (scores.train.name, scores.val.name, scores.train_score) == ("accuracy", "val_accuracy", None)


def test_the_two_that_belong_together(run):
    """A validation loss that is missing is not replaced by another metric where the training has the same."""
    one = run(loss=FALLS, mae=FALLS, val_mae=FALLS)
    assert (one.train.name, one.val.name, one.paired) == ("loss", "val_mae", False)
    assert one.together is None and not one.comparable


def test_what_is_not_there(run):
    assert run(loss=FALLS).val is None
    assert run(val_loss=FALLS).train is None
    assert run(loss=[math.nan] * 6).train is None
    assert run(loss=[math.nan] * 6).short


def test_short_is_under_five_points_that_are_numbers(run):
    assert run(loss=[4.0, 3, 2, 1]).short
    assert not run(loss=[5.0, 4, 3, 2, 1]).short
    assert run(loss=[5.0, 4, math.nan, 2, 1]).short
    assert not run(loss=[1.0], val_loss=[5.0, 4, 3, 2, 1]).short


def test_learnt_is_the_share_of_the_start(run):
    assert run(loss=[2.0, *[0.5] * 9]).learnt == pytest.approx(0.75)
    assert run(loss=[1.0, *[1.5] * 9]).learnt == pytest.approx(-0.5)


def test_together_is_where_both_were_logged(run):
    one = run(loss=np.arange(20.0), val_loss=([10.0, 20, 30, 40, 50, 60], [1, 4, 5, 10, 15, 20]))
    train, val = one.together
    assert train.tolist() == [0, 3, 4, 9, 14, 19]
    assert val.tolist() == [10, 20, 30, 40, 50, 60]
    assert run(loss=np.arange(20.0), val_loss=([1.0] * 4, [1, 2, 3, 4])).together is None


def test_the_ratio_of_the_losses(run):
    centre, deviation = run(loss=FALLS, val_loss=4 * FALLS).ratio_drift
    assert centre == pytest.approx(math.log(4))
    assert deviation == pytest.approx(0, abs=1e-9)
    assert run(loss=FALLS - 1, val_loss=FALLS).ratio_drift is None


def test_a_constant_factor_far_from_one_is_not_comparable(run):
    assert not run(loss=FALLS, val_loss=10 * FALLS).comparable
    assert not run(loss=10 * FALLS, val_loss=FALLS).comparable
    assert run(loss=FALLS, val_loss=2 * FALLS).comparable
    assert run(loss=FALLS**3, val_loss=FALLS + 1).comparable  # grew apart


@pytest.mark.parametrize("unit", [1e-250, 1.0, 1e250])
def test_ratios_hold_where_squares_do_not(run, unit):
    assert run(loss=FALLS * unit, val_loss=4 * FALLS * unit).ratio_drift[0] == pytest.approx(math.log(4))


@pytest.mark.parametrize("percent", [1, 100])
def test_what_an_accuracy_gained_of_what_guessing_leaves(run, percent):
    accuracy = np.array([0.2, *[0.6] * 9]) * percent
    assert run(loss=FALLS[:10], accuracy=accuracy).accuracy_gained == pytest.approx(0.5)
    assert run(loss=FALLS[:10], val_accuracy=accuracy).accuracy_gained == pytest.approx(0.5)


def test_a_run_that_began_high_had_learnt_before(run):
    assert run(loss=FALLS[:10], accuracy=[0.9, *[0.95] * 9]).accuracy_gained == pytest.approx(0.9)


def test_no_accuracy_no_gain(run):
    assert run(loss=FALLS, auc=FALLS).accuracy_gained is None
    assert run(loss=FALLS).accuracy_gained is None


def test_accuracies_that_are_none(run):
    """A regression's zeros, and values that no accuracy has."""
    zeros = run(loss=FALLS, accuracy=[0.0] * 20)
    assert zeros.meaningless and zeros.accuracy(zeros.train_score) is None
    for odd in (-0.5, 250.0):
        strange = run(loss=FALLS, accuracy=[0.5, odd, *[0.7] * 18])
        assert strange.accuracy(strange.train_score) is None


def test_the_range_of_a_score(run):
    accuracy = run(loss=FALLS, accuracy=[0.25, *[0.75] * 19])
    assert accuracy.score_range(accuracy.train_score) == pytest.approx(0.75)
    percent = run(loss=FALLS, accuracy=[25.0, *[75.0] * 19])
    assert percent.score_range(percent.train_score) == pytest.approx(75)
    high = run(loss=FALLS, accuracy=[0.97, *[0.99] * 19])
    assert high.score_range(high.train_score) == pytest.approx(0.1)
    auc = run(loss=FALLS, auc=[0.5, *[0.8] * 19])
    assert auc.score_range(auc.train_score) == pytest.approx(0.3)


def test_resumed_is_what_the_reader_says(run):
    assert run(loss=FALLS, extra={"resumed": True}).resumed
    assert not run(loss=FALLS).resumed
