"""Keras' console output and the logs of hand-written loops; every text is written as the program prints it."""

from __future__ import annotations

import io
import math

import pytest

from diagnose.curves import Curves
from diagnose.readers import read

BAR = "[==============================]"


def _runs(text: str) -> list[Curves]:
    return read(io.StringIO(text))[0]


def _values(curves: Curves, name: str) -> list[float]:
    return next(one.values.tolist() for one in curves.series if one.name == name)


def _keras_2(epochs: int, planned: int = 10) -> list[str]:
    return [
        f"Epoch {at}/{planned}\n6/6 {BAR} - 1s 118ms/step - loss: {1 / at:.4f} - acc: 0.{at} - val_loss: {2 / at:.4f}"
        for at in range(1, epochs + 1)
    ]


def test_keras_2_with_a_bar() -> None:
    (run,) = _runs("Train on 48 samples, validate on 12 samples\n" + "\n".join(_keras_2(4)))
    assert _values(run, "loss") == [1.0, 0.5, 0.3333, 0.25]
    assert _values(run, "val_loss") == [2.0, 1.0, 0.6667, 0.5]
    assert (run.length, run.planned, run.producer) == (4, 10, "Keras console output")


def test_the_same_on_one_line() -> None:
    lines = "\n".join(_keras_2(4))
    (run,) = _runs(lines.replace("\n", " "))
    (apart,) = _runs(lines)
    assert [one.values.tolist() for one in run.series] == [one.values.tolist() for one in apart.series]


def test_keras_3_redraws_its_bar_with_colours_backspaces_and_returns() -> None:
    def bar(step: int, loss: float, rest: str = "") -> str:
        drawn = f"\x1b[1m{step}/3\x1b[0m \x1b[32m━━━━━━\x1b[0m\x1b[37m━━━\x1b[0m \x1b[1m0s\x1b[0m 20ms/step"
        return f"{drawn} - accuracy: 0.5000 - loss: {loss:.4f}{rest}"

    epochs = [
        f"Epoch {at}/2\n" + "".join(bar(step, 9.0) + "\x08" * 70 + "\r" for step in (1, 2, 3))
        + bar(3, loss, f" - val_accuracy: 0.4000 - val_loss: {loss + 1:.4f}")
        for at, loss in enumerate((0.75, 0.5), start=1)
    ]  # fmt: skip
    (run,) = _runs("\n".join(epochs) + "\n")
    assert _values(run, "loss") == [0.75, 0.5]
    assert _values(run, "val_loss") == [1.75, 1.5]


def test_verbose_2_of_both_versions() -> None:
    (new,) = _runs(
        "Epoch 1/2\n6/6 - 1s - 118ms/step - loss: 0.7 - val_loss: 1.2e-05\n"
        "Epoch 2/2\n6/6 - 0s - 3ms/step - loss: nan - val_loss: inf\n"
    )
    assert _values(new, "val_loss") == [1.2e-05, math.inf]
    assert math.isnan(_values(new, "loss")[1])
    (old,) = _runs("Epoch 1/2\n242s - loss: 3.6 - val_loss: 1.5\nEpoch 2/2\n218s - loss: 1.1 - val_loss: 0.5\n")
    assert _values(old, "loss") == [3.6, 1.1]


def test_an_evaluation_after_the_training_is_not_an_epoch() -> None:
    after = f"\n4/4 {BAR} - 0s 2ms/step - loss: 7.0 - acc: 0.1\nTest loss: 7.0\nTest accuracy: 0.1\n"
    (run,) = _runs("\n".join(_keras_2(3)) + after)
    assert _values(run, "loss")[-1] == 0.3333
    assert run.length == 3


def test_an_epoch_that_was_killed_is_left_out_and_noted() -> None:
    (run,) = _runs("\n".join(_keras_2(3)) + "\nEpoch 4/10\n2/6 [=====>....] - ETA: 3s - loss: 99.0 - acc: 0.0")
    assert run.length == 3
    assert [note.note for note in run.notes] == ["cut-off"]


def test_runs_begin_where_the_epochs_go_back() -> None:
    runs = _runs("\n".join([*_keras_2(5), *_keras_2(3)]))
    assert [(one.run, one.length) for one in runs] == [(1, 5), (2, 3)]


def test_a_loop_of_single_epochs_is_one_run() -> None:
    (run,) = _runs("\n".join(f"Epoch 1/1\n6/6 {BAR} - 1s - loss: 0.{9 - at}" for at in range(5)))
    assert _values(run, "loss") == [0.9, 0.8, 0.7, 0.6, 0.5]


