"""constant-metric: the metric does not move at all.

What it means
    The model gives the same answer to every input, or the metric cannot see its answers: a last layer that doesn't
    fit the loss (a softmax of one unit is always 1), labels in another form than the metric expects, units that all
    died, or a model that names the majority class every time.

What the curves show
    A training accuracy (or another score) of exactly the same value, epoch after epoch, while the loss may still
    move.

How it is decided
    The training metric must hold exactly one value for at least {STUCK:%} of the epochs up to the end, at least
    {FEWEST:d} of them; a validation metric alone is not enough, because few validation examples are answered alike
    by many models. Or a training accuracy moves by no more than {HARDLY:%} over that part while the loss falls by
    less than {FELL:%} (half sure) in the whole run: the share of the majority class. Not counted is an accuracy of
    next to 1; one that moved for {STEPS:d} epochs or more and then stands still at its best, loss and accuracy having
    gained (half sure at that share); and one of 0 beside a regression's loss: that is a metric which means nothing
    here, and only a note. A value that never moved makes {SURE:%} sure, one that moved before {UNSURE:%}; next to 1
    means {PERFECT:%}.

What else looks like it
    A model that has reached the best it can do on a handful of examples.

Sources
    stackoverflow.com/questions/37213388 and 46620813 (Dense(1, activation="softmax") with binary cross-entropy).
    datascience.stackexchange.com/questions/19283 (accuracy of 0.884 = share of the majority class).
"""

import numpy as np

from diagnose.curves import FloatArray
from diagnose.evidence.belief import above
from diagnose.evidence.run import Run
from diagnose.evidence.shape import Shape
from diagnose.registry import CannotJudge, Verdict, rule

STUCK = 0.8  # share of the run that the value did not move
FEWEST = 3  # epochs
SURE = 0.95  # it moved in no epoch at all
UNSURE = 0.75  # it moved before
PERFECT = 0.995  # an accuracy that has nowhere to go
HARDLY = 0.002  # an accuracy that moves by no more, epoch for epoch, names one class
STEPS = 20  # epochs that it moved before it stood still: nobody takes that many to name one class
FELL = 0.1  # relative fall of the training loss, from which on something is learnt all the same

TECHNIQUES = ("data-audit", "loss-function", "data-scaling", "learning-rate", "matching-metric")


@rule(area="learning", techniques=TECHNIQUES, before=("underfit-flat", "underfit-plateau"), trendless=True)
def constant_metric(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    score = run.train_score
    if score is None:
        return CannotJudge("no training metric beside the loss")
    values = score.raw
    last = float(values[-1])
    moved = np.flatnonzero(values != last)
    since = int(moved[-1]) + 1 if moved.size else 0
    still = values.size - since
    accuracy = run.accuracy(score)
    if run.meaningless or (accuracy is not None and float(accuracy[-1]) >= PERFECT):
        return Verdict(0.0)
    if still < max(FEWEST, STUCK * values.size):
        return _majority(run, score, accuracy) if accuracy is not None and not run.short else Verdict(0.0)
    confidence = SURE
    if since > 0:  # one that came to its best by many steps, while the loss fell, has learnt
        gained = run.accuracy_gained if since >= STEPS and last >= float(values.max()) else None
        confidence = UNSURE * (1 - above(min(gained or 0.0, run.learnt), FELL, 0.02))
    return Verdict(
        confidence=confidence,
        curve=score.name,
        epochs=(score.position(since), run.length),
        harm=None,
        evidence={"value": last, "still": float(still), "first_epoch": float(score.position(since))},
        names={"curve": score.name},
        say="{curve} is exactly {value} in each of the last {still:d} epochs: the model answers every input alike, or the "
        "metric can't see its answers",
        looks_like="a model that has reached the best it can do on a handful of examples",
    )


def _majority(run: Run, score: Shape, accuracy: FloatArray) -> Verdict:
    """An accuracy that all but stands still, beside a loss that hardly falls."""
    part = accuracy[-max(FEWEST, round(STUCK * accuracy.size)) :]
    moved = float(part.max() - part.min())
    if moved > HARDLY or run.train is None:
        return Verdict(0.0)
    since = score.position(score.n - part.size)
    return Verdict(
        confidence=UNSURE * (1 - above(run.learnt, FELL, 0.02)),
        curve=score.name,
        epochs=(since, run.length),
        harm=None,
        evidence={
            "value": float(score.raw[-1]),
            "moved": moved,
            "still": float(part.size),
            "first_epoch": float(since),
        },
        names={"curve": score.name},
        say="{curve} stays at {value}, within {moved:%}, over the last {still:d} epochs: most likely the "
        "share of the majority class",
        looks_like="a model that started from trained weights and has little left to learn",
    )
