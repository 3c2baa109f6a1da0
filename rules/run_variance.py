"""run-variance: repeat the run and it ends elsewhere.

What it means
    Chance (the initial weights, the order of the examples) decides much of the result. One run says little about
    the configuration, and a comparison of single runs says nothing.

What the curves show
    Repeated runs of one configuration that end far apart.

How it is decided
    The standard deviation of the final levels of the repeats over their mean (or over 5% of the fall, where the
    mean is nearly zero): half sure at {SPREAD:%}. With few repeats the spread itself is uncertain, and the
    confidence nearer to one half: its relative error is about 1 / sqrt(2 (n - 1)).

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
from diagnose.registry import CannotJudge, Verdict, rule

SPREAD = 0.09  # standard deviation over mean: between the 5% and 15% of the definition
FEWEST = 3  # repeats

TECHNIQUES = ("repeat-runs", "model-averaging", "resampling-ensemble", "weighted-average-ensemble", "stacking")


@rule(area="prediction", techniques=TECHNIQUES, repeats=True)
def run_variance(runs: Sequence[Run]) -> Verdict | CannotJudge:
    """Judge repeats of one configuration."""
    judged = [run.val or run.train for run in runs]
    shapes = [one for one in judged if one is not None]
    if len(shapes) < FEWEST:
        return CannotJudge(f"fewer than {FEWEST} repeats with a judged curve")
    ends = np.array([one.end for one in shapes])
    floor = float(np.median([one.floor for one in shapes]))
    mean = float(ends.mean())
    spread = float(ends.std(ddof=1)) / max(abs(mean), floor, 1e-300)
    count = len(shapes)
    worst = int(ends.argmax())
    return Verdict(
        confidence=beyond(spread, SPREAD, 0.15 + 1 / math.sqrt(2 * (count - 1)) * 0.5),
        curve=shapes[0].name,
        epochs=None,
        harm=spread,
        evidence={
            "repeats": float(count),
            "spread": spread,
            "mean": shapes[0].told(mean),
            "low": min(shapes[0].told(float(ends.min())), shapes[0].told(float(ends.max()))),
            "high": max(shapes[0].told(float(ends.min())), shapes[0].told(float(ends.max()))),
            "worst_run": float(worst + 1),
        },
        names={"curve": shapes[0].name},
        say="{repeats:d} repeats end between {low} and {high} on {curve}: a standard deviation of {spread:%} of their mean",
        looks_like="repeats that differ in more than the seed",
    )
