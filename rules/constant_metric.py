"""constant-metric: the metric does not move at all.

What it means
    The model gives the same answer to every input, or the metric cannot see its answers: a last layer that doesn't fit
    the loss (a softmax of one unit is always 1), labels in another form than the metric expects, units that all died, or
    a model that names the majority class every time.

What the curves show
    A training accuracy (or another score) of exactly the same value, epoch after epoch, while the loss may still move.

How it is decided
    The training metric must hold exactly one value for at least {STUCK:%} of the epochs up to the end, at least
    {FEWEST:d} of them; a validation metric alone is not enough, because few validation examples are answered alike by
    many models. A value of 1 (everything right) is not counted, nor is 0 for a loss that is a regression's: that is a
    metric which means nothing here, and only a note.

What else looks like it
    A model that has reached the best it can do on a handful of examples.

Sources
    stackoverflow.com/questions/37213388 and 46620813 (Dense(1, activation="softmax") with binary cross-entropy).
    datascience.stackexchange.com/questions/19283 (accuracy of 0.884 = share of the majority class).
"""

import numpy as np

from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

STUCK = 0.8  # share of the run that the value did not move
FEWEST = 3  # epochs
SURE = 0.95  # it moved in no epoch at all
UNSURE = 0.75  # it moved before

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
    perfect = last in (1.0, 100.0) and run.accuracy(score) is not None
    if still < max(FEWEST, STUCK * values.size) or perfect or last == 0.0:
        return Verdict(0.0)
    return Verdict(
        confidence=SURE if since == 0 else UNSURE,
        curve=score.name,
        epochs=(score.position(since), run.length),
        harm=None,
        evidence={"value": last, "still": float(still), "first_epoch": float(score.position(since))},
        names={"curve": score.name},
        say="{curve} is exactly {value} in each of the last {still:d} epochs: the model answers every input alike, or the "
        "metric can't see its answers",
        looks_like="a model that has reached the best it can do on a handful of examples",
    )
