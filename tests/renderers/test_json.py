"""The machine's format: strict, of the contract's shape, and the schema means what it says."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from diagnose.errors import ReadError
from diagnose.renderers import render

SCHEMA = json.loads(files("diagnose.schema").joinpath("diagnose-1.json").read_text(encoding="utf-8"))
KINDS = ["overfit", "healthy", "diverging", "short", "unvalidated"]


def closed(schema: Any) -> Any:
    """The schema with every object of named keys closed to others: what is not described must not appear."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: closed(value) for key, value in schema.items()}
    if out.get("type") == "object" and "properties" in out:
        out["additionalProperties"] = False
    return out


def strict(text: str) -> Any:
    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def payload(reports: Any, errors: Any = ()) -> Any:
    return strict(render("json", reports, errors))


def test_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_report_fits_the_schema_and_has_nothing_beyond_it(kind, request):
    Draft202012Validator(closed(SCHEMA)).validate(payload([request.getfixturevalue(kind)()]))


def test_required_keys_are_those_the_schema_describes(overfit):
    for name in ("report", "finding", "recommendation", "note", "unjudged", "error"):
        described = SCHEMA["$defs"][name]
        assert set(described["required"]) == set(described["properties"]), name


def test_outer_shape_without_any_report():
    found = payload([], [ReadError("expected numbers, found none", source="x.csv", place="line 2")])
    assert found["schema"] == "diagnose/1"
    assert found["reports"] == []
    assert found["errors"] == [{"source": "x.csv", "message": "line 2: expected numbers, found none"}]
    Draft202012Validator(closed(SCHEMA)).validate(found)


def test_numbers_that_json_lacks_become_null(overfit):
    finding = overfit().findings[0]
    fields = {name: getattr(finding, name) for name in finding.__slots__}
    fields |= {"harm": np.inf, "evidence": {"rise": np.nan, "best": np.float32(0.5), "best_epoch": 1}, "template": "x"}
    found = payload([overfit(findings=(type(finding)(**fields),))])["reports"][0]["findings"][0]
    assert found["harm"] is None
    assert found["evidence"]["rise"] is None
    assert found["evidence"]["best"] == 0.5


def test_reports_keep_the_order_given(healthy, diverging):
    assert [one["source"] for one in payload([healthy(), diverging()])["reports"]] == ["good.csv", "nan.csv"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("reports", 0, "healthy"), True),
        (("reports", 0, "area"), None),
        (("reports", 0, "epochs"), 50.5),
        (("reports", 0, "findings", 0, "confidence"), 0.2),
        (("reports", 0, "findings", 0, "epochs"), [0, 50]),
        (("reports", 0, "diagnosis"), "good-fit"),
        (("schema",), "diagnose/2"),
    ],
)
def test_schema_refuses_what_the_contract_forbids(overfit, path, value):
    found = copy.deepcopy(payload([overfit()]))
    place = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not Draft202012Validator(SCHEMA).is_valid(found)


@pytest.mark.parametrize("key", SCHEMA["$defs"]["report"]["required"])
def test_schema_misses_every_required_key(overfit, key):
    found = payload([overfit()])
    del found["reports"][0][key]
    assert not Draft202012Validator(SCHEMA).is_valid(found)