def test_callbacks_talk_between_the_lines() -> None:
    lines = _keras_2(4)
    lines.insert(2, "\nEpoch 2: val_loss improved from 2.00000 to 1.00000, saving model to best.keras")
    lines.insert(4, "\nEpoch 3: ReduceLROnPlateau reducing learning rate to 0.0001.")
    lines.append("Epoch 4: early stopping\nRestoring model weights from the end of the best epoch: 2.")
    (run,) = _runs("\n".join(lines))
    assert _values(run, "loss") == [1.0, 0.5, 0.3333, 0.25]
    assert run.learning_rate is not None
    assert run.learning_rate[3] == 0.0001
    assert math.isnan(run.learning_rate[2])
    assert ("early-stopping", (4, 4)) in [(note.note, note.epochs) for note in run.notes]


def test_a_paste_that_begins_inside_an_epoch() -> None:
    first, *rest = _keras_2(4)
    (run,) = _runs("\n".join([first.partition("\n")[2], *rest]))
    assert _values(run, "loss") == [1.0, 0.5, 0.3333, 0.25]


@pytest.mark.parametrize(
    ("text", "train", "validation"),
    [
        ("Epoch: {n} | Training Loss: {a} Training F1: 0.5 | Validation Loss: {b}", "Training Loss", "Validation Loss"),
        ("epoch {n} train loss {a} val loss {b}", "train loss", "val loss"),
        ("[Epoch {n}/3] train_loss={a}, val_loss={b}, time=12.3s", "train_loss", "val_loss"),
        ("Epoch {n}/3\n----------\ntrain Loss: {a} Acc: 0.8\nval Loss: {b} Acc: 0.9", "train Loss", "val Loss"),
        ("Epoch {n} | Train: loss {a} acc 0.8 | Val: loss {b} acc 0.7", "train loss", "val loss"),
        ("step {n}: train loss {a}, val loss {b}", "train loss", "val loss"),
        ("INFO:Epoch [{n}] Train Loss: {a}\nINFO:Epoch [{n}] Validation Loss: {b}", "Train Loss", "Validation Loss"),
    ],
)  # fmt: skip
def test_hand_written_loops(text: str, train: str, validation: str) -> None:
    (run,) = _runs("\n".join(text.format(n=n, a=1 / n, b=2 / n) for n in (1, 2, 4)))
    assert _values(run, train) == [1.0, 0.5, 0.25]
    assert _values(run, validation) == [2.0, 1.0, 0.5]
    assert {one.name: one.split for one in run.series}[validation] == "validation"


def test_steps_inside_an_epoch_are_averaged() -> None:
    lines = []
    for epoch in (1, 2):
        lines += [
            f"Train Epoch: {epoch} [{seen}/300 ({seen}%)]\tLoss: {loss / epoch}"
            for seen, loss in ((0, 4.0), (150, 2.0))
        ]
        lines.append(f"Test set: Average loss: {5.0 / epoch}, Accuracy: 270/300 (90%)")
    (run,) = _runs("\n".join(lines))
    assert _values(run, "train Loss") == [3.0, 1.5]
    assert _values(run, "test Accuracy") == [0.9, 0.9]


def test_darknet() -> None:
    (run,) = _runs(
        "\n".join(f" {n}: {2 / n}, {3 / n} avg loss, 0.001000 rate, 0.7 seconds, 64 images" for n in (1, 2, 4))
    )
    assert _values(run, "train avg loss") == [3.0, 1.5, 0.75]
    assert run.axis == "iteration"


def test_the_trainers_console() -> None:
    lines = ["  3%|▎         | 10/300 [00:01<00:20]"]
    for epoch in (1.0, 2.0):
        lines.append(f"{{'loss': {4 / epoch}, 'grad_norm': 1.5, 'learning_rate': 0.001, 'epoch': {epoch - 0.5}}}")
        lines.append(f"{{'loss': {2 / epoch}, 'grad_norm': nan, 'learning_rate': 0.001, 'epoch': {epoch}}}")
        lines.append(f"{{'eval_loss': {5 / epoch}, 'eval_runtime': 3.1, 'epoch': {epoch}}}")
    (run,) = _runs("\n".join([*lines, "{'train_runtime': 9.0, 'train_loss': 2.0, 'epoch': 2.0}"]))
    assert _values(run, "loss") == [3.0, 1.5]
    assert _values(run, "eval_loss") == [5.0, 2.5]
    assert run.axis == "epoch"
