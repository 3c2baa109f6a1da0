"""Docstrings set for reading."""

from __future__ import annotations

import pytest

from diagnose import techniques
from diagnose.errors import UsageError
from diagnose.registry import Rule, load_rules
from diagnose.renderers import Look
from diagnose.renderers.explain import _document as document
from diagnose.renderers.explain import explain, first_sentence, list_rules, rules_payload

DOC = """spin: the weights go round and round, in words that need more than one line of eighty columns to be said.

What it means
    First paragraph, broken
    in the source.

    - one item that is
      broken too
    - another

        x = f(y)

Sources
    Someone (1998).
    Someone else (2001).
"""


def test_headings_stand_alone_and_paragraphs_are_joined():
    lines = document(DOC, Look(80))
    at = lines.index("What it means")
    assert lines[at + 1 : at + 6] == [
        "",
        "  First paragraph, broken in the source.",
        "",
        "  - one item that is broken too",
        "  - another",
    ]
    assert "      x = f(y)" in lines
    assert lines[-2:] == ["  Someone (1998).", "  Someone else (2001)."]
    assert max(map(len, lines)) <= 80


def test_first_sentence_leaves_the_slug_out():
    assert first_sentence("overfit: it learns the\nexamples.\n\nMore.") == "it learns the examples."


def test_every_rule_and_technique_can_be_explained_in_eighty_columns():
    for slug in (*load_rules(), *techniques.names()):
        text = explain(slug, Look(80))
        assert text.startswith(slug.replace("-", " ").upper())
        assert "{" not in text.split("\n\n")[1], slug
        prose = [line for line in text.splitlines() if not line.startswith("      ")]
        assert max(map(len, prose)) <= 80, slug


def test_rule_names_what_helps_and_technique_what_it_treats():
    rule = next(one for one in load_rules().values() if one.techniques)
    page = explain(rule.slug, Look())
    assert f"{rule.area} problem" in page.splitlines()[0]
    assert "What helps" in page
    assert rule.techniques[0] in page


@pytest.mark.parametrize("name", ["OVERFIT", "overfit"])
def test_names_are_taken_as_people_write_them(name):
    assert explain(name, Look()) == explain("overfit", Look())


@pytest.mark.parametrize("name", ["good-fit", "too_short", "unjudged"])
def test_verdicts_that_are_no_rules_can_be_explained(name):
    assert "verdict" in explain(name, Look()).splitlines()[0]


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(UsageError, match="found 'overfitt'; did you mean overfit"):
        explain("overfitt", Look())
    with pytest.raises(UsageError, match="`diagnose rules` lists"):
        explain("zzzzzzzz", Look())


def test_rules_are_listed_by_area():
    rules = load_rules()
    text = list_rules(rules, Look(80))
    assert [line for line in text.splitlines() if line in ("learning", "generalization", "prediction")] == list(
        dict.fromkeys(one.area for one in rules.values())
    )
    assert all(f"\n  {slug} " in text for slug in rules)
    assert max(map(len, text.splitlines())) <= 80


def test_rules_as_data():
    def judge(run):
        return None

    found = rules_payload({"spin": Rule("spin", "learning", ("dropout",), judge, __name__)})
    assert found["schema"] == "diagnose-rules/1"
    assert found["rules"][0]["rule"] == "spin"
    assert found["rules"][0]["area"] == "learning"
    assert found["rules"][0]["techniques"] == ["dropout"]
