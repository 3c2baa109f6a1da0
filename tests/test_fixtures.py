"""Every fixture through the public call: what its maker knows to be true is found, and nothing that is false."""

import json
from pathlib import Path

import pytest

from diagnose import diagnose

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())


def report_of(case):
    if EXPECTED[case]["repeats"]:
        return diagnose(sorted((FIXTURES / case).iterdir()), repeats=True)
    return diagnose(FIXTURES / case)


@pytest.mark.parametrize("case", sorted(EXPECTED))
def test_fixture(case):
    expected = EXPECTED[case]
    report = report_of(case)
    found = {one.rule for one in report.findings} or {report.diagnosis}
    true = {expected["diagnosis"], *expected["alternatives"]}
    assert found & true, f"{sorted(found)}, although: {expected['made']}"
    false = found - true - set(expected["also_allowed"])
    assert not false, f"{sorted(false)}, although: {expected['made']}"
    assert not found & set(expected["never"]), expected["made"]


@pytest.mark.parametrize("case", [case for case in sorted(EXPECTED) if case.startswith(("overfit/", "overconfident/"))])
def test_overfit_begins_where_further_rows_say_it_does(case):
    """The best epoch on 3,000 fresh rows was measured; one validation set may err by a fifth of the run."""
    report = report_of(case)
    since = next(one for one in report.findings if one.rule in ("overfit", "overconfident")).epochs[0]
    truth = EXPECTED[case]["measured"]["best_epoch"]
    assert abs(since - 1 - truth) <= max(2, report.curves.length / 5)


@pytest.mark.parametrize("case", [case for case in sorted(EXPECTED) if EXPECTED[case]["notes"]])
def test_what_is_no_problem_is_noted(case):
    assert set(EXPECTED[case]["notes"]) <= {one.note for one in report_of(case).notes}


def test_every_history_in_the_folders_is_expected():
    there = {
        str(path.relative_to(FIXTURES))
        for path in FIXTURES.rglob("*")
        if path.is_file() and path.parent != FIXTURES and path.parts[-2] not in ("recipes", "broken", "__pycache__")
    }
    named = set(EXPECTED) | {
        str(path.relative_to(FIXTURES))
        for case in EXPECTED
        if EXPECTED[case]["repeats"]
        for path in (FIXTURES / case).iterdir()
    }
    assert there - named == set()
