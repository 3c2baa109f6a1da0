"""The study as a function of its results: what is to be trained next, and what is known so far.

Nothing here trains or stores. The same results give the same plan and the same report on every machine, which is what
lets many workers share a study and lets one that was killed go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from diagnose.experiments import racing
from diagnose.experiments.candidates import Candidate, Field, field, judged
from diagnose.experiments.racing import Race, Results, scores
from diagnose.experiments.statistics import Direction, Estimate, corrected, paired
from diagnose.experiments.store import Entry
from diagnose.experiments.trial import Outcome, Step
from diagnose.recipes import Facts
from diagnose.report import Report

SECOND = 5  # times the strictness for the loss, where another score decides: it adds a fifth to the share of errors
# Who isn't shown to help may be looked at twice; at 2.94% each the two looks err in 5% together (Pocock 1977).
LOOKS = 0.05 / 0.0294
LIKELY = 3  # times the seeds that a difference of this size would take to be shown, up to which it is looked at again
SKILL = 0.01  # share by which a loss must be below that of guessing, to be more than another guess


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for.

    named      techniques to try whatever is found; empty: what is recommended
    level      how often all intervals of a round hold together
    diagnosed  the report of the user's own history, where it is to be trusted instead of the baseline's runs
    """

    seeds: int = 5
    rounds: int = 1
    named: tuple[str, ...] = ()
    level: float = 0.95
    metric: str = "loss"
    direction: Direction = "min"
    diagnosed: Report | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate against the training that its round began with, on rows that chose nothing."""

    candidate: Candidate
    difference: Estimate
    loss_difference: Estimate
    helped: bool
    loss_helped: bool
    finalist: bool


@dataclass(frozen=True, slots=True)
class Round:
    """One round: what it began with, what that showed, who raced, how it ended."""

    number: int
    base: tuple[Step, ...]
    report: Report | None
    field: Field
    race: Race
    compared: tuple[Compared, ...] = ()
    winner: Candidate | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a study stands: every entry it has needed so far, the rounds, whether it is over, how much may be left."""

    entries: tuple[Entry, ...]
    rounds: tuple[Round, ...]
    over: bool
    ahead: int


def plan(results: Results, settings: Settings) -> Plan:
    """What the results so far ask for next."""
    entries = [Entry((), seed) for seed in range(settings.seeds)]
    if any(entry.key not in results for entry in entries):
        return Plan(tuple(entries), (), False, _ahead(settings, settings.rounds))
    base: tuple[Step, ...] = ()
    rounds: list[Round] = []
    tried: set[str] = set()
    for number in range(1, settings.rounds + 1):
        one = _round(number, base, tried, results, settings)
        rounds.append(one)
        entries += one.race.entries
        if not one.race.over:
            return Plan(tuple(entries), tuple(rounds), False, _ahead(settings, settings.rounds - number))
        if not one.field.candidates:
            break
        if one.winner is not None:
            base, tried = one.winner.steps, set()
        else:
            tried |= {candidate.technique for candidate in one.field.candidates}
    return Plan(tuple(entries), tuple(rounds), True, 0)


def _ahead(settings: Settings, rounds: int) -> int:
    """Trainings that whole rounds may still need, roughly: half a dozen candidates, two of them to the end."""
    return rounds * (8 + 4 + 2 + racing.CHOOSING + 2 * settings.seeds) if rounds else 0


def _round(number: int, base: tuple[Step, ...], tried: set[str], results: Results, settings: Settings) -> Round:
    runs = outcomes(results, base)[: settings.seeds]
    report = settings.diagnosed if settings.diagnosed is not None and not base else judged(runs)
    facts = facts_of_base(base, results)
    unfit = partial(unfitness, results)
    found = field(report, facts, base, named=settings.named if number == 1 else (), tried=tried, unfit=unfit)
    run = partial(
        racing.run,
        found.candidates,
        base,
        results,
        seeds=settings.seeds,
        metric=settings.metric,
        direction=settings.direction,
        each=bool(settings.named) and number == 1,
    )
    one = _judged(Round(number, base, report, found, run()), results, settings)
    if one.race.over and one.winner is None and any(_promising(each, settings) for each in one.compared):
        one = _judged(Round(number, base, report, found, run(again=True)), results, settings)
    return one


