"""The fit of the rules' weights: what it finds, what it never does, and what it must not see."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import fit as fitting
from benchmarks.truth.families import FAMILIES
from benchmarks.truth.load import DATA, cases
from diagnose.evidence.run import Run
from diagnose.readers import read
from diagnose.registry import load_rules

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TRUE = np.array([-0.5, 1.2, 0.4, 0.0])  # constant and weights
PRIOR = np.array([np.nan, 0.5, 0.5, 0.5])


@pytest.fixture
def weak(monkeypatch):
    """A prior that hardly counts, and runs that all count alike."""
    monkeypatch.setattr(fitting, "PENALTY", 1e-6)
    monkeypatch.setattr(fitting, "PRESENT", 0.01)
    monkeypatch.setattr(fitting, "HEALTHY", 1.0)


def drawn(count, weights=TRUE, seed=0):
    """Terms (count, k), and truths drawn with the probability that the weights give them."""
    chance = np.random.default_rng(seed)
    terms = chance.normal(0, 1.5, (count, len(weights) - 1))
    probability = 1 / (1 + np.exp(-(weights[0] + terms @ weights[1:])))
    return terms, (chance.uniform(size=count) < probability).astype(float)


def none_healthy(truth):
    return np.zeros(truth.size, dtype=bool)


@pytest.mark.parametrize("seed", range(3))
def test_weights_that_made_the_data_are_found_again(weak, seed):
    """Within four of the standard errors that the likelihood's curvature gives."""
    terms, truth = drawn(5000, seed=seed)
    found = fitting.fit(terms, truth, PRIOR, none_healthy(truth))
    design = np.column_stack([np.ones(len(terms)), terms])
    probability = 1 / (1 + np.exp(-design @ TRUE))
    errors = np.sqrt(np.diag(np.linalg.inv(design.T * (probability * (1 - probability)) @ design)))
    assert (np.abs(found - TRUE) < 4 * errors).all()
    assert errors.max() < 0.1


@pytest.mark.parametrize("penalty", [1e-6, 20.0])
def test_no_weight_is_negative_whatever_the_data_say(monkeypatch, penalty):
    monkeypatch.setattr(fitting, "PENALTY", penalty)
    terms, truth = drawn(2000, np.array([0.3, -1.0, 0.8, -0.2]))
    found = fitting.fit(terms, truth, PRIOR, none_healthy(truth))
    assert (found[1:] >= 0).all()
    assert found[1] == 0 < found[2]


def test_with_next_to_no_data_the_prior_stays(monkeypatch):
    """A run pulls at a weight by at most its term, the penalty by twice itself for each unit of distance."""
    monkeypatch.setattr(fitting, "PENALTY", 20.0)
    prior = np.array([0.0, 0.5, 1.0, 1.5])
    terms, truth = np.array([[2.0, -3.0, 1.0], [-1.0, 0.5, 2.0]]), np.array([1.0, 0.0])
    found = fitting.fit(terms, truth, prior, none_healthy(truth))
    reach = np.abs(np.column_stack([np.ones(2), terms])).sum(axis=0) / (2 * 20.0)
    assert (np.abs(found - prior) <= reach).all()


def test_a_constant_is_free_unless_it_has_a_prior(monkeypatch):
    """30 of 100 runs, nothing else known: the odds as they are, or drawn a little to even ones."""
    monkeypatch.setattr(fitting, "PENALTY", 20.0)
    terms, truth = np.zeros((100, 1)), (np.arange(100) < 30).astype(float)
    free, drawn_to = (fitting.fit(terms, truth, np.array([one, 0.5]), none_healthy(truth))[0] for one in (np.nan, 0.0))
    assert free == pytest.approx(math.log(0.3 / 0.7), abs=1e-3)
    assert free + 0.1 < drawn_to < 0


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_rare_faults_are_weighed_up_to_a_share_and_no_others(weak, monkeypatch, share):
    """Where no term speaks the constant is the odds of the fault, after weighing."""
    monkeypatch.setattr(fitting, "PRESENT", 0.15)
    truth = (np.arange(1000) < 1000 * share).astype(float)
    found = fitting.fit(np.zeros((1000, 1)), truth, np.array([np.nan, 0.5]), none_healthy(truth))
    odds = max(share, 0.15)
    assert found[0] == pytest.approx(math.log(odds / (1 - odds)), abs=1e-3)


