"""From verdicts to one diagnosis: what excludes what, what comes first, when it is healthy and when it can't be told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnose import Curves, RuleError, Series, diagnose, judging
from diagnose.judging import judge
from diagnose.registry import CannotJudge, Rule, Verdict

AT = np.arange(40.0)
SETTLED = 0.3 + 2 * np.exp(-AT / 5)
GOOD = {"loss": list(SETTLED), "val_loss": list(SETTLED + 0.02)}
TURNED = {"loss": list(0.05 + np.exp(-AT / 6)), "val_loss": list(0.5 + ((AT - 12) / 20) ** 2)}


def run(points=6):
    loss = Series("loss", "train", "loss", "min", np.arange(1, points + 1), np.linspace(2, 1, points))
    val = Series("val_loss", "validation", "loss", "min", np.arange(1, points + 1), np.linspace(2, 1, points))
    return Curves((loss, val), points)


@pytest.fixture
def rules(monkeypatch):
    """rules({"a": (area, confidence)}, a={"excludes": ("b",)}): judge a run by these rules alone."""

    def ask(made, runs=None, select=(), ignore=(), **more):
        found = {}
        for slug, (area, answer) in made.items():
            verdict = Verdict(answer, say="x", epochs=(1, 2)) if isinstance(answer, float) else answer
            judges = verdict if callable(verdict) else (lambda argument, verdict=verdict: verdict)
            found[slug] = Rule(slug, area, (), judges, __name__, **more.get(slug, {}))
        monkeypatch.setattr(judging, "load_rules", lambda: found)
        return judge(runs or [run()], select, ignore)

    return ask


def order(report):
    return [one.rule for one in report.findings]


def test_a_finding_is_what_is_more_probable_than_not(rules):
    report = rules({"below": ("learning", 0.4999), "at": ("learning", 0.5), "above": ("learning", 0.75)})
    assert set(order(report)) == {"at", "above"}
    assert report.fine == ("below",)


def test_sure_ones_come_by_area_the_others_by_confidence(rules):
    report = rules(
        {
            "late": ("prediction", 0.97),
            "middle": ("generalization", 0.85),
            "unsure": ("learning", 0.55),
            "early": ("learning", 0.8),
            "less": ("prediction", 0.6),
        }
    )
    assert order(report) == ["early", "middle", "late", "less", "unsure"]
    assert (report.diagnosis, report.area, report.confidence, report.healthy) == ("early", "learning", 0.8, False)


def test_nearly_as_sure_as_the_surest_counts_as_sure(rules):
    assert order(rules({"sure": ("prediction", 0.75), "near": ("learning", 0.5625)})) == ["near", "sure"]
    assert order(rules({"sure": ("prediction", 0.78125), "far": ("learning", 0.5625)})) == ["sure", "far"]


def test_before_is_within_an_area(rules):
    made = {"general": ("generalization", 0.95), "special": ("generalization", 0.85)}
    assert order(rules(made)) == ["general", "special"]
    assert order(rules(made, special={"before": ("general",)})) == ["special", "general"]
    unsure = {"general": ("generalization", 0.95), "special": ("generalization", 0.55)}
    assert order(rules(unsure, special={"before": ("general",)})) == ["general", "special"]


def test_a_verdict_may_come_before_others_in_this_run_alone(rules):
    made = {"general": ("generalization", 0.95), "special": ("generalization", Verdict(0.85, before=("general",)))}
    assert order(rules(made)) == ["special", "general"]
    elsewhere = {**made, "general": ("learning", 0.95)}
    assert order(rules(elsewhere)) == ["general", "special"]


def test_what_only_repeats_can_tell_comes_before_the_areas_if_it_is_sure(rules):
    made = {"early": ("learning", 0.95), "spread": ("prediction", 0.85)}
    assert order(rules(made, runs=[run()] * 3, spread={"repeats": True})) == ["spread", "early"]
    unsure = {**made, "spread": ("prediction", 0.55)}
    assert order(rules(unsure, runs=[run()] * 3, spread={"repeats": True})) == ["early", "spread"]


@pytest.mark.parametrize(("a", "b", "kept"), [(0.9, 0.7, "a"), (0.7, 0.9, "b"), (0.75, 0.75, "a"), (1.0, 1.0, "a")])
@pytest.mark.parametrize("both", [False, True])
def test_of_two_that_exclude_each_other_the_surer_stays(rules, a, b, kept, both):
    """Exactly one, whichever of them says so, and also when they are equally sure."""
    made = {"a": ("learning", a), "b": ("learning", b)}
    more = {"a": {"excludes": ("b",)}, **({"b": {"excludes": ("a",)}} if both else {})}
    report = rules(made, **more)
    assert len(report.findings) == 1
    if a != b:
        assert order(report) == [kept]


def test_what_excludes_has_to_be_found_itself(rules):
    report = rules({"a": ("learning", 0.4), "b": ("learning", 0.6)}, a={"excludes": ("b",)})
    assert order(report) == ["b"]


def test_what_hides_another_does_so_however_sure_that_is(rules):
    report = rules({"a": ("learning", 0.6), "b": ("generalization", 0.95)}, a={"hides": ("b",)})
    assert order(report) == ["a"]


def test_no_confidence_is_certainty(rules):
    assert rules({"a": ("learning", 1.0)}).findings[0].confidence < 1


def test_healthy_is_what_all_doubts_leave(rules):
    report = rules({"a": ("learning", 0.2), "b": ("generalization", 0.25)})
    assert (report.diagnosis, report.healthy, report.area) == ("good-fit", True, None)
    assert report.confidence == pytest.approx(0.8 * 0.75)


def test_healthy_is_never_certain_and_never_less_likely_than_not(rules):
    assert rules({"a": ("learning", 0.0)}).confidence == judging.SUREST < 1
    assert rules({"a": ("learning", 0.4), "b": ("learning", 0.4)}).confidence == judging.FOUND == 0.5


def test_a_doubt_that_another_rule_could_not_judge_takes_nothing_away(rules):
    report = rules({"a": ("learning", 0.3), "b": ("learning", CannotJudge("no training loss"))})
    assert report.confidence == pytest.approx(0.7)


def test_what_cannot_be_judged_is_told_with_its_reason(rules):
    report = rules({"a": ("learning", CannotJudge("no training loss")), "b": ("learning", 0.1)})
    assert [(one.rule, one.reason) for one in report.unjudged] == [("a", "no training loss")]
    assert report.fine == ("b",)


def test_select_and_ignore(rules):
    made = {"a": ("learning", 0.9), "b": ("learning", 0.8)}
    assert order(rules(made, select=["b"])) == ["b"]
    assert order(rules(made, ignore=["a"])) == ["b"]


def test_a_rule_that_fails_is_named(rules):
    def broken(_):
        return 1 / 0

    with pytest.raises(RuleError, match="rule broken-one failed: ZeroDivisionError: division by zero"):
        rules({"broken-one": ("learning", broken)})


def test_repeats_agree_on_the_middle(rules):
    """Of three runs two see it: the claim stands, and says so."""
    answers = iter([0.1, 0.9, 0.8])
    report = rules({"a": ("learning", lambda _: Verdict(next(answers), say="it is so"))}, runs=[run()] * 3)
    assert order(report) == ["a"]
    assert "found in 2 of 3 runs" in report.findings[0].summary
    answers = iter([0.1, 0.2, 0.9])
    assert order(rules({"a": ("learning", lambda _: Verdict(next(answers)))}, runs=[run()] * 3)) == []


def test_repeats_that_all_agree_are_surer_than_one(rules):
    one = rules({"a": ("learning", 0.7)}).findings[0].confidence
    assert rules({"a": ("learning", 0.7)}, runs=[run()] * 5).findings[0].confidence > one


def test_a_rule_of_repeats_is_asked_for_repeats_only(rules):
    made = {"spread": ("prediction", lambda runs: Verdict(0.9 if len(runs) == 3 else 0.0, say="x"))}
    assert order(rules(made, runs=[run()] * 3, spread={"repeats": True})) == ["spread"]
    alone = rules(made, spread={"repeats": True})
    assert alone.findings == () and alone.fine == () and alone.unjudged == ()


def test_a_healthy_history():
    report = diagnose(GOOD)
    assert (report.diagnosis, report.healthy, report.area, report.findings) == ("good-fit", True, None, ())
    assert 0.5 <= report.confidence <= 1


def test_a_history_with_a_finding():
    report = diagnose(TURNED)
    assert (report.diagnosis, report.healthy, report.area) == ("overfit", False, "generalization")
    assert report.findings[0].rule == "overfit" and report.confidence == report.findings[0].confidence
    assert report.findings[0].epochs[1] == 40 and 12 <= report.findings[0].epochs[0] <= 16


def test_best_and_last_are_the_validation_curve_s():
    report = diagnose(TURNED)
    assert (report.best.curve, report.best.epoch, report.best.value) == ("val_loss", 13, 0.5)
    assert (report.last.curve, report.last.epoch) == ("val_loss", 40)
    assert report.last.value == pytest.approx(0.5 + 1.35**2)
    accuracy = diagnose({"accuracy": [0.1, 0.5, 0.9, 0.8, 0.7, 0.6]})
    assert (accuracy.best.epoch, accuracy.best.value) == (3, 0.9)


@pytest.mark.parametrize("points", [1, 2, 3, 4])
def test_fewer_than_five_points_are_too_short(points):
    report = diagnose({name: values[:points] for name, values in GOOD.items()})
    assert (report.diagnosis, report.healthy, report.area) == ("too-short", None, None)
    assert "fewer than five points" in {one.reason for one in report.unjudged}


def test_some_findings_need_no_trend():
    assert diagnose({"loss": [1.0, math.nan]}).diagnosis == "diverging"
    assert diagnose({"loss": [1.0, 0.9, 0.9], "accuracy": [0.25, 0.25, 0.25]}).diagnosis == "constant-metric"


def test_without_validation_and_without_findings_it_cannot_be_told():
    report = diagnose({"loss": GOOD["loss"]})
    assert (report.diagnosis, report.healthy) == ("unjudged", None)
    assert "no validation curve" in {one.reason for one in report.unjudged}


def test_a_finding_without_validation_is_one():
    assert diagnose({"loss": [2.3] * 20}).diagnosis == "underfit-flat"


def test_two_validation_points_are_not_enough_for_health():
    """Healthy needs a validation curve and enough epochs: two of its points are no curve."""
    loss = Series("loss", "train", "loss", "min", np.arange(1, 41), SETTLED.copy())
    val = Series("val_loss", "validation", "loss", "min", np.array([20, 40]), SETTLED[[19, 39]] + 0.02)
    report = diagnose(Curves((loss, val), 40))
    assert report.findings == ()
    assert report.healthy is None


LEARNING = {"underfit-flat", "underfit-unfinished", "slow-learning", "underfit-plateau"}


@pytest.mark.parametrize("seed", range(40))
def test_at_most_one_of_the_ways_to_underfit(seed):
    """And unfinished or slow learning never stands beside overfit."""
    chance = np.random.default_rng(seed)
    level, rate, noise = chance.uniform(0, 2), chance.uniform(2, 200), chance.choice([0, 0.01, 0.1])
    turn = chance.uniform(0, 1) * (AT / 40) ** 2
    loss = level + np.exp(-AT / rate) + noise * chance.normal(size=40)
    val = loss + turn + noise * chance.normal(size=40)
    found = {one.rule for one in diagnose({"loss": list(loss), "val_loss": list(val)}).findings}
    assert len(found & LEARNING) <= 1
    assert not ("overfit" in found and found & {"underfit-unfinished", "slow-learning"})


def test_a_run_that_became_nan_is_not_told_to_go_on():
    falling = np.exp(-np.arange(40) / 6) + 0.2
    lost = np.where(np.arange(40) > 30, np.nan, falling)
    report = diagnose({"loss": lost.tolist(), "val_loss": (1.1 * lost).tolist()})
    assert [one.rule for one in report.findings] == ["diverging"]
