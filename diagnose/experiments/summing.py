"""From the results to the report: every sentence and number of it, and nothing that isn't recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from diagnose import techniques
from diagnose.experiments import study
from diagnose.experiments.candidates import judged
from diagnose.experiments.exporting import record
from diagnose.experiments.joining import joined
from diagnose.experiments.racing import Results, scores
from diagnose.experiments.report import Baseline, RerunReport, Result, Winner
from diagnose.experiments.statistics import Estimate, estimate
from diagnose.experiments.store import label
from diagnose.experiments.study import Compared, Plan, Round, Settings
from diagnose.experiments.trial import Outcome, Step
from diagnose.report import Finding, Report

EXPECTED = {
    "learning": "it learns the training rows better or sooner, and unseen rows with them",
    "generalization": "unseen rows are predicted better, or as well with a lower loss",
    "prediction": "runs differ less, and their predictions are better than a single run's",
}

WORTH = 4  # times the seeds, up to which more of them are worth a try


def report_of(now: Plan, results: Results, settings: Settings, **known: object) -> RerunReport:
    """The report as far as the study has come. ``known``: fields that only the caller knows (directory, stopped...)."""
    runs = study.outcomes(results, ())
    first = next((one for one in runs if one.failed is None), Outcome())
    whole = tuple(_result(one, at, results, settings) for at in now.rounds for one in _standing(at, results, settings))
    winner = next((at for at in reversed(now.rounds) if at.winner is not None), None)
    fields: dict[str, object] = {
        "metric": settings.metric,
        "direction": settings.direction,
        "judged_on": "nested validation" if first.nested else "test",
        "seeds": settings.seeds,
        "level": settings.level,
        "baseline": _baseline(now, results, settings),
        "results": whole,
        "winner": None if winner is None else Winner(_steps(winner), None, code(now, winner)),
        "left_out": tuple(one for at in now.rounds for one in at.field.left_out),
        "complete": now.over,
        "next_step": _next_step(now, settings),
        "trials": len(results),
        "seconds": sum(outcome.seconds for _, outcome in results.values()),
        "versions": dict(first.versions),
        "records": tuple(record(entry, outcome) for entry, outcome in results.values()),
    }
    return RerunReport(**{**fields, **known})  # type: ignore[arg-type]


def _standing(at: Round, results: Results, settings: Settings) -> Sequence[Compared]:
    """The comparisons of a round, of what has been trained so far while it still runs."""
    if at.race.over:
        return at.compared
    begun = [one for one in at.field.candidates if study.outcomes(results, one.steps)]
    return [study.compare(one, at, results, settings) for one in begun]


def _steps(at: Round) -> tuple[Step, ...]:
    assert at.winner is not None
    return at.winner.steps


def _baseline(now: Plan, results: Results, settings: Settings) -> Baseline:
    first = now.rounds[0] if now.rounds else None
    # beside finalists it is told on their seeds
    seeds = first.race.judged if first is not None and first.race.finalists else range(settings.seeds)
    found = None if first is None else first.report
    runs = study.outcomes(results, ())[: settings.seeds]

    def over_seeds(name: str) -> Estimate:
        return estimate(list(scores(results, (), name, "verdict", seeds).values()), settings.level)

    guess = next((one.no_skill.get(settings.metric) for one in runs if one.no_skill), None)
    return Baseline(
        diagnosis="unjudged" if found is None else found.diagnosis,
        score=over_seeds(settings.metric),
        loss=over_seeds("loss"),
        no_skill=guess,
        summary=found.findings[0].summary if found is not None and found.findings else "",
        curves=study.curves(runs),
        seconds=sum(one.seconds for one in runs) / len(runs) if runs else 0.0,
        scores=_by_seed(scores(results, (), settings.metric, "verdict", seeds)),
    )


def _result(one: Compared, at: Round, results: Results, settings: Settings) -> Result:
    candidate = one.candidate
    runs = study.outcomes(results, candidate.steps)
    seeds = at.race.judged if one.finalist else None
    verdict = scores(results, candidate.steps, settings.metric, "verdict", seeds)
    losses = scores(results, candidate.steps, "loss", "verdict", seeds)
    before = scores(results, at.base, settings.metric, "verdict", seeds)
    own = judged(runs)
    technique = techniques.get(candidate.technique)
    return Result(
        technique=candidate.technique,
        settings=candidate.settings,
        treats=candidate.treats,
        trials=len(runs),
        score=estimate(list(verdict.values()), settings.level).mean,
        difference=one.difference,
        helped=one.helped,
        loss=estimate(list(losses.values()), settings.level).mean,
        loss_difference=one.loss_difference,
        loss_helped=one.loss_helped,
        diagnosis="unjudged" if own is None else own.diagnosis,
        intent=_intent(one, at),
        expectation=candidate.why or EXPECTED[technique.area],
        finding=_finding(one, at, results, settings),
        round=at.number,
        steps=candidate.steps,
        dropped=at.race.over and not one.finalist,
        curves=study.curves(runs),
        notes=tuple(dict.fromkeys(note for run in runs for note in run.notes)),
        seconds=sum(run.seconds for run in runs) / len(runs) if runs else 0.0,
        scores=_by_seed(verdict),
        differences=_by_seed({seed: one - before[seed] for seed, one in verdict.items() if seed in before}),
    )


def _by_seed(found: Mapping[int, float]) -> tuple[float, ...]:
    return tuple(found[seed] for seed in sorted(found))


def _intent(one: Compared, at: Round) -> str:
    found = _found(at.report, one.candidate.treats)
    on_top = f" on top of {label(at.base)}" if at.base else ""
    if found is None:
        return f"see what {one.candidate.technique} does{on_top}"
    return f"treat {found.rule} with {one.candidate.technique}{on_top}: {found.summary}"


def _found(report: Report | None, treats: Sequence[str]) -> Finding | None:
    return None if report is None else next((one for one in report.findings if one.rule in treats), None)


def _finding(one: Compared, at: Round, results: Results, settings: Settings) -> str:
    """One sentence: what the numbers say, and no more."""
    failed = [run.failed for run in study.outcomes(results, one.candidate.steps) if run.failed]
    if failed:
        return f"could not be tried: {failed[0]}"
    if not at.race.over and not one.finalist:
        return f"{one.difference.count} of {settings.seeds} seeds so far: nothing can be said yet"
    if not one.finalist:
        return f"dropped after {_seeds(one.difference.count)}: {_why_dropped(one, at)} on the validation rows"
    by_score = _told(settings.metric, one.difference, study.level_of(settings.metric, at, settings))
    level = study.level_of("loss", at, settings)
    if one.helped:
        return f"it helps: {by_score}{_also_loss(one, settings, level)}"
    if one.difference.worse(settings.direction):
        return f"it harms: {by_score}"
    if one.loss_helped and settings.metric != "loss":
        lower = _told("loss", one.loss_difference, level)
        return f"it helps the loss: {lower}; no difference in {settings.metric} is shown ({_interval(one.difference)})"
    return f"no difference is shown: {by_score}"


def _why_dropped(one: Compared, at: Round) -> str:
    ahead = [each for each in at.field.candidates if each in at.race.finalists]
    return (
        "others did better, by score and loss together,"
        if ahead
        else "it did not keep up with what it is compared with"
    )


def _also_loss(one: Compared, settings: Settings, level: float) -> str:
    if settings.metric == "loss" or one.loss_difference.interval is None:
        return ""
    return f"; {_told('loss', one.loss_difference, level)}"


def _told(name: str, difference: Estimate, level: float) -> str:
    if difference.mean is None:
        return f"{name} could not be computed"
    way = "rises" if difference.mean > 0 else "falls"
    by = f"{name} {way} by {abs(difference.mean):.3g}" if difference.mean else f"{name} stays the same"
    return f"{by} ({100 * level:.4g}% interval {_interval(difference)}, {_seeds(difference.count)})"


def _interval(difference: Estimate) -> str:
    if difference.interval is None:
        return "not known: too few seeds"
    low, high = difference.interval
    return f"{low:+.3g} to {high:+.3g}"


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _next_step(now: Plan, settings: Settings) -> str:
    if not now.over:
        return "go on with --resume"
    last = now.rounds[-1] if now.rounds else None
    if last is None or not last.field.candidates:
        healthy = last is not None and last.report is not None and last.report.healthy
        return "nothing is wrong that a technique here would treat" if healthy else "no technique fits what was found"
    if last.winner is None and last.base:
        return "take the winner; nothing was shown to help on top of it"
    if last.winner is None:
        more = _more_seeds(last, settings)
        others = "try others with --rounds or --technique"
        return f"no technique was shown to help: keep the training as it is, {more}or {others}"
    return f"take the winner; --resume --rounds {settings.rounds + 1} diagnoses it again and goes on from there"


def _more_seeds(last: Round, settings: Settings) -> str:
    """How many seeds would show a difference like the likeliest one's; nothing where that would take too many."""
    asked = [
        (one.difference.needed(settings.direction), one.candidate.technique) for one in last.compared if one.finalist
    ]
    needed, technique = min(asked, default=(math.inf, ""))
    if needed > WORTH * settings.seeds:
        return ""
    count = max(math.ceil(needed), settings.seeds + 1)
    return f"see with --resume --seeds {count} whether what {technique} shows so far holds, "


def code(now: Plan, winner: Round) -> str:
    """The change in the user's code that makes the winner: each technique's own code, with the settings that won."""
    won = [(at.winner.steps[-1], at.report) for at in now.rounds if at.winner and at.number <= winner.number]
    return joined([(step, techniques.advise(report, *step).code) for step, report in won if report is not None])
