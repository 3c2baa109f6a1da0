"""The picture: what is drawn, where it is marked, and that nothing else is touched."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from diagnose.curves import Curves, Note, Series
from diagnose.errors import UsageError
from diagnose.renderers.figure import draw, draw_all
from diagnose.report import Report

STARTS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


def axes(report):
    return draw(report).axes


@pytest.mark.parametrize("suffix", STARTS)
def test_the_suffix_says_the_format(suffix, overfit, tmp_path):
    path = tmp_path / f"curves{suffix}"
    overfit().plot(path)
    assert path.read_bytes().startswith(STARTS[suffix])
    assert [one.name for one in tmp_path.iterdir()] == [path.name]  # no temporary file stays


def test_another_suffix_names_the_three(overfit, tmp_path):
    with pytest.raises(UsageError, match=r"\.png, \.svg or \.pdf, found '.*x\.jpg'"):
        overfit().plot(tmp_path / "x.jpg")


def test_both_curves_the_best_epoch_and_the_shade_are_there(overfit):
    (ax,) = axes(overfit())
    labels = {line.get_label(): line for line in ax.lines}
    assert set(labels) == {"loss  0.0522", "val_loss  0.558", "best 0.370, epoch 19"}
    assert labels["best 0.370, epoch 19"].get_xydata().tolist() == [[19.0, 0.37]]
    assert labels["val_loss  0.558"].get_xdata().tolist() == list(range(1, 51))
    (shade,) = ax.patches
    assert shade.get_extents().width > 0
    assert (shade.get_x(), shade.get_x() + shade.get_width()) == (19.5, 50.5)


def test_the_verdict_is_the_title(overfit):
    title = draw(overfit()).get_suptitle()
    assert title == "OVERFIT: generalization problem, since epoch 20, confidence 97%\nhistory.csv"


def test_a_second_metric_has_a_second_panel(overfit):
    report = overfit()
    accuracy = Series("acc", "train", "accuracy", "max", np.arange(1, 51), np.linspace(0.5, 0.9, 50))
    both = Curves((*report.curves.series, accuracy), 50)
    found = axes(Report("x", both, "good-fit", None, 0.9, True, best=report.best))
    assert [ax.get_ylabel() for ax in found] == ["loss", "accuracy"]


def test_a_wide_range_is_drawn_on_a_log_axis(diverging, overfit):
    assert axes(diverging())[0].get_yscale() == "log"
    assert axes(overfit())[0].get_yscale() == "linear"


def test_notes_and_steps_of_the_learning_rate_are_thin_lines(healthy):
    report = healthy(notes=(Note("resumed", "resumed", (10, 10)),))
    rates = np.r_[np.full(30, 0.1), np.full(30, 0.01)]
    stepped = Curves(report.curves.series, 60, learning_rate=rates)
    (ax,) = axes(Report("x", stepped, "good-fit", None, 0.9, True, noticed=lambda: report.notes))
    upright = [
        line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2
    ]
    assert upright == [9.5, 30.5]  # the rate is lower from epoch 31 on


def test_names_are_not_formulas_and_not_hidden(overfit):
    figure = draw(overfit(source="$\\frac{1$.csv", name="_$x_{$"))
    figure.canvas.draw()
    assert any("_$x_{$" in text.get_text() for text in figure.axes[0].get_legend().get_texts())


@pytest.mark.parametrize(
    "values", [[0.5], [np.nan] * 5, [np.inf, 1.0], [1.0, np.nan, 1.0], [0.0] * 8, [-1.0, -2.0, -3.0]]
)
def test_odd_curves_are_drawn(values, tmp_path):
    array = np.array(values)
    run = Curves((Series("loss", "train", "loss", "min", np.arange(1, len(array) + 1), array),), len(array))
    draw(Report("x", run, "too-short", None, 0.0, None), tmp_path / "odd.png")
    assert (tmp_path / "odd.png").stat().st_size > 1000


def test_a_million_points_become_few_and_keep_the_spike():
    values = np.ones(1_000_000)
    values[654_321] = 9.0
    run = Curves((Series("loss", "train", "loss", "min", np.arange(1, 1_000_001), values),), 1_000_000)
    (ax,) = axes(Report("x", run, "unjudged", None, 0.0, None))
    drawn = ax.lines[0].get_xydata()
    assert len(drawn) < 4000
    assert [654_322.0, 9.0] in drawn.tolist()


def test_a_grid_shows_thirty_and_counts_the_rest(healthy, tmp_path):
    assert draw_all([healthy(source=f"{at}.csv") for at in range(32)], tmp_path / "grid.svg") == 2
    assert draw_all([healthy(), healthy()], tmp_path / "two.svg") == 0


def test_pyplot_and_the_settings_are_left_alone(tmp_path):
    program = """
import sys, numpy as np, matplotlib
before = matplotlib.rcParams.copy()  # dict() would ask for the backend, and so import pyplot
from diagnose.curves import Curves, Series
from diagnose.report import Report
run = Curves((Series("loss", "train", "loss", "min", np.arange(1, 4), np.array([3.0, 2.0, 1.0])),), 3)
Report("x", run, "too-short", None, 0.0, None).plot(sys.argv[1])
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams.copy() == before
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "x.pdf")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def grid(reports, path, monkeypatch):
    """The labels of the horizontal axes in the picture of several reports."""
    kept = []
    monkeypatch.setattr("diagnose.renderers.figure.picture", lambda figure, form: kept.append(figure) or b"")
    draw_all(reports, path)
    return [ax.get_xlabel() for ax in kept[0].axes]


def test_a_grid_names_the_axis_below_each_column(healthy, tmp_path, monkeypatch):
    assert grid([healthy(), healthy()], tmp_path / "x.svg", monkeypatch) == ["epoch", "epoch"]
    assert grid([healthy()] * 3, tmp_path / "x.svg", monkeypatch) == ["", "epoch", "epoch", ""]


def test_a_grid_names_every_axis_where_they_differ(healthy, tmp_path, monkeypatch):
    steps = Curves(healthy().curves.series, 60, axis="step", numbering=np.arange(60.0) * 500)
    other = Report("x", steps, "good-fit", None, 0.9, True)
    logged = "logged point (step 0...29500)"
    assert grid([other, healthy(), healthy()], tmp_path / "x.svg", monkeypatch)[:3] == [logged, "epoch", "epoch"]


def test_ticks_are_whole_and_none_stands_twice():
    """A run of one epoch has one."""
    for length in (1, 2, 3):
        loss = Series("loss", "train", "loss", "min", np.arange(1, length + 1), np.linspace(1, 0.5, length))
        figure = draw(Report("x", Curves((loss,), length), "too-short", None, 0.0, None))
        figure.canvas.draw()
        (ax,) = figure.axes
        low, high = ax.get_xlim()
        ticks = [(at, one.get_text()) for at, one in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)]
        assert [text for at, text in ticks if low <= at <= high] == [str(one) for one in range(1, length + 1)]
