"""The re-run's report in every format, from reports made by hand."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from diagnose.errors import UsageError
from diagnose.experiments.exporting import as_csv, as_json, export, record
from diagnose.experiments.report import Baseline, RerunReport, Result, Winner
from diagnose.experiments.statistics import Estimate
from diagnose.experiments.store import Entry
from diagnose.experiments.trial import Outcome
from diagnose.experiments.writeup import FORMATS, render, words
from diagnose.renderers import Look

SCHEMA = json.loads(files("diagnose.schema").joinpath("diagnose-rerun-1.json").read_text(encoding="utf-8"))
NONE = Estimate(None, None, 0)
FALLING = {"loss": [0.9, 0.5, 0.3, 0.2], "val_loss": [0.9, 0.6, 0.7, 0.9]}
SETTLED = {"loss": [0.9, 0.6, 0.5, 0.45], "val_loss": [0.9, 0.65, 0.55, 0.5]}
WHY = "val_loss was best at epoch 2; units that are left out at random cannot rely on one another."


def result(**more):
    known = {
        "technique": "dropout",
        "settings": {"rate": 0.5},
        "treats": ("overfit",),
        "trials": 3,
        "score": 0.75,
        "difference": Estimate(0.1, (0.05, 0.15), 3),
        "helped": True,
        "loss": 0.5,
        "loss_difference": Estimate(-0.2, (-0.3, -0.1), 3),
        "loss_helped": True,
        "diagnosis": "good-fit",
        "intent": "treat overfit with dropout: val_loss ends 50% above its best",
        "expectation": WHY,
        "finding": "it helps: accuracy rises by 0.1 (95% interval +0.05 to +0.15, 3 seeds)",
        "curves": (SETTLED, SETTLED, SETTLED),
        "scores": (0.74, 0.75, 0.76),
        "differences": (0.08, 0.1, 0.12),
        "seconds": 2.5,
    }
    whole = Result(**(known | more))
    return whole if whole.steps else replace(whole, steps=((whole.technique, whole.settings),))


DROPPED = {
    "trials": 1,
    "score": 0.6,
    "difference": Estimate(-0.05, None, 1),
    "helped": False,
    "loss_difference": Estimate(0.1, None, 1),
    "loss_helped": False,
    "dropped": True,
    "finding": "dropped after 1 seed: others did better on the validation rows",
    "scores": (0.6,),
    "differences": (-0.05,),
}


def report(*results, **more):
    """An overfit baseline of accuracy 0.65 in three seeds."""
    known = {
        "metric": "accuracy",
        "direction": "max",
        "judged_on": "test",
        "seeds": 3,
        "level": 0.95,
        "baseline": Baseline(
            "overfit", Estimate(0.65, (0.6, 0.7), 3), Estimate(0.7, (0.6, 0.8), 3), 0.5,
            "val_loss ends 50% above its best", (FALLING,) * 3, 2.0, (0.64, 0.65, 0.66),
        ),
        "results": results,
        "winner": None,
        "next_step": "keep the training as it is",
        "method": ("30 rows to train on", "seeds 0 to 2"),
        "directory": "circles.rerun",
        "trials": 7,
        "seconds": 130.0,
        "versions": {"keras": "3.15"},
    }  # fmt: skip
    return RerunReport(**(known | more))


@pytest.fixture
def helped():
    """Dropout 0.5 helped, 0.2 was dropped, weight regularization failed, two were left out."""
    winner = Winner((("dropout", {"rate": 0.5}),), "circles.rerun/winner.keras", "layers.Dropout(0.5)\n")
    failed = result(
        technique="weight-regularization", settings={"l1": 0.0, "l2": 0.01}, score=None, difference=NONE, helped=False,
        loss=None, loss_difference=NONE, loss_helped=False, curves=(), scores=(), differences=(),
        intent="treat overfit with weight-regularization", finding="could not be tried: no layer has weights",
        diagnosis="unjudged",
    )  # fmt: skip
    return report(
        result(),
        result(settings={"rate": 0.2}, **DROPPED),
        failed,
        winner=winner,
        left_out=(("data-audit", "to be done by hand"), ("capacity", "to be done by hand"), ("x", "no")),
        next_step="take the winner",
    )


@pytest.fixture
def nothing():
    """Interrupted after one training of the baseline: no score has an interval, nothing was tried."""
    base = Baseline("unjudged", Estimate(0.65, None, 1), Estimate(0.7, None, 1), None)
    return report(baseline=base, complete=False, stopped="interrupted", trials=1, next_step="go on with --resume")


def closed(schema):
    """The schema with every object of named keys closed to others."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: closed(value) for key, value in schema.items()}
    if out.get("type") == "object" and "properties" in out:
        out["additionalProperties"] = False
    return out


