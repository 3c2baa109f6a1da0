"""Numbers and phrases that every write-up uses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from diagnose.experiments.statistics import Estimate
from diagnose.experiments.store import label
from diagnose.renderers.words import clean

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport, Result

BLOCKS = "▁▂▃▄▅▆▇█"
WIDE = 32  # characters of a curve in one line
Curve = tuple[str, list[float]]


@dataclass(frozen=True, slots=True)
class Group:
    """The results of one technique in one round: they share why it was tried and what was expected."""

    technique: str
    number: int
    results: tuple[Result, ...]
    intent: str

    @property
    def expectation(self) -> str:
        """What was to happen."""
        return clean(self.results[0].expectation)


def groups(report: RerunReport) -> list[Group]:
    """The results by round and technique, in the order of the first of each.

    What was found is said once: with the baseline, or with the first technique that treats it.
    """
    order = {one: at for at, one in reversed(list(enumerate(map(_group, report.results))))}
    ranked = sorted(report.results, key=lambda one: order[_group(one)])
    told = {report.baseline.summary}
    found = []
    for (number, slug), results in groupby(ranked, key=_group):
        same = tuple(results)
        aim, _, reason = same[0].intent.partition(": ")
        found.append(Group(slug, number, same, clean(aim if reason in told else same[0].intent)))
        told.add(reason)
    return found


def _group(one: Result) -> tuple[int, str]:
    return one.round, one.technique


def value(one: float | None) -> str:
    """A score: "0.8312"; a dash where there is none."""
    return "–" if one is None else f"{one:.4g}"


def change(one: Estimate) -> str:
    """A difference with its interval: "+0.12 (+0.08 to +0.16)"."""
    if one.mean is None:
        return "–"
    told = f"{one.mean:+.3g}"
    return told if one.interval is None else f"{told} ({one.interval[0]:+.3g} to {one.interval[1]:+.3g})"


def outcome(one: Result) -> str:
    """In one or two words what came of a technique."""
    if one.finding.startswith("could not"):
        return "failed"
    if one.helped:
        return "helped"
    if one.loss_helped:
        return "lower loss"
    if one.dropped:
        return f"dropped ({seeds(one.trials)})"
    if one.finding.startswith("it harms"):
        return "harmed"
    return "no difference" if one.difference.interval is not None else "running"


def seeds(count: int) -> str:
    """ "1 seed", "5 seeds"."""
    return "1 seed" if count == 1 else f"{count} seeds"


def tried(one: Result, others: Sequence[Result]) -> str:
    """The technique with its settings; of a lone one that all have the name is left out: "dropout 0.5"."""
    given = list(one.settings.items())
    alike = all(list(other.settings) == list(one.settings) for other in others if other.technique == one.technique)
    short = len(given) == 1 and alike and not isinstance(given[0][1], bool)
    told = [str(given[0][1])] if short else _settings(given)
    return clean(" ".join([one.technique, *told]))


def rows(report: RerunReport) -> list[tuple[str, Result | None, str, str, str]]:
    """The table: name, result, score, difference and outcome; ahead of each round what it is compared with."""
    found: list[tuple[str, Result | None, str, str, str]] = []
    for number, results in groupby(report.results, key=lambda one: one.round):
        same = list(results)
        base = same[0].steps[:-1]
        before = next((one.score for one in report.results if base and one.steps == base), report.baseline.score.mean)
        name = f"round {number}: {steps(base) if base else 'baseline'}" if number > 1 else "baseline"
        found.append((name, None, value(before), "", ""))
        found += [
            (tried(one, report.results), one, value(one.score), change(one.difference), outcome(one)) for one in same
        ]
    return found


def settings(one: Result) -> str:
    """The settings alone: "rate=0.5"; with what they stand on top of in a later round."""
    told = ", ".join(_settings(one.settings.items())) or "no settings"
    return clean(f"{told}, on top of {label(one.steps[:-1])}" if one.steps[:-1] else told)


def _settings(given: Any) -> list[str]:
    return [f"{name}={chosen}" for name, chosen in given]


def method(one: Result, report: RerunReport) -> str:
    """What was done for this one: "5 seeds, in pairs with the baseline's"."""
    beside = f"those of {steps(one.steps[:-1])}" if one.steps[:-1] else "the baseline's"
    return f"{seeds(one.difference.count)}, in pairs with {beside}"


def result(one: Result, report: RerunReport) -> str:
    """The score with its spread over the seeds, the loss, and what the runs' own curves show."""
    if one.score is None:
        return "none"
    spread = f" ({min(one.scores):.4g} to {max(one.scores):.4g} over {seeds(len(one.scores))})" if one.scores else ""
    loss = f", loss {value(one.loss)}" if report.metric != "loss" else ""
    return f"{report.metric} {value(one.score)}{spread}{loss}; its curves: {one.diagnosis}"


