"""Docstrings set for reading."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from diagnose import diagnose, techniques
from diagnose.errors import UsageError
from diagnose.judging import SUREST
from diagnose.registry import Rule, load_rules
from diagnose.renderers import Look
from diagnose.renderers.explain import _document as document
from diagnose.renderers.explain import explain, first_sentence, list_rules, rules_payload

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MODELS = {slug: rule.model for slug, rule in load_rules().items() if rule.model is not None}
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


def how_sure(slug):
    """The constant and the rows of the sum: (weight, the measure as a formula, low, high, what an unknown one counts)."""
    block = explain(slug, Look(80)).split("How sure\n")[1]
    rows = [line.strip() for line in block.splitlines() if line.startswith("    ")]
    parted = [row.partition("within")[::2] for row in rows[1:]]
    terms = []
    for sum_, bounds in parted:
        within, _, unknown = bounds.partition(", ")
        weight, size = sum_.split(" * ")
        low, high = within.split(" and ")
        terms.append((float(weight), size, float(low), float(high), float(unknown.split()[0]) if unknown else 0.0))
    return float(rows[0]), terms


@pytest.mark.parametrize("slug", MODELS)
def test_how_sure_a_rule_is_has_a_row_for_each_measure(slug):
    constant, rows = how_sure(slug)
    model = MODELS[slug]
    assert constant == pytest.approx(model.weights["constant"], abs=0.005)
    for (weight, size, *bounds), (name, term) in zip(rows, model.terms.items(), strict=True):
        assert name in size and weight == round(model.weights[name], 2)
        assert bounds == [term.low, term.high, term.unknown]


def test_a_rule_that_was_not_fitted_tells_no_sum():
    assert "How sure" not in explain("collapse", Look())


def reckoned(slug, evidence):
    """What a person works out with the page of `explain` and the evidence of `--format json`, and nothing else."""

    def ln(measure):
        return math.log(measure) if measure > 0 else -math.inf

    x, rows = how_sure(slug)
    for name, (weight, size, low, high, unknown) in zip(MODELS[slug].terms, rows, strict=True):
        known = evidence.get(name) is not None
        x += weight * (min(max(eval(size, {"ln": ln}, evidence), low), high) if known else unknown)
    return 1 / (1 + math.exp(-x))


def told():
    """Findings of the fixtures by rules with a model."""
    for case, expected in json.loads((FIXTURES / "expected.json").read_text()).items():
        if not expected["repeats"]:
            for one in diagnose(FIXTURES / case).to_dict()["findings"]:
                if one["rule"] in MODELS:
                    yield one


def test_a_finding_s_confidence_can_be_worked_out_from_the_page():
    seen = set()
    for one in told():
        seen.add(one["rule"])
        sure = reckoned(one["rule"], one["evidence"])
        assert one["confidence"] == pytest.approx(min(sure, SUREST), abs=2e-4), one["rule"]
    assert seen == set(MODELS)


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
