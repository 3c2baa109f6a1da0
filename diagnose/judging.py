"""Judge measured runs: ask every rule, settle what excludes each other, rank, name."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from diagnose.curves import Curves
from diagnose.errors import DiagnoseError, RuleError
from diagnose.evidence.belief import logistic, logit
from diagnose.evidence.run import FEWEST, Run
from diagnose.noticing import notice
from diagnose.registry import CannotJudge, Rule, Verdict, load_rules
from diagnose.report import AREAS, Finding, Point, Report, Unjudged

SUREST = 0.99  # no confidence is above it
FOUND = 0.5  # a finding is what is more probable than not
AGREED = (
    0.3  # how much surer, in log odds and per e-fold of runs, agreement makes; runs share their data, so far from 1
)
UNLIKELY = 0.49  # what a claim keeps at most that another one rules out
SURE = 0.8  # sure findings come first, in the order of the areas
COUNTED = " (found in {runs_found:d} of {runs_judged:d} runs)"
NEAR = 0.2  # and with them those nearly as sure as the surest


def judge(runs: Sequence[Curves], select: Collection[str] = (), ignore: Collection[str] = ()) -> Report:
    """Judge one run, or several repeats of one configuration (the first names the report)."""
    measured = [Run(curves) for curves in runs]
    verdicts: dict[str, tuple[Rule, Verdict]] = {}
    unjudged: list[Unjudged] = []
    for slug, rule in load_rules().items():
        if (select and slug not in select) or slug in ignore or (rule.repeats and len(runs) < 2):
            continue
        verdict = _ask(rule, measured)
        if isinstance(verdict, CannotJudge):
            unjudged.append(Unjudged(slug, verdict.reason))
        else:
            verdicts[slug] = (rule, verdict)
    return _report(measured, _exclusive(verdicts), unjudged)


def _ask(rule: Rule, runs: Sequence[Run]) -> Verdict | CannotJudge:
    if rule.repeats:
        return _call(rule, runs)
    if len(runs) > 1:
        return _agreed([_ask(rule, [one]) for one in runs])
    if runs[0].train is None and runs[0].val is None and not rule.trendless:
        return CannotJudge("no curve of which it is known whether lower or higher is better")
    if runs[0].short and not rule.trendless:
        return CannotJudge("fewer than five points")
    return _call(rule, runs[0])


def _call(rule: Rule, argument: Run | Sequence[Run]) -> Verdict | CannotJudge:
    try:
        return rule.judge(argument)
    except DiagnoseError:
        raise
    except Exception as error:
        raise RuleError(f"rule {rule.slug} failed: {type(error).__name__}: {error}") from error


def _agreed(verdicts: Sequence[Verdict | CannotJudge]) -> Verdict | CannotJudge:
    """What repeats say together: the run of median confidence speaks, and says in how many of them it was found."""
    judged = sorted((one for one in verdicts if isinstance(one, Verdict)), key=lambda one: one.confidence)
    if not judged:
        return verdicts[0]
    count = len(judged)
    median = judged[count // 2]
    odds = (logit(median.confidence) + logit(judged[(count - 1) // 2].confidence)) / 2
    found = sum(one.confidence >= FOUND for one in judged)
    agreed = abs(2 * found - count) / count  # 1 where all say the same, 0 where they are split
    evidence = {**median.evidence, "runs_found": float(found), "runs_judged": float(count)}
    # each further run that agrees, or disagrees, takes away some of the doubt that chance made this one look so
    confidence = logistic(odds * (1 + AGREED * agreed * math.log(count)))
    say = median.say + COUNTED
    return replace(median, confidence=confidence, evidence=evidence, say=say)


def _exclusive(verdicts: dict[str, tuple[Rule, Verdict]]) -> dict[str, tuple[Rule, Verdict]]:
    """Lower below a finding what another finding hides, and the less sure of two claims that rule each other out."""
    out = dict(verdicts)
    for rule, verdict in verdicts.values():
        if verdict.confidence >= FOUND:
            for other in rule.hides:
                _lower(out, other, verdict.confidence)
    for slug, (rule, verdict) in verdicts.items():
        for other in rule.excludes:
            if other not in out or min(out[slug][1].confidence, out[other][1].confidence) < FOUND:
                continue
            sure, unsure = (slug, other) if verdict.confidence >= verdicts[other][1].confidence else (other, slug)
            _lower(out, unsure, out[sure][1].confidence)
    return out


def _lower(verdicts: dict[str, tuple[Rule, Verdict]], slug: str, other: float) -> None:
    """What is left to believe of a claim beside another one of that confidence."""
    if slug in verdicts:
        rule, verdict = verdicts[slug]
        verdicts[slug] = (rule, Verdict(min(verdict.confidence, 1 - other, UNLIKELY)))


def _report(runs: Sequence[Run], verdicts: dict[str, tuple[Rule, Verdict]], unjudged: list[Unjudged]) -> Report:
    run = _typical(runs)
    found = [(rule, one) for rule, one in verdicts.values() if one.confidence >= FOUND]
    before = {rule.slug: {*rule.before, *one.before} for rule, one in found}
    findings = ranked([_finding(rule, one, run.curves) for rule, one in found], before)
    diagnosis, confidence, healthy = _named(run, findings, [one.confidence for _, one in verdicts.values()])
    judged = run.val or run.train
    return Report(
        source=run.curves.source if len(runs) == 1 else "|".join(one.curves.source for one in runs),
        curves=run.curves,
        diagnosis=diagnosis,
        area=findings[0].area if findings else None,
        confidence=confidence,
        healthy=healthy,
        findings=tuple(findings),
        noticed=partial(notice, run),
        unjudged=tuple(unjudged),
        fine=tuple(slug for slug, (_, one) in verdicts.items() if one.confidence < FOUND),
        best=Point(judged.name, judged.position(int(judged.y.argmin())), float(judged.raw[judged.y.argmin()]))
        if judged
        else None,
        last=Point(judged.name, judged.position(-1), float(judged.raw[-1])) if judged else None,
    )


def _typical(runs: Sequence[Run]) -> Run:
    """The run that a report on repeats shows: of those with most to judge the one that ends in the middle."""
    if len(runs) == 1:
        return runs[0]
    validated = [one for one in runs if one.val is not None]
    most = validated if 2 * len(validated) > len(runs) else list(runs)
    long = [one for one in most if not one.short]
    most = long if 2 * len(long) > len(most) else most
    return sorted(most, key=_end)[len(most) // 2]


def _end(run: Run) -> float:
    shape = run.val or run.train
    return shape.end if shape else 0.0


def _within(epochs: tuple[int, int] | None, length: int) -> tuple[int, int] | None:
    """Of repeats the finding's run may be longer than the one that the report shows."""
    return None if epochs is None else (min(epochs[0], length), min(epochs[1], length))


