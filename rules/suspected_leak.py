"""suspected-leak: too good, too soon.

What it means
    Validation answers that are right without exception from the first epochs on are rarely earned: often a feature
    holds the target, or validation rows are copies of training rows.

What the curves show
    A validation accuracy of 1 (or next to it) in the first epochs and to the end, with a validation loss that has
    fallen to next to nothing.

How it is decided
    This rule reads absolute levels. The validation accuracy must reach {PERFECT:%} within the first {SOON:d} epochs
    and hold it in all later ones. It only suspects, so it is never more than {LIMIT:%} sure, and less where the
    training accuracy began low, as it does when something has to be learnt. Low is a training accuracy below
    {TRAINED:%} in the first epoch (half sure).

What else looks like it
    A problem that really is that easy (separable classes), or a model that starts from trained weights.

Sources
    Kaufman, Rosset, Perlich, Leakage in Data Mining (2012).
    softwareengineering.stackexchange.com/questions/322619.
"""

from diagnose.evidence.belief import above
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

PERFECT = 0.9995  # validation accuracy
SOON = 2  # epochs
LIMIT = 0.75  # easy problems exist
TRAINED = 0.8  # training accuracy of the first epoch at which we are half sure that little was left to learn

TECHNIQUES = ("data-audit", "resplit", "matching-metric")


@rule(area="generalization", techniques=TECHNIQUES)
def suspected_leak(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    score = run.val_score or run.val  # without a loss, the accuracy itself is the judged curve
    held, learnt = run.accuracy(score), run.accuracy(run.train_score or run.train)
    if held is None or score is None:
        return CannotJudge("no validation accuracy")
    if held.size < 5:
        return CannotJudge("fewer than five points")
    reached = held >= PERFECT
    first = int(reached.argmax())
    if not (reached.any() and bool(reached[first:].all()) and score.position(first) <= SOON):
        return Verdict(0.0)
    confidence = LIMIT
    if learnt is not None:
        confidence *= above(float(learnt[0]), TRAINED, 0.04)
    return Verdict(
        confidence=confidence,
        curve=score.name,
        epochs=(score.position(first), run.length),
        harm=None,
        evidence={"accuracy": float(held[first]), "first_epoch": float(score.position(first))},
        names={"curve": score.name},
        say="{curve} is {accuracy} from {first_epoch} on: that is seldom earned",
        looks_like="a problem that really is that easy, or a model that starts from trained weights",
    )
