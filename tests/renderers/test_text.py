"""The card: what must stand on it, and that it fits."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from diagnose.curves import Note
from diagnose.errors import ReadError
from diagnose.renderers import Look, render
from diagnose.renderers.text import render as card
from diagnose.report import Unjudged

KINDS = ["overfit", "healthy", "diverging", "short", "unvalidated"]


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in line)


def test_verdict_comes_before_everything_else(overfit):
    lines = card(overfit()).splitlines()
    assert lines[0] == "history.csv   Keras CSVLogger, 50 epochs, loss, with validation"
    assert lines[1] == ""
    assert lines[2] == "  OVERFIT   generalization problem, since epoch 20, confidence 97%"


def test_card_has_reason_numbers_advice_and_where_to_read_on(overfit):
    text = card(overfit())
    assert "  Why   val_loss ends 51% above its best (0.370, epoch 19)\n" in text
    assert 'early stopping: EarlyStopping("val_loss", patience=5,' in text
    (alternatives,) = [line for line in text.splitlines() if line.startswith("        or dropout ")]
    assert alternatives.endswith(" diagnose explain overfit")
    assert "  Fine  learning, stability, late variance" in text
    assert "  Maybe a noisy validation curve that happens to end high\n" in text


def test_card_shows_last_values_and_best_epoch_in_the_chart(overfit):
    lines = card(overfit()).splitlines()
    assert [line for line in lines if line.endswith("val_loss 0.558")]
    assert [line for line in lines if line.endswith(" loss 0.0522")]  # 1.18 * 0.9376**49 + 0.002
    assert [line for line in lines if "▲ best 0.370, epoch 19" in line]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [80, 60, 40])
@pytest.mark.parametrize("plain", [False, True])
def test_no_line_is_wider_than_the_terminal(kind, width, plain, request):
    report = request.getfixturevalue(kind)(source="a/long/path/" * 9 + "history.csv")
    assert max(columns(line) for line in card(report, Look(width, False, plain)).splitlines()) <= width


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_at_most_twenty_lines(kind, request):
    assert len(card(request.getfixturevalue(kind)()).splitlines()) <= 20


def test_healthy_is_five_lines(healthy):
    lines = card(healthy()).splitlines()
    assert len(lines) == 5
    assert lines[2] == "  GOOD FIT   healthy, confidence 93%"
    assert lines[3] == "  Ends  val_loss 0.377 at the end, best 0.371 at epoch 55"


def test_too_short_says_how_many_points_are_needed(short):
    text = card(short())
    assert "  TOO SHORT   3 usable points; it takes at least 5 to judge a trend" in text
    assert "  Needs train for more epochs, or log at least 5 points of the run" in text


def test_without_validation_says_what_would_make_it_possible(unvalidated):
    text = card(unvalidated())
    assert "  UNJUDGED   no validation curve; the training curve alone shows no problem" in text
    assert "  Open  overfit, high variance: no validation curve" in text
    assert "validation_split=0.2" in text
    assert "  Notes the run was resumed at epoch 10" in text


def test_without_a_direction_it_is_asked_for(short, unvalidated):
    def undirected(report):
        series = tuple(replace(one, direction=None, metric="value") for one in report.curves.series)
        return replace(report, curves=replace(report.curves, series=series), diagnosis="unjudged")

    both = card(undirected(short()))
    assert "  UNJUDGED   nothing tells whether lower or higher is better for loss, val_loss" in both
    assert both.rstrip().endswith("  Needs say which way is better: --direction min or --direction max")
    alone = " ".join(card(undirected(unvalidated())).split())
    assert "--direction max, and name the validation curve: --validation NAME" in alone


def test_values_that_are_not_numbers_are_not_usable_points(short):
    report = short()
    for one in report.curves.series:
        one.values.flags.writeable = True
        one.values[1:] = np.nan
    assert "1 usable point;" in card(report)


def test_further_findings_have_one_line_each(overfit):
    first = overfit().findings[0]
    extra = {"area": "prediction", "confidence": 0.62, "epochs": (40, 50)}
    second = type(first)(
        **{**{name: getattr(first, name) for name in first.__slots__}, **extra, "rule": "high-variance"}
    )
    lines = [line for line in card(overfit(findings=(first, second))).splitlines() if line.startswith("  Also")]
    assert len(lines) == 1
    assert lines[0].startswith("  Also  high variance (prediction, since epoch 40, 62%): val_loss ends 51%")


def test_names_cannot_send_escape_sequences_to_the_terminal(overfit):
    text = card(overfit(source="\x1b[2Jx\n.csv", name="val\x1b]0;t\x07"))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\\x1b[2Jx .csv" in text


def test_wide_letters_count_twice(overfit):
    text = card(overfit(source="学習曲線" * 30 + ".csv", name="検証損失"), Look(60))
    assert max(columns(line) for line in text.splitlines()) <= 60


def test_color_only_when_asked_for(overfit):
    assert "\x1b" not in card(overfit())
    painted = card(overfit(), Look(80, color=True))
    assert "\x1b[1;33mOVERFIT\x1b[0m" in painted


def test_ascii_only_when_asked_for(overfit, healthy, unvalidated):
    for one in (overfit(), healthy(), unvalidated()):
        assert card(one, Look(80, plain=True)).isascii()


def test_several_histories_worst_first_then_the_count(overfit, healthy, diverging, short):
    text = render(
        "text", [healthy(), short(), overfit(source="b.csv"), overfit(source="a.csv", confidence=0.99), diverging()]
    )
    lines = text.splitlines()
    # Areas in their order, the surer first, then the untold, then the healthy.
    assert [line.split()[0] for line in lines[:5]] == ["nan.csv", "a.csv", "b.csv", "short.csv", "good.csv"]
    assert lines[1].split() == ["a.csv", "overfit", "99%", "since", "epoch", "20"]
    assert lines[-1] == "5 histories: 2 overfit, 1 good-fit, 1 too-short, 1 diverging"


def test_a_count_says_how_many_could_not_be_read(healthy):
    text = render("text", [healthy()], [ReadError("no", source="x.csv")])
    assert text.splitlines()[-1] == "1 history: 1 good-fit; 1 not read"


def test_nothing_read_says_nothing():
    assert render("text", [], [ReadError("no")]) == ""


def test_notes_are_counted_beyond_the_first(healthy):
    notes = (Note("resumed", "the run was resumed at epoch 10"), Note("warm-up", "warm-up"), Note("cycle", "cycle"))
    assert "  Notes the run was resumed at epoch 10 (and 2 more notes)" in card(healthy(notes=notes))


def test_reasons_are_grouped(unvalidated):
    report = unvalidated(unjudged=(Unjudged("a-b", "x"), Unjudged("c", "y"), Unjudged("d", "y")))
    text = card(report)
    assert text.index("Open  c, d: y") < text.index("Open  a b: x")