def _judged(one: Round, results: Results, settings: Settings) -> Round:
    """With the verdicts, once the race is over."""
    if not one.race.over:
        return one
    compared = tuple(compare(candidate, one, results, settings) for candidate in one.field.candidates)
    return replace(one, compared=compared, winner=_winner(compared, one.race, results, settings))


def _promising(one: Compared, settings: Settings) -> bool:
    """Whether as many seeds again may well show what its seeds so far don't; by the score, or by the loss without harm."""
    if not one.finalist or one.difference.worse(settings.direction):
        return False
    by_score = one.difference.needed(settings.direction)
    by_loss = one.loss_difference.needed("min")
    return min(by_score, by_loss) <= LIKELY * settings.seeds


def facts_of_base(base: Sequence[Step], results: Results) -> Facts:
    """What is known of the training that a round begins with; of the user's own where it was not measured."""
    known = [one for one in (*outcomes(results, base), *outcomes(results, ())) if one.facts]
    return known[0].known() if known else Facts()


def unfitness(results: Results, steps: Sequence[Step]) -> str | None:
    """Why these steps don't fit the training, as their first trial has found out; None where they do, or it is to come."""
    found = results.get(Entry(tuple(steps), 0).key)
    return found[1].failed if found is not None and found[1].unfit else None


def outcomes(results: Results, steps: Sequence[Step]) -> list[Outcome]:
    """A configuration's outcomes in the order of their seeds."""
    found = {entry.seed: one for entry, one in results.values() if entry.steps == tuple(steps)}
    return [found[seed] for seed in sorted(found)]


def compare(candidate: Candidate, one: Round, results: Results, settings: Settings) -> Compared:
    """The paired differences of a candidate. Only finalists are judged: their number corrects the level."""
    finalist = candidate in one.race.finalists
    seeds = one.race.judged if finalist else None
    by_score, by_loss = (
        paired(
            scores(results, candidate.steps, name, "verdict", seeds),
            scores(results, one.base, name, "verdict", seeds),
            level_of(name, one, settings),
        )
        for name in (settings.metric, "loss")
    )
    return Compared(
        candidate,
        by_score,
        by_loss,
        helped=finalist and by_score.better(settings.direction),
        loss_helped=finalist and by_loss.better("min") and _skilled(candidate, one.race.judged, results),
        finalist=finalist,
    )


def level_of(name: str, one: Round, settings: Settings) -> float:
    """The level of an interval, so that all of its round hold together; a loss beside the score is a second chance."""
    level = corrected(settings.level, max(1, len(one.race.finalists)) * LOOKS)
    return level if name == settings.metric else corrected(level, SECOND)


def _skilled(candidate: Candidate, seeds: range, results: Results) -> bool:
    """Whether its loss is below that of guessing: a guess that is a little less wrong is no help."""
    guess = next((one.no_skill.get("loss") for one in outcomes(results, ()) if one.no_skill), None)
    losses = scores(results, candidate.steps, "loss", "verdict", seeds)
    return guess is None or (bool(losses) and sum(losses.values()) / len(losses) < guess - SKILL * abs(guess))


def _winner(compared: Sequence[Compared], race: Race, results: Results, settings: Settings) -> Candidate | None:
    """The best on the choice rows among those that helped; where none did by the score, among those whose loss fell.

    A fallen loss counts only where the score is not shown to be worse.
    """
    seeds = range(race.judged.stop)  # a later round trains the winner from more
    helped = [one.candidate for one in compared if one.helped]
    if helped:
        return racing.ranking(helped, results, settings.metric, settings.direction, seeds)[0]
    lower = [one.candidate for one in compared if one.loss_helped and not one.difference.worse(settings.direction)]
    return racing.ranking(lower, results, "loss", "min", seeds)[0] if lower else None


def curves(runs: Sequence[Outcome]) -> list[dict[str, list[Any]]]:
    """The curves of a configuration's runs, one dict a seed."""
    return [dict(one.run["columns"]) for one in runs if one.run]
