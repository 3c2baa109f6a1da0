"""overconfident: the validation loss rises while the validation metric holds.

What it means
    The model decides as well as before, but grows too sure of itself: the few examples it gets wrong, it gets wrong
    with ever more certainty. A form of overfitting that costs trust in the probabilities rather than right answers.

What the curves show
    The validation loss rises from its best, while the validation accuracy (or the metric that counts) stays level
    or still improves.

How it is decided
    The loss must rise as for overfit (half sure at {RISE:%} above its best, and beyond the noise). From the loss's
    best epoch to the end the metric may lose at most {LOST:%} of what there was to gain (an accuracy: of 1 minus
    chance; any other metric: of its own range), where we are half sure.

What else looks like it
    Label noise: the wrong labels are the ones the loss complains about. An accuracy on few examples is too coarse
    to show a small loss of quality.

Sources
    Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks (2017), section 3.
    stats.stackexchange.com/questions/282160, "validation loss and accuracy both increasing".
"""

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

RISE = 0.055  # relative rise of the loss at which we are half sure
NOISES = 2.0  # in deviations of the noise between epochs
IMPROVED = (
    0.03  # share gained from which on stopping at the best loss would cost answers: then this comes before overfit
)
LOST = 0.03  # share of the metric's range that may be lost

TECHNIQUES = ("label-smoothing", "early-stopping", "weight-regularization", "dropout", "more-data")


@rule(area="generalization", techniques=TECHNIQUES, before=("unrepresentative-training",))
def overconfident(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    val, score = run.val, run.val_score
    if val is None or val.series.direction != "min":
        return CannotJudge("no validation loss")
    if score is None:
        return CannotJudge("no validation metric beside the loss")
    if min(val.n, score.n) < 5:
        return CannotJudge("fewer than five points")
    rise = val.relative_rise
    noises = val.rise_in_noise
    best = val.position(val.best_index)
    there = score.nearest(best)
    # single values of an accuracy are coarse: compare the end with the level around the best epoch
    before = float(score.trend[there])
    gained = (before - score.end) / run.score_range(score)
    confidence = beyond(rise, RISE, 0.3) * beyond(noises, NOISES, 0.4) * above(gained, -LOST, 0.01)
    confidence *= 0.95 + 0.05 * above(gained, IMPROVED, 0.005)
    return Verdict(
        confidence=confidence,
        curve=val.name,
        epochs=(min(best + 1, run.length), run.length),
        harm=val.rise_told,
        evidence={
            "best": val.told(float(val.y[val.best_index])),
            "best_epoch": best,
            "end": val.told(val.end),
            "rise": val.rise_told,
            "rise_of_trend": rise,
            "score_then": score.told(before),
            "score_end": score.told(score.end),
            "score_gained": gained,
        },
        names={"curve": val.name, "score": score.name},
        say="{curve} ends {rise:%} above its best ({best}, {best_epoch}), yet {score} went from {score_then} to {score_end}: "
        "the answers hold, the probabilities don't",
        looks_like="label noise, or a validation set too small for its accuracy to show the harm",
    )
