"""Numbers and phrases that every write-up uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagnose.experiments.statistics import Estimate
from diagnose.experiments.store import label

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport, Result


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
        return "not tried"
    if one.helped:
        return "helped"
    if one.loss_helped:
        return "lower loss"
    if one.dropped:
        return "dropped"
    if one.finding.startswith("it harms"):
        return "harmed"
    return "no difference" if one.difference.interval is not None else "running"


def tried(one: Result) -> str:
    """The technique with its settings: "dropout rate=0.5"."""
    return label(one.steps[-1:]) if one.steps else one.technique


def baseline(report: RerunReport) -> str:
    """One sentence on the user's training as it is."""
    base = report.baseline
    spread = "" if base.score.interval is None else f", {base.score.interval[0]:.4g} to {base.score.interval[1]:.4g}"
    guess = "" if base.no_skill is None else f"; guessing scores {value(base.no_skill)}"
    return (
        f"{report.metric} {value(base.score.mean)} (mean of {base.score.count} seeds{spread}{guess}): {base.diagnosis}"
    )


def duration(seconds: float) -> str:
    """ "45 s", "12 min", "3.5 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"
