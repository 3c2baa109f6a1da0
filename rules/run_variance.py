"""run-variance: repeat the run and it ends elsewhere.

What it means
    Chance (the initial weights, the order of the examples) decides much of the result. One run says little about
    the configuration, and a comparison of single runs says nothing.

What the curves show
    Repeated runs of one configuration that end far apart.

How it is decided
    The standard deviation of the final levels of the repeats over their mean (or over 5% of the fall, where the
    mean is nearly zero): half sure at {SPREAD:%}. With few repeats the spread itself is uncertain, and the
    confidence nearer to one half: its relative error is about 1 / sqrt(2 (n - 1)). Runs that lie over 3.5 robust
    deviations from the others' median are named, and so is how many runs each it takes to tell a difference of
    {DIFFERENCE:%} from chance four times in five. At least {FEWEST:d} repeats are needed; beyond {MANY:d} runs each
    the number is not told.

What else looks like it
    Repeats that differ in more than the seed: another split, another number of epochs.

Sources
    Brownlee, How to Get Better Deep Learning Results (7-Day Mini-Course).
    Bouthillier et al., Accounting for Variance in Machine Learning Benchmarks (2021).
"""

import math
from collections.abc import Sequence

import numpy as np

from diagnose.evidence.belief import beyond
from diagnose.evidence.run import Run
from diagnose.evidence.shape import Shape
from diagnose.evidence.spread import outliers, repeats_needed, spread
from diagnose.registry import CannotJudge, Verdict, rule
from diagnose.wording import share

SPREAD = 0.11  # standard deviation over mean: between the 5% and 15% of the definition, nearer the second, as ends wobble too
FEWEST = 3  # repeats
MANY = 100  # repeats beyond which nobody wants the exact number
DIFFERENCE = 0.05  # relative difference between two configurations that is worth telling from chance

TECHNIQUES = ("repeat-runs", "model-averaging", "resampling-ensemble", "weighted-average-ensemble", "stacking")


@rule(area="prediction", techniques=TECHNIQUES, repeats=True)
def run_variance(runs: Sequence[Run]) -> Verdict | CannotJudge:
    """Judge repeats of one configuration."""
    numbers, shapes = _same_curve(runs)
    if len(shapes) < FEWEST:
        return CannotJudge(f"fewer than {FEWEST} repeats with the same judged curve")
    first = shapes[0]
    ends = np.array([one.end for one in shapes])
    scale = max(abs(float(ends.mean())), float(np.median([one.floor for one in shapes])), 1e-300)
    apart = spread(ends)
    strange = outliers(ends)
    low, high = sorted((first.told(float(ends.min())), first.told(float(ends.max()))))
    evidence = {
        "repeats": float(len(shapes)),
        "spread": apart.deviation / scale,
        "spread_low": apart.low / scale,
        "spread_high": apart.high / scale,
        "spread_of_best": float(np.array([one.best for one in shapes]).std(ddof=1)) / scale,
        "low": low,
        "high": high,
        "outliers": float(strange.size),
        "repeats_needed": repeats_needed(apart.deviation, DIFFERENCE * scale),
    }
    say = (
        "{repeats:d} repeats end between {low} and {high} on {curve}: a standard deviation of {spread:%} of their mean "
    )
    say += "({spread_low:%} to {spread_high:%}); telling a difference of " + share(DIFFERENCE)
    needed = evidence["repeats_needed"]
    say += " from chance takes " + (f"over {MANY} runs each" if needed > MANY else "{repeats_needed:d} runs each")
    if strange.size:
        say += "; apart from the others: run " + ", ".join(str(numbers[one]) for one in strange.tolist())
    return Verdict(
        confidence=beyond(evidence["spread"], SPREAD, 0.15 + 0.5 / math.sqrt(2 * (len(shapes) - 1))),
        curve=first.name,
        harm=evidence["spread"],
        evidence=evidence,
        names={"curve": first.name},
        say=say,
        looks_like="repeats that differ in more than the seed",
    )


def _same_curve(runs: Sequence[Run]) -> tuple[list[int], list[Shape]]:
    """The runs, numbered from 1, whose judged curve is the one that most of them have, and those curves."""
    judged = [run.val or run.train for run in runs]
    kinds = [one and (one.series.split, one.series.metric, one.series.direction) for one in judged]
    usual = max((kind for kind in kinds if kind), key=kinds.count, default=None)
    numbers = [at for at, kind in enumerate(kinds, start=1) if kind and kind == usual]
    return numbers, [shape for shape, kind in zip(judged, kinds, strict=True) if shape and kind == usual]
