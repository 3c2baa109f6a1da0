"""diverging: the loss climbs away, or is no longer a number.

What it means
    Each update makes the weights worse: the steps are too large for the slope, or the numbers overflow. Nothing can
    be learnt until that stops.

What the curves show
    NaN or Inf in a loss, or a training loss that ends far above where it has been and stays there.

How it is decided
    A NaN or Inf in a loss is enough. Otherwise the training loss must end above its start (half sure when it ends
    {ABOVE_START:%} above) and stay there (over {STAYS:%} of the last fifth), or have climbed back over much of the
    way it had come down (half sure at {GIVEN_BACK:%}) by a multiple of its best (half sure at {ABOVE_BEST:x}) and
    of the noise between epochs ({NOISES:x}). A jump that comes back down, as after a resume or a warm restart, is
    not counted: only where the curve ends. A logged NaN or Inf makes {SURE:%} sure. A training loss of exactly 0,
    to the end, right after one of over {SUDDENLY:%} of its start is an overflow that nobody reported (half
    precision): {OVERFLOW:%} sure.

What else looks like it
    A training that was stopped in the middle of a warm restart. NaN only in the validation loss points to NaN in
    the validation data, or to an empty validation batch, rather than to the weights.

Sources
    Bengio, Practical Recommendations for Gradient-Based Training of Deep Architectures (2012), section 3.1.1.
    Goodfellow, Bengio, Courville, Deep Learning (2016), section 8.2.4, cliffs and exploding gradients.
"""

import math

import numpy as np

from diagnose.curves import FloatArray, Series
from diagnose.evidence.belief import above, beyond
from diagnose.evidence.run import Run
from diagnose.evidence.shape import Shape
from diagnose.registry import CannotJudge, Verdict, rule

ABOVE_START = 0.25  # relative rise of the end over the start at which we are half sure
GIVEN_BACK = 0.15  # share of the descent that was climbed back
ABOVE_BEST = 2.0  # multiple of the best level
NOISES = 8.0  # rise in deviations of the noise
STAYS = 0.8  # share of the last fifth that lies above the start
SUDDENLY = 0.01  # the last loss before the zeros over the start: a loss that is learnt to zero comes down to it
OVERFLOW = 0.8  # confidence in an overflow that shows as exact zeros
SURE = 0.98  # a NaN was logged: nothing to estimate, but logs can be wrong

TECHNIQUES = ("learning-rate", "gradient-clipping", "data-scaling", "data-audit", "batch-normalization")
HIDES = (
    "underfit-unfinished",
    "slow-learning",
    "constant-metric",
    "chance-level",
    "unrepresentative-training",
    "unrepresentative-validation",
    "validation-easier",
    "never-generalized",
)
EXCLUDES = ("underfit-flat", "underfit-plateau", "oscillating")


@rule(area="learning", techniques=TECHNIQUES, excludes=EXCLUDES, hides=HIDES, trendless=True)
def diverging(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    for series in run.curves.series:
        lost = _first_lost(series.values) if series.metric == "loss" else None
        if lost is not None and series.split != "test":
            return _not_a_number(run, series, lost)
    if run.train is None:
        return CannotJudge("no training loss")
    if run.train.n < 5:
        return Verdict(0.0)
    return _zeros(run, run.train) or _climbs(run, run.train)


def _first_lost(values: FloatArray) -> int | None:
    lost = ~np.isfinite(values)
    return int(lost.argmax()) if lost.any() else None


def _not_a_number(run: Run, series: Series, lost: int) -> Verdict:
    epoch, value = int(series.epochs[lost]), float(series.values[lost])
    last = int(np.flatnonzero(~np.isfinite(series.values))[-1])
    recovers = last < series.values.size - 1
    return Verdict(
        confidence=SURE,
        curve=series.name,
        epochs=(epoch, int(series.epochs[last]) if recovers else run.length),
        evidence={"first_epoch": epoch},
        names={
            "curve": series.name,
            "value": "NaN" if math.isnan(value) else "infinite",
            "when": "at" if recovers else "since",
        },
        say="{curve} is {value} {when} {first_epoch}: "
        + (
            "the numbers overflowed, or the data hold NaN"
            if series.split == "train"
            else "the validation data hold NaN, or the weights grew without bound"
        ),
        looks_like="NaN in the first epoch points to the data or labels; growth first and NaN later to the learning rate; "
        "clean and then suddenly NaN to a bad batch or a logarithm of zero",
        techniques=("data-audit", "learning-rate", "gradient-clipping", "data-scaling") if epoch <= 1 else None,
    )


def _zeros(run: Run, train: Shape) -> Verdict | None:
    """Exact zeros to the end, out of the blue."""
    if train.y[-1] != 0 or train.series.direction != "min" or not train.y.any():
        return None
    last = int(np.flatnonzero(train.y)[-1])
    if abs(float(train.y[last])) < SUDDENLY * abs(train.start):
        return None
    first = train.position(last + 1)
    return Verdict(
        confidence=OVERFLOW,
        curve=train.name,
        epochs=(first, run.length),
        evidence={"first_epoch": float(first), "before": float(train.raw[last])},
        names={"curve": train.name},
        say="{curve} is exactly 0 since {first_epoch}, right after {before}: the numbers overflowed unreported, or nothing "
        "was computed",
        looks_like="a loss that is clipped at zero",
        techniques=("data-audit", "learning-rate", "gradient-clipping"),
    )


def _climbs(run: Run, train: Shape) -> Verdict:
    if train.rise <= 0 and train.end <= train.start:
        return Verdict(0.0)
    highest = float(train.trend[train.best_index :].max())
    over_start = (train.end - train.start) / train.scale(train.start)
    descent = max(float(train.trend[: train.best_index + 1].max()) - train.best, 1e-300)
    given_back = train.rise / descent
    over_best = (train.rise + train.scale(train.best)) / train.scale(train.best)
    noises = train.rise / max(train.noise, 1e-9 * max(abs(train.end), 1e-300))
    last = train.y[-max(2, train.n // 5) :]
    stays = float((last > train.start + ABOVE_START * train.scale(train.start)).mean())
    away = beyond(over_start, ABOVE_START) * above(stays, STAYS, 0.05)
    back = beyond(given_back, GIVEN_BACK) * beyond(noises, NOISES)
    if train.series.direction == "min":  # a maximised score has no zero that a multiple could be of
        back *= beyond(over_best, ABOVE_BEST, 0.2)
    confidence = max(away, back * beyond(train.rise, 0.5 * (highest - train.best), 0.2))
    best = train.position(train.best_index)
    return Verdict(
        confidence=confidence,
        curve=train.name,
        epochs=(min(best + 1, run.length), run.length),
        harm=train.rise / train.scale(train.best),
        evidence={
            "best": train.told(float(train.y[train.best_index])),
            "best_epoch": best,
            "end": train.told(train.end),
            "rise_in_noise": noises,
            "given_back": given_back,
        },
        names={"curve": train.name, "climbed": "fell" if train.series.direction == "max" else "climbed"},
        say="{curve} {climbed} from {best} ({best_epoch}) to {end}, {rise_in_noise:x} the noise between epochs, and stays there",
        looks_like="a resume with a fresh optimizer, or a run that was stopped inside a warm restart",
    )
