"""The rules: what a rule is, how one is declared, how all are found."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, partial
from typing import Any

from diagnose.errors import RuleError, UsageError
from diagnose.evidence.belief import Model
from diagnose.plugins import entries
from diagnose.report import AREAS, Area
from diagnose.wording import fill

GROUP = "diagnose.rules"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says: how probable its claim is, and everything a finding needs.

    confidence  probability of the rule's claim, 0...1; from one half on it is a finding
    curve       name of the curve that shows it
    epochs      since which point to which, 1-based, inclusive
    harm        relative size of the harm in the user's terms
    evidence    the numbers that decided; a key ending in ``_epoch`` holds a 1-based position
    say         the sentence, as a template over ``evidence`` and ``names`` (diagnose/wording.py)
    looks_like  what else could look like it, one sentence
    techniques  overrides the rule's own order when the evidence tells which fits best
    before      slugs that it comes before in this run, beside the rule's own
    """

    confidence: float
    say: str = ""
    curve: str | None = None
    epochs: tuple[int, int] | None = None
    harm: float | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    looks_like: str = ""
    techniques: tuple[str, ...] | None = None
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CannotJudge:
    """The rule can't be judged on this history; ``reason`` names what is missing."""

    reason: str


Judge = Callable[[Any], "Verdict | CannotJudge"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a slug, its area, what treats it (best first), and the function that judges.

    excludes: slugs of rules whose claim can't be true together with this one; the engine keeps the surer.
    hides: slugs of rules whose evidence means nothing when this one is found (a diverging loss has a "gap", too).
    before: slugs of rules of the same area that this one comes before, because it says more about the same curves.
    explains: slugs of rules of the same area whose finding is this one's effect: the cause comes first, however sure.
    """

    slug: str
    area: Area
    techniques: tuple[str, ...]
    judge: Judge
    module: str
    excludes: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    repeats: bool = False
    trendless: bool = False
    explains: tuple[str, ...] = ()

    @property
    def model(self) -> Model | None:
        """How its evidence becomes its confidence, where that was fitted: the rule's ``MODEL``."""
        model = getattr(sys.modules[self.module], "MODEL", None)
        return model if isinstance(model, Model) else None

    @property
    def doc(self) -> str:
        """The rule's module docstring; ``{CONSTANT:%}`` in it is that module's constant, so that text and code agree."""
        module = sys.modules[self.module]
        constants = {
            name: value for name, value in vars(module).items() if name.isupper() and not isinstance(value, str)
        }
        return fill(module.__doc__ or "", constants, {}, str)


def rule(
    *,
    area: Area,
    techniques: tuple[str, ...],
    excludes: tuple[str, ...] = (),
    hides: tuple[str, ...] = (),
    before: tuple[str, ...] = (),
    repeats: bool = False,
    trendless: bool = False,
    explains: tuple[str, ...] = (),
) -> Callable[[Judge], Rule]:
    """Make a rule of a function; its name (underscores to hyphens) is the slug, its module's docstring explains it.

    excludes: slugs of rules whose claim can't be true together with this one's.
    hides: slugs of rules whose evidence means nothing when this one is found.
    before: slugs of rules of the same area that this one comes before when both are found.
    repeats: the function takes a sequence of runs (repeats of one configuration) instead of one run.
    explains: slugs of rules of the same area whose finding is this one's effect: the cause comes first, however sure.
    trendless: it needs no trend, so it also judges histories of fewer than five points (NaN, a constant metric).
    """

    def make(judge: Judge) -> Rule:
        slug = judge.__name__.replace("_", "-")
        return Rule(
            slug, area, techniques, judge, judge.__module__, excludes, hides, before, repeats, trendless, explains
        )

    return make


@cache
def load_rules() -> Mapping[str, Rule]:
    """All rules by slug, by area and then name: the rules folder first, then entry points of ``diagnose.rules``.

    Raises RuleError, naming the culprit, for a file or entry point that holds no rule, fails to load, or takes a slug
    twice; and when there is no rule at all, because an installation without rules would call everything healthy.
    """
    import diagnose.rules as package

    found: dict[str, Rule] = {}
    for module in pkgutil.iter_modules(package.__path__):
        _add(found, f"rules/{module.name}.py", partial(_from_file, module.name))
    for entry in entries(GROUP):
        _add(found, f"entry point {entry.name} = {entry.value}", entry.load)
    if not found:
        raise RuleError("no rule was found: the installation is incomplete; install diagnose-curves again")
    return dict(sorted(found.items(), key=lambda item: (AREAS.index(item[1].area), item[0])))


def _from_file(name: str) -> object:
    return getattr(importlib.import_module(f"{GROUP}.{name}"), name, None)


def _add(found: dict[str, Rule], where: str, load: Callable[[], object]) -> None:
    try:
        one = load()
    except Exception as error:
        raise RuleError(f"{where}: the rule can't be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(one, Rule):
        raise RuleError(f"{where}: expected a function under @rule of the file's name, found {type(one).__name__}")
    if one.area not in AREAS:
        raise RuleError(f"{where}: expected an area among {', '.join(AREAS)}, found {one.area!r}")
    if one.slug in found:
        raise RuleError(f"{where}: the slug {one.slug!r} is taken by another rule")
    found[one.slug] = one


def check_names(names: Iterable[str], *, areas: bool = False) -> None:
    """Raise UsageError for a name that is no rule (nor, if allowed, an area), suggesting the nearest."""
    known = [*load_rules(), *(AREAS if areas else ())]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else "`diagnose rules` lists them"
            raise UsageError(f"expected a rule{' or an area' if areas else ''}, found {name!r}; {hint}")
