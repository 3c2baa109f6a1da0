"""Who gets more seeds and who is dropped: a race over paired seeds, decided on the rows that settings are chosen by.

Everybody starts on the first seed. After each seed the worst are dropped, and whoever is so far behind that further
seeds are not worth their cost (``statistics.hopeless``), until few are left. That is successive halving (Jamieson and
Talwalkar 2016) with the paired test of F-Race (Birattari and others 2002). The finalists are judged on further seeds:
whoever was best of many on the same trainings was lucky there, too, and would look better than it is.

The plan is a function of the results alone: whoever works it out, at whatever time, adds to the same plan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diagnose.experiments.candidates import Candidate
from diagnose.experiments.statistics import Direction, hopeless
from diagnose.experiments.store import Entry
from diagnose.experiments.trial import Outcome, Step

Results = Mapping[str, tuple[Entry, Outcome]]
KEEP = {1: 6, 2: 4, 3: 2}  # how many stay at most after so many seeds; after more, as after the last
OWN = {1: 2, 2: 1}  # the same for the settings of one technique: two that do nearly the same take nobody else's place
CHOOSING = 3  # seeds of the race; as many as an interval needs at least
SAME = 1e-6  # deviation over mean of scores that differ by rounding only


@dataclass(frozen=True, slots=True)
class Race:
    """Where a race stands.

    entries    all that it has needed so far, done or not
    finalists  candidates with every seed; empty while it runs, and when nobody was worth it
    dropped    the others, with the seeds that they were given
    judged     the seeds of the verdict, of finalists and of what they are compared with
    over       whether nothing is left to train
    """

    entries: tuple[Entry, ...]
    finalists: tuple[Candidate, ...] = ()
    dropped: tuple[Candidate, ...] = ()
    over: bool = False
    judged: range = range(0)


def scores(
    results: Results, steps: Sequence[Step], name: str, part: str = "choice", seeds: range | None = None
) -> dict[int, float]:
    """A configuration's scores by seed, on the choice or the verdict rows; those that can't be computed are left out.

    seeds: only these; None: all.
    """
    found = {}
    for entry, outcome in results.values():
        if entry.steps == tuple(steps) and outcome.failed is None and (seeds is None or entry.seed in seeds):
            value = getattr(outcome, part).get(name)
            if value is not None and math.isfinite(value):
                found[entry.seed] = float(value)
    return dict(sorted(found.items()))  # sums round by their order, and results come in any


def run(
    candidates: Sequence[Candidate],
    base: tuple[Step, ...],
    results: Results,
    *,
    seeds: int,
    metric: str,
    direction: Direction,
    each: bool = False,
    again: bool = False,
) -> Race:
    """The race as far as the results tell. The baseline's trials (steps ``base``) are there already.

    each   every technique is to get its verdict, so only the settings of one race with one another
    again  the finalists are judged on as many seeds again
    """
    alive = list(candidates)
    entries: dict[str, Entry] = {}
    dropped: list[Candidate] = []
    baseline = scores(results, base, metric)
    judged = verdict_seeds(candidates, seeds, each)
    for count in range(1, (judged.start or seeds) + 1):
        entries |= _entries([one.steps for one in alive], range(count))
        if any(key not in results for key in entries):
            return Race(tuple(entries.values()), (), tuple(dropped), judged=judged)
        if judged.start or count < seeds:
            groups = _by_technique(alive) if each else [alive]
            rival = {} if each else baseline
            kept = [
                one for group in groups for one in _survivors(group, results, rival, count, metric, direction, each)
            ]
            dropped += [one for one in alive if one not in kept]
            alive = kept
    for stop in (judged.stop, judged.stop + seeds) if again else (judged.stop,):
        judged = range(judged.start, stop)
        entries |= _entries([base, *(one.steps for one in alive)] if alive else [], judged)
        if any(key not in results for key in entries):
            return Race(tuple(entries.values()), (), tuple(dropped), judged=judged)
        whole = [one for one in alive if len(scores(results, one.steps, metric, seeds=judged)) == len(judged)]
        dropped += [one for one in alive if one not in whole]
        alive = whole
    return Race(tuple(entries.values()), tuple(whole), tuple(dropped), over=True, judged=judged)


def verdict_seeds(candidates: Sequence[Candidate], seeds: int, each: bool = False) -> range:
    """The seeds that decide: beyond those of the race where it chooses, all of them where there is no choice to make."""
    most = max((len(group) for group in _by_technique(candidates)), default=0) if each else len(candidates)
    allowed = OWN[max(OWN)] if each else KEEP[max(KEEP)]
    first = CHOOSING if most > allowed and seeds >= CHOOSING else 0
    return range(first, first + seeds)


def _entries(configurations: Sequence[tuple[Step, ...]], seeds: range) -> dict[str, Entry]:
    wanted = [Entry(steps, seed) for steps in configurations for seed in seeds]
    return {entry.key: entry for entry in wanted}


def _by_technique(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    groups: dict[str, list[Candidate]] = {}
    for one in candidates:
        groups.setdefault(one.technique, []).append(one)
    return list(groups.values())


def _survivors(
    alive: Sequence[Candidate],
    results: Results,
    baseline: Mapping[int, float],
    count: int,
    metric: str,
    direction: Direction,
    each: bool,
) -> list[Candidate]:
    """Whoever goes on after ``count`` seeds, in the order of recommendation."""

    def so_far(one: Candidate) -> dict[int, float]:
        return scores(results, one.steps, metric, seeds=range(count))

    def losses(one: Candidate) -> dict[int, float]:
        return scores(results, one.steps, "loss", seeds=range(count))

    known = [one for one in alive if len(so_far(one)) == count]
    ranked: list[Candidate] = []
    for one in ranking(known, results, metric, direction, seeds=range(count)):
        if sum(other.technique == one.technique for other in ranked) < OWN.get(count, OWN[max(OWN)]):
            ranked.append(one)
    ranked = ranked if each else ranked[: KEEP.get(count, KEEP[max(KEEP)])]
    if not ranked:
        return []
    leader = ranked[0]

    def given_up(one: Candidate) -> bool:
        """Shown to be worse than the baseline, nobody wins; behind the leader, still by a lower loss."""
        if hopeless(so_far(one), baseline, direction):
            return True
        lower = _mean(losses(one)) < _mean(losses(leader))
        return not lower and hopeless(so_far(one), so_far(leader), direction)

    kept = [one for one in ranked if not given_up(one)]
    return [one for one in alive if one in kept]


def ranking(
    candidates: Sequence[Candidate], results: Results, metric: str, direction: Direction, seeds: range | None = None
) -> list[Candidate]:
    """The best first, by the mean score and the mean loss on the choice rows together; then by the score alone.

    A score such as accuracy moves by whole rows, of which there may be few: most differences in it are one or two rows'
    luck. The loss weighs every row's prediction, but can be ruled by a single one. Each counts by how far a candidate
    stands from the others.
    """
    sign = 1 if direction == "min" else -1
    by_score = [sign * _mean(scores(results, one.steps, metric, seeds=seeds), sign) for one in candidates]
    by_loss = [_mean(scores(results, one.steps, "loss", seeds=seeds)) for one in candidates]
    both = [sum(pair) for pair in zip(_standing(by_score), _standing(by_loss), strict=True)]
    order = sorted(range(len(candidates)), key=lambda at: (both[at], by_score[at]))
    return [candidates[at] for at in order]


def _standing(values: Sequence[float]) -> list[float]:
    """How far each lies above the mean, in deviations; 0 where all are the same but for rounding.

    Of four or more the worst quarter counts as the next better one: a candidate that went astray would make all others
    look alike.
    """
    known = sorted(one for one in values if math.isfinite(one))
    if len(known) < 2:
        return [0.0 if math.isfinite(one) else 1.0 for one in values]
    worst = known[len(known) - 1 - len(known) // 4]
    clipped = [min(one, worst) for one in values]
    mean = math.fsum(clipped) / len(clipped)
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in clipped) / len(clipped))
    return [(one - mean) / deviation if deviation > SAME * abs(mean) else 0.0 for one in clipped]


def _mean(values: Mapping[int, float], sign: int = 1) -> float:
    return sum(values.values()) / len(values) if values else sign * math.inf
