"""Curves in characters: shapes, gaps, extremes, scales."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.curves import Curves, Series
from diagnose.renderers import Look
from diagnose.renderers.chart import chart
from diagnose.renderers.plotted import Panel, condense, scale


def one(values, name="loss", split="train"):
    array = np.array(values, dtype=np.float64)
    return Series(name, split, "loss", "min", np.arange(1, len(array) + 1), array)


SIXTY = Look(60)


def drawn(values, look=SIXTY, validation=None):
    train = one(values)
    val = one(validation, "val_loss", "validation") if validation is not None else None
    shown = Panel("loss", train, val, None)
    return chart(shown, Curves(shown.series, len(train.values)), look)


def test_a_falling_line_steps_down_from_left_to_right():
    rows = drawn([5.0, 4.0, 3.0, 2.0, 1.0], Look(60, plain=True))[:5]
    starts = [row.index(".", row.index("+") if "+" in row else row.index("|")) for row in rows]
    assert starts == sorted(starts)
    assert len(set(starts)) == 5


def test_ticks_name_the_range_and_the_end_names_curve_and_value():
    rows = drawn([5.0, 4.0, 3.0, 2.0, 1.0])
    assert rows[0].lstrip().startswith("5.00 ┤")
    assert rows[2].lstrip().startswith("3.00 ┤")
    assert rows[4].lstrip().startswith("1.00 ┤")
    assert rows[4].endswith("loss 1.00")


def test_braille_starts_at_the_top_left_dot_and_ends_at_the_bottom_right_one():
    rows = drawn(np.linspace(5, 1, 400))
    assert ord(rows[0].split("┤")[1][0]) - 0x2800 & 0x01
    assert ord(rows[4].split("  loss")[0][-1]) - 0x2800 & 0x80


def test_a_gap_of_nan_stays_empty():
    values = [1.0] * 20 + [np.nan] * 20 + [1.0] * 20
    row = next(row for row in drawn(values, Look(60, plain=True)) if "..." in row)
    line = row.split("+")[1].split("  . loss")[0]
    third = len(line) // 3
    assert line[third + 2 : 2 * third - 2].strip() == ""
    assert line[: third - 2] == "." * (third - 2)


def test_a_single_spike_in_a_million_points_is_seen():
    values = np.ones(1_000_000)
    values[123_456] = 2.0
    rows = drawn(values, Look(60, plain=True))
    assert "." in rows[0].split("+")[1].split("  . ")[0]
    assert rows[0].lstrip().startswith("2.00 +")


def test_labels_of_curves_that_end_together_stand_on_different_rows():
    rows = drawn([3.0, 2.0, 1.0], validation=[3.1, 2.1, 1.01])
    above = next(at for at, row in enumerate(rows) if row.endswith("val_loss 1.01"))
    below = next(at for at, row in enumerate(rows) if row.endswith(" loss 1.00"))
    assert above == below - 1


def test_in_ascii_both_curves_are_seen_where_they_lie_together():
    text = "\n".join(drawn(np.linspace(3, 1, 30), Look(60, plain=True), np.linspace(3, 1, 30)))
    assert "*.*." in text.replace(" ", "") or ".*.*" in text.replace(" ", "")


@pytest.mark.parametrize("values", [[np.nan] * 4, [np.inf, np.inf]])
def test_nothing_finite_draws_nothing(values):
    assert drawn(values) == []


@pytest.mark.parametrize(
    "values", [[1e308, -1e308, 1e308], [0.5] * 9, [7.0], [0.0, 0.0], [1e-300, 1e300], [-3.0, np.inf, -1.0]]
)
def test_extreme_values_draw_without_complaint(values):
    rows = drawn(values, Look(40))
    assert len(rows) >= 6
    assert max(map(len, rows)) <= 40


def test_a_wide_range_asks_for_a_log_scale():
    assert scale([one([1000.0, 10.0, 1.0])], 3) == "log"
    assert scale([one([1.0, 0.9, 0.8])], 3) == "linear"
    assert scale([one([1000.0, 1.0, -1.0])], 3) == "linear"  # no logarithm of a negative loss
    vanishing, rising = one([1.0, 0.01, 1e-6]), one([1.0, 0.5, 0.9], "val_loss", "validation")
    assert scale([vanishing, rising], 3) == "linear"  # the rise of the validation loss is what must be seen
    assert scale([one([20.0, 1.1, 1.05, 1.02, 1.0, 1.0])], 6) == "log"  # all that matters lies in the foot


def test_condensing_keeps_the_extremes_and_the_order():
    rng = np.random.default_rng(3)
    values = rng.normal(size=50_000)
    values[777], values[33_333] = 99.0, -99.0
    epochs = np.arange(1, 50_001)
    xs, ys = condense(epochs, values, 50_000, 100)
    assert len(xs) <= 400
    assert ys.max() == 99.0
    assert ys.min() == -99.0
    assert (np.diff(xs) > 0).all()
    assert (values[xs.astype(int) - 1] == ys).all()


def test_condensing_leaves_short_curves_alone_and_gaps_open():
    epochs = np.arange(1, 10_001)
    values = np.ones(10_000)
    values[4000:6000] = np.nan
    xs, ys = condense(epochs, values, 10_000, 50)
    gap = ys[(xs > 4300) & (xs < 5700)]
    assert len(gap) > 0
    assert np.isnan(gap).all()
    assert condense(epochs[:10], values[:10], 10, 50)[1].tolist() == [1.0] * 10
