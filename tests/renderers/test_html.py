"""What a notebook shows: self-contained, escaped, with a drawing."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from diagnose.curves import Curves, Series
from diagnose.report import Report

KINDS = ["overfit", "healthy", "diverging", "short", "unvalidated"]


class Tags(HTMLParser):
    """Collects tags and text, and fails on a tag that is closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def drawing(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])


@pytest.mark.parametrize("kind", KINDS)
def test_well_formed_and_without_anything_from_outside(kind, request):
    html = request.getfixturevalue(kind)()._repr_html_()
    tags = Tags(html)
    assert not {"script", "img", "link", "iframe", "style"} & set(tags.seen)
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")


def test_verdict_reason_and_code(overfit):
    text = Tags(overfit()._repr_html_()).text
    assert "OVERFIT" in text
    assert "generalization problem, since epoch 20, confidence 97%" in text
    assert "val_loss ends 51% above its best (0.370, epoch 19)" in text
    assert "model.fit(x, y, callbacks=[stop])" in text


def test_names_are_escaped(overfit):
    html = overfit(source="<script>alert(1)</script>", name='"><img src=x onerror=y>')._repr_html_()
    tags = Tags(html)
    assert not {"script", "img"} & set(tags.seen)
    assert "<script>alert(1)</script>" in tags.text


def test_both_curves_are_drawn_and_told_apart(overfit):
    lines = [one for one in drawing(overfit()._repr_html_()).iter() if one.tag.endswith("polyline")]
    assert len(lines) == 2
    assert lines[0].get("stroke") != lines[1].get("stroke")
    assert (lines[0].get("stroke-dasharray"), lines[1].get("stroke-dasharray")) == (None, "7 2")
    assert len(lines[1].get("points").split()) == 50


def test_a_gap_splits_the_line_and_a_lone_point_is_a_dot():
    values = np.array([3.0, 2.5, np.nan, 2.0, np.nan, 1.5, 1.0])
    run = Curves((Series("loss", "train", "loss", "min", np.arange(1, 8), values),), 7)
    found = drawing(Report("x", run, "unjudged", None, 0.0, None)._repr_html_())
    tags = [one.tag.split("}")[1] for one in found]
    assert tags.count("polyline") == 2
    assert tags.count("circle") == 2  # the lone point, and the ring around the best


def test_a_million_points_stay_small():
    values = np.random.default_rng(0).normal(size=1_000_000)
    run = Curves((Series("loss", "train", "loss", "min", np.arange(1, 1_000_001), values),), 1_000_000)
    assert len(Report("x", run, "unjudged", None, 0.0, None)._repr_html_()) < 40_000
