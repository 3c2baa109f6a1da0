"""The Python face, as the contract has it."""

from __future__ import annotations

import copy
import inspect
import io
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import diagnose as package
import diagnose.rules
from diagnose import Curves, DiagnoseError, NoHistory, ProblemFound, ReadError, Report, UsageError, diagnose

ROOT = Path(__file__).resolve().parents[1]
AT = np.arange(40.0)
GOOD = {"loss": list(0.3 + 2 * np.exp(-AT / 5)), "val_loss": list(0.32 + 2 * np.exp(-AT / 5))}
TURNED = {"loss": list(0.05 + np.exp(-AT / 6)), "val_loss": list(0.5 + ((AT - 12) / 20) ** 2)}


def csv(history):
    rows = zip(*history.values(), strict=True)
    return "\n".join([",".join(history), *(",".join(map(repr, map(float, row))) for row in rows), ""])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(csv(TURNED))
    return path


def same(one, other):
    """Two reports that say the same of the same curves, wherever they are from."""
    first, second = one.to_dict(), other.to_dict()
    for told in (first, second):
        told.pop("source"), told.pop("read_as"), told.pop("ignored")
    return first == second


def test_the_signature_is_the_contract_s():
    parameters = inspect.signature(diagnose).parameters
    defaults = {name: one.default for name, one in parameters.items() if one.kind is inspect.Parameter.KEYWORD_ONLY}
    assert next(iter(parameters)) == "history"
    assert defaults == {
        "repeats": False,
        "train": None,
        "validation": None,
        "direction": None,
        "run": None,
        "select": (),
        "ignore": (),
    }


def test_a_path_an_open_file_a_dict_and_curves_say_the_same(file):
    told = diagnose(TURNED)
    assert told.diagnosis == "overfit"
    assert same(diagnose(file), told)
    assert same(diagnose(str(file)), told)
    with file.open() as text, file.open("rb") as binary:
        assert same(diagnose(text), told)
        assert same(diagnose(binary), told)
    assert same(diagnose(io.StringIO(csv(TURNED))), told)
    assert same(diagnose({name: np.array(values) for name, values in TURNED.items()}), told)
    assert same(diagnose(told.curves), told)


def test_a_data_frame():
    pandas = pytest.importorskip("pandas")
    assert same(diagnose(pandas.DataFrame(TURNED)), diagnose(TURNED))


def test_records_are_one_history():
    records = [dict(zip(TURNED, row, strict=True)) for row in zip(*TURNED.values(), strict=True)]
    assert same(diagnose(records), diagnose(TURNED))


def test_what_it_is_given_stays_as_it_was(file):
    given = {"loss": np.array(TURNED["loss"]), "val_loss": list(TURNED["val_loss"])}
    before = copy.deepcopy(given)
    diagnose(given)
    assert given["val_loss"] == before["val_loss"] and (given["loss"] == before["loss"]).all()
    given["loss"][0] = 5.0  # and is still the caller's to change
    diagnose(given)


def test_a_list_of_histories_gives_a_list_of_reports(file):
    reports = diagnose([GOOD, file, TURNED])
    assert [one.diagnosis for one in reports] == ["good-fit", "overfit", "overfit"]
    assert [one.diagnosis for one in diagnose((GOOD,))] == ["good-fit"]


def test_repeats_give_one_report():
    runs = [{**GOOD, "val_loss": [one + by for one in GOOD["val_loss"]]} for by in (0.0, 0.3, 0.6)]
    report = diagnose(runs, repeats=True)
    assert isinstance(report, Report)
    assert "run-variance" in {one.rule for one in report.findings}
    alike = diagnose([GOOD, GOOD, GOOD], repeats=True)
    assert "run-variance" in alike.fine
    assert "run-variance" not in diagnose(GOOD).fine


@pytest.fixture
def three_runs(tmp_path):
    """The count begins anew twice; the second run turns, the others are good."""
    path = tmp_path / "runs.csv"
    rows = [
        (at, loss, val)
        for one in (GOOD, TURNED, GOOD)
        for at, (loss, val) in enumerate(zip(*one.values(), strict=True))
    ]
    path.write_text("\n".join(["epoch,loss,val_loss", *(f"{at},{loss},{val}" for at, loss, val in rows), ""]))
    return path


def test_one_run_or_all(three_runs):
    assert diagnose(three_runs).curves.run == 3
    assert diagnose(three_runs, run=2).diagnosis == "overfit"
    reports = diagnose(three_runs, run="all")
    assert [one.curves.run for one in reports] == [1, 2, 3]
    assert reports[1].diagnosis == "overfit" and reports[2].to_dict()["runs"] == 3
    assert isinstance(diagnose(GOOD, run="all"), list)


