"""wrong-output: the labels, the last layer and the loss don't belong together.

What it means
    The loss measures something else than you mean: labels outside the range the loss expects ({{1, 2}} or {{-1, 1}}
    for a binary cross-entropy), swapped arguments, or a last layer whose activation doesn't fit the loss. Training
    improves the number and not the model.

What the curves show
    A cross-entropy below zero, which cannot be; or a loss and an accuracy that fall together. Softmax on one unit
    shows an accuracy that never moves.

How it is decided
    This rule reads an absolute level: a training loss beside an accuracy that ends below zero, while a
    cross-entropy never is. Or the training loss falls steadily (rank correlation with time, half sure at {FALLS})
    by at least {FELL:%} while the training accuracy falls too (half sure at {FALLS}), by at least {LOST:%} of its
    range from 0 to 1. A loss that fell below zero makes {NEGATIVE:%} sure, one that began there {BEGAN_NEGATIVE:%}.
    From inside the model, where the callback looked, it needs no curve: a softmax over one unit, an activation that
    gives no probabilities in front of a cross-entropy without from_logits, one that does in front of from_logits,
    sigmoids where the loss wants shares that sum to 1, targets that the activation or the loss can't reach:
    {STATED:%} sure.

What else looks like it
    A loss that may be negative (a likelihood, a cosine similarity, an ELBO) beside an accuracy; a model with a
    second output that trades accuracy for it.

Sources
    keras issues 1917 and 13926 (negative loss: labels outside 0 and 1).
    Measured on Keras 3: labels -1 and 1 with binary cross-entropy, loss falls while accuracy falls from 0.48 to 0.13.
"""

import numpy as np

from diagnose.curves import FloatArray
from diagnose.evidence.belief import above
from diagnose.evidence.heads import mismatch
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

STATED = 0.97  # confidence in what the configuration itself says
NEGATIVE = 0.9  # confidence in a cross-entropy that fell below zero
BEGAN_NEGATIVE = 0.75  # the same when the first epoch already ended below it
FALLS = 0.7  # rank correlation with time, of either sign
FELL = 0.1  # relative fall of the loss
LOST = 0.08  # accuracy lost, as a fraction

BEFORE = (
    "underfit-flat",
    "underfit-unfinished",
    "underfit-plateau",
    "slow-learning",
    "diverging",
    "constant-metric",
    "chance-level",
    "oscillating",
    "collapse",
    "exploding-gradients",
    "dead-units",
    "saturated-units",
    "vanishing-gradients",
)
TECHNIQUES = ("loss-function", "data-audit", "matching-metric")


@rule(area="learning", techniques=TECHNIQUES, before=BEFORE, trendless=True)
def wrong_output(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    shown = _stated(run) or _shown(run)
    fits = run.inside is not None and any(head.loss and head.activation for head in run.inside.heads)
    return Verdict(0.0) if fits and isinstance(shown, CannotJudge) else shown


def _stated(run: Run) -> Verdict | None:
    """By the model's own configuration and the sample's targets."""
    found = [(head, mismatch(head)) for head in (run.inside.heads if run.inside else ())]
    for head, what in found:
        if what is not None:
            return Verdict(
                confidence=STATED,
                epochs=(1, run.length),
                names={"head": f" ({head.name})" if len(found) > 1 else "", "what": what},
                say="the output{head} does not fit: {what}",
                looks_like="a loss of one's own under a standard loss's name",
            )
    return None


def _shown(run: Run) -> Verdict | CannotJudge:
    """By the curves alone."""
    train = run.train
    accuracy = run.accuracy(run.train_score)
    if train is None or accuracy is None or run.train_score is None:
        return CannotJudge("needs a training loss and a training accuracy")
    if train.n < 5:
        return CannotJudge("fewer than five points")
    if train.series.metric == "loss" and train.end < 0 and float(train.y[-1]) < 0:
        return Verdict(
            confidence=NEGATIVE if train.start > 0 else BEGAN_NEGATIVE,
            curve=train.name,
            epochs=(train.position(int((train.y < 0).argmax())), run.length),
            evidence={"start": train.told(train.start), "end": train.told(train.end)},
            names={"curve": train.name},
            say="{curve} is below zero ({end}), which a cross-entropy cannot: labels or last layer don't fit the loss",
            looks_like="a loss that may be negative (a likelihood, a cosine similarity) beside an accuracy",
        )
    lost = float(accuracy[0]) - float(accuracy[-1])
    if lost <= LOST / 2 or accuracy.size != train.n:
        return Verdict(0.0)
    confidence = above(-_with_time(train.y), FALLS, 0.05) * above(-_with_time(accuracy), FALLS, 0.05)
    confidence *= above(lost, LOST, 0.02) * above(run.learnt, FELL, 0.03)
    return Verdict(
        confidence=confidence,
        curve=run.train_score.name,
        epochs=(1, run.length),
        harm=lost,
        evidence={
            "start": train.start,
            "end": train.end,
            "accuracy_start": float(accuracy[0]),
            "accuracy_end": float(accuracy[-1]),
        },
        names={"curve": train.name, "score": run.train_score.name},
        say="{curve} falls from {start} to {end} while {score} falls too, from {accuracy_start} to {accuracy_end}: labels, last "
        "layer and loss don't belong together",
        looks_like="a second output that trades accuracy for its own loss",
    )


def _with_time(values: FloatArray) -> float:
    """Spearman's rank correlation of values with their order, -1...1 (ties in order of appearance)."""
    n = values.size
    apart = np.argsort(np.argsort(values, kind="stable"), kind="stable") - np.arange(n)
    return 1 - 6 * float((apart * apart).sum()) / (n * (n * n - 1))