def baseline(report: RerunReport) -> str:
    """One sentence on the user's training as it is."""
    base = report.baseline
    spread = "" if base.score.interval is None else f", {base.score.interval[0]:.4g} to {base.score.interval[1]:.4g}"
    guess = "" if base.no_skill is None else f"; guessing scores {value(base.no_skill)}"
    told = f"{report.metric} {value(base.score.mean)} (mean of {seeds(base.score.count)}{spread}{guess})"
    return f"{base.diagnosis}, {told}"


def reasons(left_out: Sequence[tuple[str, str]]) -> list[str]:
    """What was recommended and is not tried, a line a reason."""
    found: dict[str, list[str]] = {}
    for slug, reason in left_out:
        names = found.setdefault(clean(reason), [])
        names += [slug] if slug not in names else []
    return [f"{', '.join(names)}: {reason}" for reason, names in found.items()]


def trained(report: RerunReport) -> str:
    """How much was done and where it is kept."""
    count = "1 training" if report.trials == 1 else f"{report.trials} trainings"
    kept = f" Kept in {clean(report.directory)}" if report.directory else ""
    return f"{count}, {duration(report.seconds)} of training.{kept}"


def steps(given: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Techniques on top of one another: "dropout rate=0.5 + early-stopping patience=10"."""
    return clean(label(tuple(given)))


def duration(seconds: float) -> str:
    """ "45 s", "12 min", "3.5 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


def before(report: RerunReport, one: Result) -> Sequence[Mapping[str, Sequence[Any]]]:
    """The curves of the training that a result's round began with."""
    base = one.steps[:-1]
    found = next((other for other in report.results if base and other.steps == base), None)
    return report.baseline.curves if found is None else found.curves


def numeric(values: Sequence[Any]) -> list[float]:
    """A saved curve's numbers; "NaN", "Infinity" and gaps are no finite numbers."""
    return [math.nan if one is None else float(one) for one in values]


def watched(curves: Sequence[Mapping[str, Sequence[Any]]]) -> Curve | None:
    """The curve of the first seed that tells most in one line: the validation loss, else the training loss."""
    for name in ("val_loss", "loss"):
        if curves and name in curves[0]:
            return name, numeric(curves[0][name])
    return None


class Scale:
    """Curves of one report in a line each, all on one scale, so that they can be compared at a glance."""

    def __init__(self, report: RerunReport) -> None:
        known = [watched(one) for one in (report.baseline.curves, *(one.curves for one in report.results))]
        shown = [[number for number in one[1] if math.isfinite(number)] for one in known if one is not None]
        shown = [one for one in shown if one]
        self.low = min(map(min, shown), default=0.0)
        # one that explodes would press the others flat: above the baseline and all beginnings it is cut off
        self.high = max([max(shown[0]), *(one[0] for one in shown)]) if shown else 1.0

    def line(self, curves: Sequence[Mapping[str, Sequence[Any]]]) -> str:
        """ "█▇▆▅ val_loss 0.693 to 0.41"; longer curves by the means of even stretches; "·" where nothing is finite."""
        curve = watched(curves)
        if curve is None or not curve[1]:
            return ""
        name, values = curve
        size = -(-len(values) // WIDE)
        parts = [values[at : at + size] for at in range(0, len(values), size)]
        return f"{''.join(map(self._block, parts))} {clean(name)} {values[0]:.3g} to {values[-1]:.3g}"

    def _block(self, values: Sequence[float]) -> str:
        part = [one for one in values if math.isfinite(one)]
        if not part:
            return "·"
        share = (sum(part) / len(part) - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return BLOCKS[min(len(BLOCKS) - 1, max(0, int(share * len(BLOCKS))))]