def _finding(rule: Rule, verdict: Verdict, curves: Curves) -> Finding:
    techniques = verdict.techniques if verdict.techniques is not None else rule.techniques
    return Finding(
        rule=rule.slug,
        area=rule.area,
        confidence=min(verdict.confidence, SUREST),
        curve=verdict.curve,
        epochs=_within(verdict.epochs, curves.length),
        harm=verdict.harm,
        evidence=verdict.evidence,
        techniques=techniques,
        template=verdict.say,
        looks_like=verdict.looks_like,
        names=verdict.names,
        label=curves.label,
    )


def ranked(findings: list[Finding], before: Mapping[str, Collection[str]]) -> list[Finding]:
    """Sure ones, and those nearly as sure as the surest, by area; then the rest by confidence; ``before`` within.

    A cause found inside the model comes before what it explains. What only repeats can tell comes before the areas:
    whoever gives repeats asks whether the result is down to chance.
    """
    surest = max((one.confidence for one in findings), default=0.0)
    rules = load_rules()

    def key(one: Finding) -> tuple[int, int, float]:
        front = one.confidence >= SURE or one.confidence >= surest - NEAR
        order = -1 if rules[one.rule].repeats else AREAS.index(one.area)
        return (0, order, -one.confidence) if front else (1, 0, -one.confidence)

    ranked = sorted(findings, key=key)
    for one in list(ranked):  # what says more about the same curves comes before what says less
        effects = [other for other in ranked[: ranked.index(one)] if other.rule in rules[one.rule].explains]
        behind = effects or [other for other in ranked[: ranked.index(one)] if other.rule in before[one.rule]]
        if behind and (effects or key(one)[:2] == key(behind[0])[:2]):
            ranked.remove(one)
            ranked.insert(ranked.index(behind[0]), one)
    return ranked


def _named(run: Run, findings: list[Finding], doubts: list[float]) -> tuple[str, float, bool | None]:
    if findings:
        return findings[0].rule, findings[0].confidence, False
    if run.train is None and run.val is None:
        return "unjudged", 0.0, None
    if run.short:
        return "too-short", 0.0, None
    if run.val is None or not doubts:
        return "unjudged", 0.0, None
    if run.val.n < FEWEST:
        return "too-short", 0.0, None
    return "good-fit", max(FOUND, min(math.prod(1 - one for one in doubts), SUREST)), True
