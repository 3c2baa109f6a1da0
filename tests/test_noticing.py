"""What is seen and is no problem: told, and never a finding."""

import numpy as np
import pytest

from diagnose import Curves, Note, Series, diagnose
from diagnose.evidence.run import Run
from diagnose.noticing import notice

AT = np.arange(40.0)
FALL = 0.3 + 2 * np.exp(-AT / 5)


def run(rates=None, notes=(), **lists):
    made = []
    for name, values in lists.items():
        array = np.array(values, dtype=np.float64)
        metric = name.removeprefix("val_")
        split = "train" if metric == name else "validation"
        made.append(
            Series(name, split, metric, "max" if "acc" in metric else "min", np.arange(1, array.size + 1), array)
        )
    rate = None if rates is None else np.array(rates, dtype=np.float64)
    return Run(Curves(tuple(made), max(one.values.size for one in made), learning_rate=rate, notes=notes))


def noted(*args, **lists):
    return {one.note: one for one in notice(run(*args, **lists))}


def test_a_plain_run_has_nothing_to_note():
    assert noted(loss=FALL, val_loss=FALL + 0.02) == {}


def test_the_reader_s_notes_come_first():
    mine = Note("ignored-column", "time was not used")
    assert notice(run(loss=[5.0, 4.0, 3.0, 2.0, 1.0], notes=(mine,)))[0] is mine


def test_a_step_of_the_learning_rate():
    one = noted([*[0.1] * 20, *[0.01] * 20], loss=FALL)["learning-rate-step"]
    assert one.epochs == (21, 21)
    assert "falls from 0.1 to 0.01 at epoch 21" in one.summary
    assert "rises" in noted([*[0.01] * 20, *[0.1] * 20], loss=FALL)["learning-rate-step"].summary


def test_many_steps_are_told_together():
    rates = np.repeat([1.0, 0.5, 0.25, 0.125, 0.0625], 8)
    notes = [one for one in notice(run(rates, loss=FALL)) if one.note == "learning-rate-step"]
    assert [one.epochs for one in notes] == [(9, 33)]
    assert "from 1 to 0.0625 in 4 steps" in notes[0].summary


def test_a_rate_that_changes_all_the_time_is_a_schedule():
    assert set(noted(0.7**AT, loss=FALL)) == {"learning-rate-schedule"}


def test_cycles():
    one = noted(1 + np.cos(AT / 40 * 2 * np.pi * 4), loss=FALL)
    assert set(one) == {"learning-rate-cycle"}
    assert "4 cycles" in one["learning-rate-cycle"].summary or "5 cycles" in one["learning-rate-cycle"].summary


def test_warm_up():
    one = noted([*np.linspace(0.1, 1, 10), *np.linspace(0.99, 0.8, 30)], loss=FALL)["warm-up"]
    assert one.epochs == (1, 10)
    assert "until epoch 10" in one.summary


def test_a_constant_rate_is_nothing_to_tell():
    assert noted([0.001] * 40, loss=FALL) == {}
    assert noted([np.nan] * 40, loss=FALL) == {}


def test_a_spike_that_recovers_at_once():
    loss = FALL.copy()
    loss[20] = 5.0
    assert noted(loss=loss)["spike"].epochs == (21, 21)


def test_a_jump_that_is_made_good():
    loss = FALL.copy()
    loss[20:25] += 1.5
    one = noted(loss=loss)["resumed"]
    assert one.epochs == (21, 26)


def test_a_second_descent():
    val = np.concatenate([np.linspace(2, 1, 15), np.linspace(1, 1.6, 15), np.linspace(1.6, 0.5, 30)])
    one = noted(loss=np.linspace(2, 0.1, 60), val_loss=val)["double-descent"]
    assert 14 <= one.epochs[0] <= 17  # the first bottom is at epoch 15
    assert 44 <= one.epochs[1] <= 48  # 1.6 falls by 1.1 in 30 epochs: below 1 after 16 or 17 of them
    assert "double-descent" not in noted(loss=FALL, val_loss=val[:30].tolist() + [1.6] * 10)


def test_a_gap_that_does_no_harm():
    assert "does not rise" in noted(loss=FALL - 0.1, val_loss=FALL + 0.2)["generalization-gap"].summary
    assert "generalization-gap" not in noted(loss=FALL, val_loss=FALL + 0.01)
    rising = [*FALL[:20], *np.linspace(FALL[20], 2, 20)]
    assert "generalization-gap" not in noted(loss=FALL - 0.1, val_loss=rising)


def test_half_an_epoch():
    """The training loss of a steep start is the average over an epoch; the validation loss comes at its end."""
    loss, val = 0.3 + 2 * np.exp(-(AT - 0.5) / 5), FALL + 0.02
    assert noted(loss=loss, val_loss=val)["half-epoch-shift"].epochs[0] == 1
    assert "half-epoch-shift" not in noted(loss=FALL, val_loss=FALL + 0.02)


def test_averages_that_lag_at_first():
    val = FALL + 0.02
    val[:3] = [30.0, 12.0, 5.0]
    assert noted(loss=FALL, val_loss=val)["early-transient"].epochs == (1, 4)


def test_an_accuracy_of_a_regression():
    one = noted(loss=FALL, accuracy=[0.0] * 40)["meaningless-metric"]
    assert "accuracy is 0 in every epoch" in one.summary


@pytest.mark.parametrize(
    "history",
    [
        {"loss": FALL, "val_loss": FALL + 0.02, "learning_rate": [*[0.1] * 20, *[0.01] * 20]},
        {"loss": FALL, "val_loss": FALL + 0.02, "learning_rate": [*np.linspace(0.1, 1, 10), *[1.0] * 30]},
        {"loss": FALL, "val_loss": FALL + 0.02, "accuracy": [0.0] * 40},
        {"loss": 0.3 + 2 * np.exp(-(AT - 0.5) / 5), "val_loss": FALL + 0.02},
    ],
    ids=["step", "warm-up", "meaningless", "half an epoch"],
)
def test_a_note_is_never_a_finding(history):
    report = diagnose({name: list(values) for name, values in history.items()})
    assert report.notes
    assert report.healthy is True and report.findings == ()


def test_short_runs_are_noted_without_a_trend():
    assert noted(loss=[3.0, 9.0, 1.0], val_loss=[3.0, 2.0, 1.0]) == {}