def test_the_schema_is_one_and_requires_all_it_describes():
    Draft202012Validator.check_schema(SCHEMA)
    for described in (SCHEMA, *(one for one in SCHEMA["$defs"].values() if "properties" in one)):
        assert set(described["required"]) == set(described["properties"])


@pytest.mark.parametrize("kind", ["helped", "nothing"])
def test_json_fits_the_schema_and_has_nothing_beyond_it(kind, request):
    found = json.loads(render("json", request.getfixturevalue(kind)))
    Draft202012Validator(closed(SCHEMA)).validate(found)


def test_a_technique_that_helped_without_an_interval_does_not_fit_the_schema(helped):
    found = helped.to_dict()
    found["results"][0]["interval"] = None
    assert not Draft202012Validator(SCHEMA).is_valid(found)


def test_the_contract_s_own_keys_hold_what_they_say(helped):
    found = helped.to_dict()
    first = found["results"][0]
    assert (first["technique"], first["settings"], first["treats"]) == ("dropout", {"rate": 0.5}, ["overfit"])
    assert (first["difference"], first["interval"], first["loss_interval"]) == (0.1, [0.05, 0.15], [-0.3, -0.1])
    assert found["baseline"]["interval"] == [0.6, 0.7]
    assert found["winner"]["model"] == "circles.rerun/winner.keras"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", ["helped", "nothing"])
def test_every_format_ends_in_one_line_break(form, kind, request):
    text = render(form, request.getfixturevalue(kind))
    assert text.endswith("\n") and not text.endswith("\n\n")


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_every_part_of_the_template_is_told(form, helped):
    text = " ".join(re.sub(r"<[^>]*>|[\\*`]", " ", render(form, helped)).split())
    for part in ("Intent", "Expectation", "Method", "Result", "Finding"):
        assert part in text
    assert "it helps: accuracy rises by 0.1" in text
    assert "dropped after 1 seed" in text
    assert "0.74 to 0.76 over 3 seeds" in text
    assert "could not be tried: no layer has weights" in text
    assert "data-audit, capacity: to be done by hand" in text
    assert "layers.Dropout(0.5)" in text
    assert "circles.rerun/winner.keras" in text
    assert "7 trainings, 2 min of training" in text


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_what_settings_share_is_said_once(form, helped):
    text = " ".join(re.sub(r"<[^>]*>|\\", "", render(form, helped)).split())
    assert text.count("units that are left out at random cannot rely on one another") == 2  # two techniques
    assert text.count("treat overfit with dropout") == 1
    assert text.count("val_loss ends 50% above its best") == 1  # with the baseline


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_what_ended_it_is_told(form, nothing):
    text = render(form, nothing)
    assert "interrupted" in text and "Nothing was tried yet" in text and "--resume" in text


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_text_keeps_to_the_width(width, helped):
    long = replace(helped, results=(result(settings={"first_setting": 0.00012, "second_setting": 1234567}),))
    for one in (helped, long):
        assert max(map(len, render("text", one, Look(width)).splitlines())) <= width


def test_text_has_colours_only_where_they_are_wanted(helped):
    assert "\x1b" not in render("text", helped, Look(80))
    assert "\x1b[1;32mhelped\x1b[0m" in render("text", helped, Look(80, color=True))
    assert "\x1b" not in str(helped)


def test_text_is_ascii_where_the_place_shows_no_more(helped):
    assert render("text", helped, Look(80, plain=True)).isascii()