def test_healthy_runs_count_as_often_as_is_said(weak, monkeypatch):
    monkeypatch.setattr(fitting, "HEALTHY", 3.0)
    truth = np.array([1.0, 0.0] * 200)
    found = fitting.fit(np.zeros((400, 1)), truth, np.array([np.nan, 0.5]), truth == 0)
    assert found[0] == pytest.approx(math.log(1 / 3), abs=1e-3)


def test_no_run_is_judged_by_weights_that_saw_its_family():
    """Turn all the labels of one family round: what is said of it stays the same, what is said of others doesn't."""
    terms, truth = drawn(400)
    families = np.array([f"family {at % 20:02d}" for at in range(400)])
    data = fitting.Data(terms, truth, none_healthy(truth), families, PRIOR)
    mine = families == "family 07"
    before, after = fitting.crossed(data), fitting.crossed(data._replace(truth=np.where(mine, 1 - truth, truth)))
    assert (before[mine] == after[mine]).all()
    assert (before != after).any()


def test_what_is_fitted_on_are_the_terms_of_the_evidence():
    """Rows of runs that the rule could judge, columns and priors in the model's order."""
    rule = load_rules()["overfit"]
    model = rule.model
    labels = {"overfit": True, "good-fit": False}
    run = Run(read(str(next((FIXTURES / "overfit").glob("*.csv"))))[0][0])
    blind = Run(read({"loss": [3.0, 2.0, 1.5, 1.2, 1.1, 1.0]})[0][0])
    unlabelled = fitting.Labelled(run, "two", {"good-fit": False})
    known = [fitting.Labelled(run, "one", labels), unlabelled, fitting.Labelled(blind, "three", labels)]
    data = fitting.gathered(rule, model, known)
    evidence = rule.judge(run).evidence
    assert data.terms.tolist() == [[term(evidence[name]) for name, term in model.terms.items()]]
    assert (data.truth.tolist(), data.healthy.tolist(), data.families.tolist()) == ([1.0], [False], ["one"])
    assert data.prior[1:].tolist() == [term.prior for term in model.terms.values()]
    assert np.isnan(data.prior[0]) == (model.prior is None)


@pytest.mark.skipif(not DATA.exists(), reason="the published cases are not beside the tests")
def test_no_untouched_case_is_ever_fitted_on():
    seen = [one.family for one in fitting.published()]
    assert {FAMILIES[family].part for family in seen} == {"fit", "held out"}
    assert len(seen) == sum(case.part != "untouched" for case in cases())


def test_a_fixture_has_its_own_fault_and_none_that_it_must_never_be_told():
    for one in fitting.fixtures():
        diagnosis = one.family.removeprefix("fixture ")
        assert one.labels[diagnosis] is True
        assert (one.labels["good-fit"] is True) == (diagnosis == "good-fit")
        if diagnosis == "good-fit":
            assert [slug for slug, yes in one.labels.items() if yes] == ["good-fit"]


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A rule's file in a folder of its own, where weights may be written."""
    monkeypatch.setattr(fitting, "ROOT", tmp_path)
    (tmp_path / "rules").mkdir()
    path = tmp_path / "rules" / "overfit.py"
    path.write_text(Path(sys.modules[load_rules()["overfit"].module].__file__).read_text())
    return path


def test_weights_are_written_and_nothing_else_is(copied):
    before = copied.read_text()
    weights = {name: at + 0.125 for at, name in enumerate(load_rules()["overfit"].model.weights)}
    fitting.write("diagnose.rules.overfit", weights)
    after = copied.read_text()
    written: dict[str, object] = {}
    exec(after, {"__name__": "copy_of_overfit"}, written)
    assert written["WEIGHTS"] == {name: float(f"{value:.2f}") for name, value in weights.items()}
    assert list(written["WEIGHTS"]) == list(weights)
    around = [text.partition("WEIGHTS = {")[::2] for text in (before, after)]
    assert around[0][0] == around[1][0]
    assert around[0][1].partition("\n}\n")[2] == around[1][1].partition("\n}\n")[2]
    fitting.write("diagnose.rules.overfit", weights)
    assert copied.read_text() == after


@pytest.mark.parametrize("count", [0, 2])
def test_a_file_without_one_place_for_weights_stays_as_it_is(copied, count):
    text = 'WEIGHTS = {\n    "constant": 1.00,\n}\n' * count
    copied.write_text(text)
    with pytest.raises(SystemExit, match=f"expected one WEIGHTS, found {count}"):
        fitting.write("diagnose.rules.overfit", {"constant": 2.0})
    assert copied.read_text() == text
