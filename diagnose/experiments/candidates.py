"""Which techniques are tried with which settings, in which order: what the diagnosis recommends, best first."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from diagnose import techniques
from diagnose.engine import diagnose
from diagnose.errors import ReadError, UsageError
from diagnose.experiments.trial import Outcome, Step
from diagnose.judging import COUNTED, SURE, ranked
from diagnose.recipes import CannotEdit, Facts
from diagnose.registry import load_rules
from diagnose.report import Finding, Report

WIDTH = 4  # techniques that are raced in one round
SOME = 2  # runs that a problem must have struck; one alone may be that seed's accident


@dataclass(frozen=True, slots=True)
class Candidate:
    """One technique with one choice of settings, on top of the steps that the round begins with.

    treats  slugs of the findings that it is for
    why     the advice's sentence
    """

    steps: tuple[Step, ...]
    treats: tuple[str, ...]
    why: str = ""

    @property
    def technique(self) -> str:
        """Its slug."""
        return self.steps[-1][0]

    @property
    def label(self) -> str:
        """The technique with its settings: "dropout rate=0.5"."""
        return " ".join([self.technique, *(f"{name}={value}" for name, value in self.settings.items())])

    @property
    def settings(self) -> dict[str, Any]:
        """Those of the technique itself."""
        return dict(self.steps[-1][1])


@dataclass(frozen=True, slots=True)
class Field:
    """Who is in a round's race, and which techniques are not, and why."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[tuple[str, str], ...]


def judged(outcomes: Sequence[Outcome]) -> Report | None:
    """The diagnosis of a configuration from its runs over seeds; None when no run has a history that can be judged."""
    return _judged(tuple(outcomes))


@lru_cache(maxsize=64)  # a study asks again after every training
def _judged(outcomes: tuple[Outcome, ...]) -> Report | None:
    files = [io.BytesIO(json.dumps(one.run).encode()) for one in outcomes if one.run]
    if not files:
        return None
    try:
        if len(files) == 1:
            return diagnose(files[0])
        each = [diagnose(one) for one in files]
        for one in files:
            one.seek(0)
        return _by_area(diagnose(files, repeats=True), each)
    except ReadError:
        return None


def _by_area(report: Report, each: Sequence[Report]) -> Report:
    """What only repeats can tell, behind what is surely found in the runs themselves: in most of them, else in some.

    Nobody asked here whether the result is down to chance: the repeats are the study's own. Runs that have not learnt,
    or have learnt by heart, end far apart for that reason, and so do runs of which some go astray.
    """
    rules = load_rules()
    own = [one for one in report.findings if not rules[one.rule].repeats]
    if not own or own[0].confidence < SURE:
        struck = _in_some(each, {one.rule for one in own})
        own = ranked([*struck, *own], {slug: rule.before for slug, rule in rules.items()})
    if not own or own[0].confidence < SURE:
        return report
    findings = (*own, *(one for one in report.findings if rules[one.rule].repeats))
    first = findings[0]
    return replace(
        report,
        findings=findings,
        diagnosis=first.rule,
        area=first.area,
        confidence=first.confidence,
        healthy=False,
    )


def _in_some(each: Sequence[Report], known: Collection[str]) -> list[Finding]:
    """What is surely found in two runs or more, but not in most."""
    found: dict[str, list[Finding]] = {}
    for report in each:
        for one in report.findings:
            if one.confidence >= SURE and one.rule not in known:
                found.setdefault(one.rule, []).append(one)
    out = []
    for ones in (ones for ones in found.values() if len(ones) >= SOME):
        typical = sorted(ones, key=lambda one: one.confidence)[len(ones) // 2]
        evidence = {**typical.evidence, "runs_found": float(len(ones)), "runs_judged": float(len(each))}
        out.append(replace(typical, evidence=evidence, template=typical.template + COUNTED))
    return out


def field(
    report: Report | None,
    facts: Facts,
    base: tuple[Step, ...] = (),
    *,
    named: Sequence[str] = (),
    tried: Collection[str] = (),
    width: int = WIDTH,
    unfit: Callable[[Sequence[Step]], str | None] = lambda steps: None,
) -> Field:
    """The candidates for what was found, the likeliest first.

    base   the steps that the round begins with; its techniques are not put on top of themselves
    named  techniques that the user asks for: these, in this order, whatever was found
    tried  slugs of techniques that an earlier round has tried on the same base
    unfit  why these steps turned out not to fit when they were to be trained; None where they did, or nobody knows yet.
           Another technique takes the place of one that doesn't fit
    """
    left_out: list[tuple[str, str]] = []
    first = report.findings[0].rule if report is not None and report.findings else ""
    candidates: list[Candidate] = []
    for slug, treats, why in _wanted(report, named):
        one = techniques.get(slug)
        if one.edit is None:
            left_out.append((slug, "to be done by hand: no training can be repeated with it"))
            continue
        if slug in tried or any(slug == step[0] for step in base):
            continue
        if not named and len({candidate.technique for candidate in candidates}) == width:
            break
        try:
            choices = (one.settings or (lambda *_: [{}]))(facts, treats[0] if treats else first)
        except CannotEdit as error:
            left_out.append((slug, str(error)))
            continue
        whole = [Candidate((*base, (slug, dict(choice))), treats, why) for choice in choices]
        fit = [one for one in whole if unfit(one.steps) is None]
        candidates += fit
        if not fit:
            left_out += [(slug, unfit(one.steps) or "") for one in whole[:1]]
    return Field(tuple(candidates), tuple(left_out))


def _wanted(report: Report | None, named: Sequence[str]) -> list[tuple[str, tuple[str, ...], str]]:
    advised = {one.technique: one for one in report.recommendations} if report is not None else {}
    if not named:
        return [(slug, one.treats, one.why) for slug, one in advised.items()]
    out = []
    for slug in named:
        if slug not in techniques.names():
            raise UsageError(f"--technique: expected one of {', '.join(techniques.names())}, found {slug!r}")
        one = advised.get(slug)
        out.append((slug, one.treats if one else (), one.why if one else ""))
    return out