def test_curves_of_one_report_are_drawn_on_one_scale(helped):
    text = render("text", helped)
    before = re.search(r"Before +(\S+) val_loss 0.9 to 0.9", text)
    after = re.search(r"After +(\S+) val_loss 0.9 to 0.5", text)
    assert before and after
    assert before[1][0] == after[1][0] == "█"  # both begin at 0.9, the highest value of all
    assert before[1][-1] == "█" and after[1][-1] == "▁"  # 0.5 is the lowest


def test_a_curve_that_explodes_does_not_press_the_others_flat():
    wild = {"loss": [0.9, 5.0, 1e9], "val_loss": [0.9, "Infinity", None, 1e9]}
    scale = words.Scale(report(result(curves=(wild,))))
    assert (scale.low, scale.high) == (0.6, 0.9)
    assert scale.line([wild]).startswith("█··█ ")


def test_names_cannot_command_a_terminal(helped):
    evil = replace(helped, directory="a\x1b[31mb", results=(result(finding="x\x1b]0;y", notes=("z\x07",)),))
    for form in ("text", "markdown", "html"):
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", render(form, evil))


class Tags(HTMLParser):
    """Collects tags and text, and fails on a tag that is closed out of turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert [one for one in self.open if one not in ("meta",)] == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        while self.open[-1] == "meta":
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("kind", ["helped", "nothing"])
def test_html_is_well_formed_and_fetches_nothing(kind, request):
    page = render("html", request.getfixturevalue(kind))
    tags = Tags(page)
    assert not {"script", "img", "link", "iframe"} & set(tags.seen)
    assert "http" not in re.sub(r"http://www\.w3\.org/[\w/]+", "", page)
    assert not re.search(r"url\((?!#)|@import", page)


def test_html_draws_the_intervals_and_the_curves_of_each_that_has_some(helped):
    drawings = re.findall(r"<svg.*?</svg>", render("html", helped), re.DOTALL)
    assert len(drawings) == 3  # intervals, dropout 0.5, dropout 0.2; the one that failed has no curves
    for one in drawings:
        ElementTree.fromstring(one)
    assert "loss before" in drawings[1] and "loss after" in drawings[1]


def test_html_is_the_same_every_time(helped):
    assert render("html", helped) == render("html", helped)


def test_html_escapes_every_name(helped):
    evil = "<script>alert(1)</script>"
    whole = replace(
        helped,
        metric=evil,
        directory=evil,
        next_step=evil,
        method=(evil,),
        left_out=(("x", evil),),
        baseline=replace(helped.baseline, summary=evil, diagnosis=evil),
        winner=replace(helped.winner, model=evil, code=evil),
        results=(result(finding=evil, intent=evil, expectation=evil, notes=(evil,), settings={"s": evil}),),
    )
    tags = Tags(render("html", whole))
    assert "script" not in tags.seen
    assert tags.text.count(evil) >= 12


def test_markdown_shows_names_unchanged(helped):
    text = render("markdown", replace(helped, next_step="a_b|c <b> @someone #3"))
    assert r"a\_b\|c &lt;b&gt; &#64;someone &#35;3" in text


def test_a_notebook_shows_the_page_s_content(helped):
    shown = helped._repr_html_()
    assert shown.startswith('<div class="diagnose-rerun">') and shown in render("html", helped)


def lines(figure):
    return [line for ax in figure.findobj(lambda one: hasattr(one, "get_lines")) for line in ax.get_lines()]


def test_the_plot_draws_the_interval_and_every_curve(helped, tmp_path):
    figure = helped.plot(tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    drawn = [list(line.get_xdata()) for line in lines(figure)]
    assert [0.05, 0.15] in drawn and [-0.3, -0.1] in drawn
    values = [list(line.get_ydata()) for line in lines(figure)]
    assert values.count(FALLING["val_loss"]) == 3  # three seeds, before; the dropped setting is not drawn
    assert values.count(SETTLED["val_loss"]) == 3


def test_the_plot_of_nothing_is_a_picture(nothing, tmp_path):
    nothing.plot(tmp_path / "p.svg")
    assert (tmp_path / "p.svg").read_bytes().startswith(b"<?xml")


def test_the_plot_s_ending_is_checked(helped, tmp_path):
    with pytest.raises(UsageError, match=r"\.png, \.svg or \.pdf"):
        helped.plot(tmp_path / "p.gif")
    assert list(tmp_path.iterdir()) == []


def test_later_rounds_are_compared_with_what_they_began_with():
    first = result()
    second = result(
        technique="early-stopping",
        settings={"patience": 5},
        steps=(*first.steps, ("early-stopping", {"patience": 5})),
        round=2,
        curves=(FALLING,),
    )
    whole = report(first, second)
    assert words.before(whole, second) == first.curves
    assert words.before(whole, first) == whole.baseline.curves
    text = render("text", whole)
    assert "EARLY STOPPING   round 2" in text
    assert "patience=5, on top of dropout rate=0.5" in text
    assert "in pairs with those of dropout rate=0.5" in " ".join(text.split())


@pytest.mark.parametrize("style", ["text", "markdown", "html"])
def test_the_table_says_what_a_later_round_is_compared_with(style):
    first = result(score=0.8125)
    later = result(technique="early-stopping", settings={"patience": 5}, round=2, score=0.75)
    later = replace(later, steps=(*first.steps, ("early-stopping", {"patience": 5})))
    shown = render(style, report(first, later))
    head = shown.index("round 2: dropout rate=0.5")
    assert shown.index("dropout 0.5") < head < shown.index("early-stopping 5")
    assert shown[head:].index("0.8125") < shown[head:].index("0.75")


TRAINED = record(
    Entry((("dropout", {"rate": 0.5}),), 1),
    Outcome(
        choice={"accuracy": 0.7, "loss": None}, verdict={"accuracy": 0.6}, seconds=1.5, epochs=2,
        notes=("a, b",), versions={"keras": "3"}, run={"columns": {"loss": [1.0, float("nan")]}},
    ),
)  # fmt: skip
FAILED = record(Entry((), 0), Outcome(failed="the process died"))


def test_csv_has_a_row_a_training_and_scores_in_columns():
    rows = list(csv.DictReader(io.StringIO(as_csv([TRAINED, FAILED]))))
    assert len(rows) == 2
    assert (rows[0]["techniques"], rows[0]["seed"], rows[0]["choice_accuracy"]) == ("dropout rate=0.5", "1", "0.7")
    assert (rows[0]["choice_loss"], rows[0]["verdict_accuracy"], rows[0]["seconds"]) == ("", "0.6", "1.5")
    assert json.loads(rows[0]["history"]) == {"loss": [1.0, "NaN"]}
    assert json.loads(rows[0]["steps"]) == [{"technique": "dropout", "settings": {"rate": 0.5}}]
    assert (rows[1]["techniques"], rows[1]["failed"]) == ("baseline", "the process died")


def test_exported_json_is_strict_and_whole():
    found = json.loads(as_json([TRAINED, FAILED]), parse_constant=pytest.fail)
    assert found["schema"] == "diagnose-trials/1"
    assert found["trials"][0]["notes"] == ["a, b"] and found["trials"][0]["versions"] == {"keras": "3"}


def test_export_goes_by_the_ending(tmp_path):
    export([TRAINED], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().startswith("techniques,seed,")
    with pytest.raises(UsageError, match=r"\.csv or \.json"):
        export([TRAINED], tmp_path / "t.txt")
    assert [one.name for one in tmp_path.iterdir()] == ["t.csv"]


def test_where_a_name_is_cut_the_settings_still_tell_rows_apart():
    long = [
        result(technique="learning-rate-schedule", settings=given, steps=(("learning-rate-schedule", given),))
        for given in ({"factor": factor, "patience": 10} for factor in (0.1, 0.5))
    ]
    text = render("text", report(results=tuple(long)))
    rows = [row.split("  ")[0] for row in text.splitlines() if row.startswith("learning-")]
    assert rows[0].endswith("… factor=0.1 patience=10")
    assert rows[1].endswith("… factor=0.5 patience=10")
