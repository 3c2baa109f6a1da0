"""What can be done: one technique a file, loaded when it is recommended.

A technique is a function ``Case -> Advice`` under ``@technique(...)``; the file's name is its slug with underscores,
the module's docstring is what ``diagnose explain SLUG`` prints (headings: What it changes · When it helps · Settings ·
Risks · Sources). Which rules it treats, and in which order, stands with the rules.

So that ``diagnose rerun`` can try it on the user's own training it also has an edit, ``Recipe, settings -> Recipe``, and
a function ``Facts, rule -> settings`` that says which are worth trying for what was found, best first. Both raise
CannotEdit, with the reason in one line, for a training that it doesn't fit. Keras is imported inside the edit.
A further package adds a technique through an entry point of the group ``diagnose.techniques``, whose object is a
Technique that says which rules it ``treats``; it is recommended behind those that the rules name themselves.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from diagnose.errors import RuleError, UsageError
from diagnose.plugins import entries

if TYPE_CHECKING:
    from diagnose.curves import Curves
    from diagnose.recipes import Facts, Recipe, Settings
    from diagnose.report import Area, Finding, Recommendation, Report

GROUP = "diagnose.techniques"
Edits = Literal["data", "model", "compile", "fit", "predict"]


@dataclass(frozen=True, slots=True)
class Case:
    """What a technique may know when it advises.

    finding        the finding to treat first among those that name this technique
    curves         the run
    monitor, mode  the curve to watch and which way is better: the validation loss if there is one, else the training loss
    epochs         points of the run
    best_epoch     position of the monitored curve's best value (1-based)
    learning_rate  the last logged rate, None if it was never logged
    settings       those to write the code for, where a re-run has found them; None: what fits the case
    """

    finding: Finding
    curves: Curves
    monitor: str
    mode: Literal["min", "max"]
    epochs: int
    best_epoch: int
    learning_rate: float | None
    settings: Settings | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """``brief``: at most 60 characters for the card's "Do" line. ``why``: one sentence that names the finding's cause and
    what changes. ``code``: Keras 3 to paste, values fitted to the case."""

    brief: str
    why: str
    code: str


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique: its slug, the area it belongs to, what it edits, where it is from, how it advises.

    edit      ``recipe, **settings -> recipe``; None: nothing that a training could be repeated with (an audit of the data)
    settings  ``facts, rule -> [settings, ...]``, best first, for the rule that it is to treat
    treats    slugs of rules that it treats though they don't name it: for techniques of other packages
    """

    slug: str
    area: Area
    edits: Edits
    source: str
    advise: Callable[[Case], Advice]
    doc: str
    edit: Callable[..., Recipe] | None = None
    settings: Callable[[Facts, str], Sequence[Settings]] | None = None
    treats: tuple[str, ...] = ()


def technique(
    *,
    area: Area,
    edits: Edits,
    source: str,
    edit: Callable[..., Recipe] | None = None,
    settings: Callable[[Facts, str], Sequence[Settings]] | None = None,
    treats: tuple[str, ...] = (),
) -> Callable[[Callable[[Case], Advice]], Technique]:
    """Make a technique of a function; its name (underscores to hyphens) is the slug."""

    def make(advise: Callable[[Case], Advice]) -> Technique:
        doc = sys.modules[advise.__module__].__doc__ or ""
        slug = advise.__name__.replace("_", "-")
        return Technique(slug, area, edits, source, advise, doc, edit, settings or _as_it_is, treats)

    return make


def _as_it_is(facts: Facts, rule: str) -> Sequence[Settings]:
    return ({},)


@cache
def names() -> tuple[str, ...]:
    """The slugs of all techniques, sorted; loads none of this package's own."""
    return tuple(sorted({*_own(), *_further()}))


@cache
def _own() -> frozenset[str]:
    return frozenset(one.name.replace("_", "-") for one in pkgutil.iter_modules(__path__))


@cache
def _further() -> dict[str, Technique]:
    """Those of other packages. Raises RuleError, naming the entry point, for one that is broken or whose slug is taken."""
    found: dict[str, Technique] = {}
    for entry in entries(GROUP):
        where = f"entry point {entry.name} = {entry.value}"
        try:
            one = entry.load()
        except Exception as error:
            raise RuleError(f"{where}: the technique can't be loaded: {type(error).__name__}: {error}") from error
        if not isinstance(one, Technique):
            raise RuleError(f"{where}: expected a function under @technique, found {type(one).__name__}")
        if one.slug in found or one.slug in _own():
            raise RuleError(f"{where}: the slug {one.slug!r} is taken by another technique")
        found[one.slug] = one
    return found


def get(slug: str) -> Technique:
    """The technique of this slug. Raises UsageError for an unknown one."""
    if slug in _own():
        name = slug.replace("-", "_")
        found = getattr(importlib.import_module(f"{__name__}.{name}"), name)
        assert isinstance(found, Technique)
        return found
    if slug not in _further():
        raise UsageError(f"expected a technique, found {slug!r}; they are: {', '.join(names())}")
    return _further()[slug]


def recommend(report: Report) -> tuple[Recommendation, ...]:
    """For every finding its techniques, each once, the first finding's best one first."""
    from diagnose.report import Recommendation

    treats: dict[str, list[Finding]] = {}
    for finding in report.findings:
        further = (slug for slug, one in _further().items() if finding.rule in one.treats)
        for slug in dict.fromkeys((*finding.techniques, *further)):
            treats.setdefault(slug, []).append(finding)
    out = []
    for slug in [slug for slug in treats if slug in names()]:  # a third party's rule may name what nobody has written
        findings, one = treats[slug], get(slug)
        advice = one.advise(_case(report, findings[0]))
        rules = tuple(finding.rule for finding in findings)
        out.append(Recommendation(slug, one.area, rules, advice.brief, advice.why, advice.code, one.source))
    return tuple(out)


def advise(report: Report, slug: str, settings: Settings) -> Advice:
    """A technique's advice with settings that were found by trying."""
    from diagnose.report import Finding

    one = get(slug)
    none = Finding(report.diagnosis, one.area, 0.0, None, None, None, {}, (slug,), "")
    findings = [*(found for found in report.findings if slug in found.techniques), *report.findings, none]
    return one.advise(replace(_case(report, findings[0]), settings=settings))


def _case(report: Report, finding: Finding) -> Case:
    import numpy as np

    curves, best = report.curves, report.best
    watched = next((one for one in curves.series if best and one.name == best.curve), None)
    rates = curves.learning_rate
    known = [] if rates is None else rates[np.isfinite(rates)].tolist()
    return Case(
        finding=finding,
        curves=curves,
        monitor=watched.name if watched else "val_loss",
        mode=(watched.direction or "min") if watched else "min",
        epochs=curves.length,
        best_epoch=best.epoch if best else curves.length,
        learning_rate=known[-1] if known else None,
    )