@pytest.mark.parametrize("run", [0, 4, -1, True, "last", 1.0])
def test_a_run_that_is_not_there(three_runs, run):
    with pytest.raises(UsageError, match="expected"):
        diagnose(three_runs, run=run)


def test_select_and_ignore():
    only = diagnose(TURNED, select=["overfit"])
    assert [one.rule for one in only.findings] == ["overfit"] and only.fine == ()
    without = diagnose(TURNED, ignore=["overfit"])
    assert "overfit" not in {one.rule for one in without.findings} | set(without.fine)
    for wrong in ({"select": ["overfitt"]}, {"ignore": ["learning"]}, {"select": "overfit"}, {"direction": "up"}):
        with pytest.raises(UsageError):
            diagnose(TURNED, **wrong)


def test_hints_say_what_cannot_be_told():
    strange = {"a": TURNED["loss"], "b": TURNED["val_loss"]}
    report = diagnose(strange, train="a", validation="b", direction="min")
    assert report.diagnosis == "overfit"
    assert report.best.curve == "b"
    with pytest.raises(UsageError, match="no_such"):
        diagnose(TURNED, train="no_such")


def test_raise_for():
    report = diagnose(TURNED)
    for problems in (["overfit"], ["generalization"], ["any"], [], ["diverging", "overfit"]):
        with pytest.raises(ProblemFound, match="overfit") as caught:
            report.raise_for(*problems)
        assert caught.value.report is report
    assert report.raise_for("diverging") is report
    assert report.raise_for("learning", "prediction") is report
    healthy = diagnose(GOOD)
    assert healthy.raise_for() is healthy
    with pytest.raises(UsageError, match="did you mean 'overfit'"):
        report.raise_for("overfitt")
    assert not issubclass(ProblemFound, DiagnoseError)


@pytest.mark.parametrize(
    ("history", "error"),
    [
        ("no/such/file.csv", ReadError),
        ([], UsageError),
        ({}, NoHistory),
        ({"names": ["a", "b"]}, NoHistory),
        (3, DiagnoseError),
        (None, DiagnoseError),
    ],
    ids=repr,
)
def test_what_cannot_be_read(history, error):
    with pytest.raises(error) as caught:
        diagnose(history)
    assert isinstance(caught.value, DiagnoseError) and isinstance(caught.value, ValueError)
    assert str(caught.value) and "\n" not in str(caught.value)


def test_a_report_is_data():
    report = diagnose(TURNED)
    told = json.loads(report.to_json())
    assert told == json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert told["diagnosis"] == "overfit" and told["epochs"] == 40
    assert "overfit" in str(report).lower()
    assert "<" in report._repr_html_()
    assert report.recommendations[0].treats[0] in {one.rule for one in report.findings}
    with pytest.raises(AttributeError):
        report.diagnosis = "good-fit"


@pytest.mark.parametrize("history", [GOOD, TURNED, {"loss": [1.0, 2.0]}], ids=["good", "overfit", "short"])
def test_reports_can_be_sent_to_another_process(history):
    report = diagnose(history)
    assert pickle.loads(pickle.dumps(report)).to_dict() == report.to_dict()
    report.recommendations, report.notes  # noqa: B018  computed once, and sent along
    again = pickle.loads(pickle.dumps(report))
    assert again.to_dict() == report.to_dict()
    assert str(again) == str(report)
    assert pickle.loads(pickle.dumps(diagnose([history] * 3, repeats=True))).findings is not None


def test_judging_twice_says_the_same():
    assert diagnose(TURNED).to_dict() == diagnose(TURNED).to_dict()


def test_the_public_names_carry_their_words():
    for name in package.__all__:
        if name != "__version__":
            assert inspect.getdoc(getattr(package, name)), name
    assert isinstance(Curves, type)


def test_importing_and_judging_load_the_standard_library_and_numpy_only():
    code = """
import sys
before = set(sys.modules)
import diagnose
diagnose.diagnose({"loss": [3.0, 2.0, 1.5, 1.2, 1.1, 1.0], "val_loss": [3.0, 2.0, 1.6, 1.4, 1.5, 1.7]}).findings
names = {name.split(".")[0] for name in set(sys.modules) - before}
print(sorted(names - set(sys.stdlib_module_names) - {"numpy", "diagnose"}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_the_rules_are_those_of_this_checkout_or_this_wheel():
    assert all(Path(one).is_dir() for one in package.rules.__path__)
