"""overconfident: the validation loss rises while the validation metric holds.

What it means
    The model decides as well as before, but grows too sure of itself: the few examples it gets wrong, it gets wrong
    with ever more certainty. A form of overfitting that costs trust in the probabilities rather than right answers.

What the curves show
    The validation loss rises from its best, while the validation accuracy (or the metric that counts) stays level
    or still improves.

How it is decided
    The loss must have risen as for overfit: above its best (either way at {RISE:%}), beyond the noise between epochs
    ({NOISES:x}), and for a while ({SINCE:%} of the run since the best epoch). From that epoch to the end the metric
    may lose at most {LOST:%} of what there was to gain (an accuracy: of 1 minus chance; any other metric: of its own
    range). An accuracy that improved by over {IMPROVED:%} makes this the first thing to say, before overfit: stopping
    at the best loss would cost answers.

What else looks like it
    Label noise: the wrong labels are the ones the loss complains about. An accuracy on few examples is too coarse
    to show a small loss of quality.

Sources
    Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks (2017), section 3.
    stats.stackexchange.com/questions/282160, "validation loss and accuracy both increasing".
"""

from diagnose.evidence.belief import Model, Term
from diagnose.evidence.rise import NOISES, RISE, SINCE, TERMS, rise_evidence, since_best  # noqa: F401 (told by the docstring)
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

# Share gained from which on stopping at the best loss would cost answers: then this comes before overfit.
IMPROVED = 0.03
LOST = 0.03  # share of the metric's range that may be lost

WEIGHTS = {
    "constant": -2.60,
    "rise_of_trend": 0.60,
    "rise_in_noise": 0.50,
    "share_since_best": 0.47,
    "score_gained": 0.42,
}
MODEL = Model({**TERMS, "score_gained": Term(-LOST, 0.02, log=False)}, WEIGHTS)

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
    best = val.position(val.best_index)
    # single values of an accuracy are coarse: compare the end with the level around the best epoch
    before = float(score.trend[score.nearest(best)])
    gained = (before - score.end) / run.score_range(score)
    told = {"score_then": score.told(before), "score_end": score.told(score.end), "score_gained": gained}
    evidence = {**rise_evidence(val), **told}
    return Verdict(
        confidence=MODEL(evidence),
        curve=val.name,
        epochs=since_best(val, run.length),
        harm=val.rise_told,
        evidence=evidence,
        names={"curve": val.name, "score": score.name},
        say="{curve} {ends} {rise:%} above its best level ({best}, {best_epoch}), yet {score} went from {score_then} to "
        "{score_end}: the answers hold, the probabilities don't",
        before=("overfit",) if gained > IMPROVED else (),
        looks_like="label noise, or a validation set too small for its accuracy to show the harm",
    )
