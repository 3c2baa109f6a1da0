"""The source course's LeNet with normalization, pasted as a console log on one line, the line breaks lost."""

import numpy as np

from diagnose import diagnose
from diagnose.readers import read


def log():
    """The course gives first, best and last figures; the epochs between lie on lines through them."""
    at = np.arange(1, 11)
    loss = np.interp(at, [1, 10], [1.464, 0.447])
    val_loss = np.interp(at, [1, 4, 10], [1.3, 1.098, 1.265])
    val_acc = np.interp(at, [1, 4, 7, 10], [0.53, 0.623, 0.635, 0.618])
    acc = np.interp(at, [1, 10], [0.48, 0.84])
    return " ".join(
        f"Epoch {epoch}/10 196/196 [==============================] - 2s 12ms/step - loss: {loss[epoch - 1]:.4f} - "
        f"acc: {acc[epoch - 1]:.4f} - val_loss: {val_loss[epoch - 1]:.4f} - val_acc: {val_acc[epoch - 1]:.4f}"
        for epoch in at
    )


def test_it_is_read_whole(tmp_path):
    file = tmp_path / "log.txt"
    file.write_text(log())
    ((curves,),) = read(file)
    assert curves.length == 10
    assert curves.of("validation", "loss").values[3] == 1.098


def test_it_is_overfit_by_its_loss_while_its_accuracy_holds(tmp_path):
    file = tmp_path / "log.txt"
    file.write_text(log())
    report = diagnose(file)
    found = {one.rule: one for one in report.findings}
    assert report.area == "generalization"
    assert {"overfit", "overconfident"} <= set(found)
    assert found["overfit"].epochs == (5, 10)
    assert abs(found["overfit"].harm - (1.265 / 1.098 - 1)) < 0.01
