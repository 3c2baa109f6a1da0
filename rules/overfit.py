"""overfit: the model goes on learning the training set and does ever worse on new data.

What it means
    From some epoch on the model learns what is particular to the training examples. The weights of that epoch were
    the better ones.

What the curves show
    The validation loss falls to a point and rises again, while the training loss keeps falling.

How it is decided
    The rise of the validation loss from the best of its trend to its end, relative to that best (or to 5% of its
    fall, where the best is nearly zero): half sure at {RISE:%}. It must exceed the noise between epochs (half sure
    at {NOISES:x}) and the training loss must not have risen with it (half sure when it rose by {RISEN:%}). A gap
    between the two curves is not counted: without a rise it does no harm.

What else looks like it
    A validation curve that jumps about and happens to end high; a learning rate that was raised; the first descent
    of a double descent, when a later minimum would lie lower.

Sources
    Prechelt, Early Stopping, But When? (1998): the generalization loss GL, 100 (E_va / E_opt - 1).
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
"""

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

RISE = 0.055  # relative rise at which we are half sure: between the 3% and 10% of the definition, nearer the first
RISE_OF_RANGE = 0.12  # the same for a score without a loss's zero, relative to what it had gained
NOISES = 2.0  # rise in deviations of the noise between epochs
RISEN = 0.02  # relative rise of the training loss since the best epoch

TECHNIQUES = (
    "early-stopping",
    "weight-regularization",
    "dropout",
    "more-data",
    "input-noise",
    "weight-constraint",
    "activity-regularization",
)
EXCLUDES = ("underfit-unfinished", "slow-learning")


@rule(area="generalization", techniques=TECHNIQUES, excludes=EXCLUDES, before=("unrepresentative-training",))
def overfit(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    val, train = run.val, run.train
    if val is None:
        return CannotJudge("no validation curve")
    if val.n < 5:
        return CannotJudge("fewer than five points")
    rise = val.relative_rise
    noises = val.rise_in_noise
    half = RISE if val.series.direction == "min" else RISE_OF_RANGE
    confidence = beyond(rise, half, 0.3) * beyond(noises, NOISES, 0.4)
    best = val.position(val.best_index)
    evidence = {
        "best": val.told(float(val.y[val.best_index])),
        "best_epoch": best,
        "end": val.told(val.end),
        "rise": val.rise_told,
        "rise_of_trend": rise,
        "rise_in_noise": noises,
    }
    names = {"curve": val.name}
    say = "{curve} ends {rise:%} worse than its best ({best}, {best_epoch}), {rise_in_noise:x} the noise between epochs"
    if train is not None:
        there = train.nearest(best)
        fell = (float(train.trend[there]) - train.end) / train.scale(float(train.trend[there]))
        confidence *= above(fell, -RISEN, 0.01)
        evidence |= {
            "train_then": train.told(float(train.trend[there])),
            "train_end": train.told(train.end),
            "train_fell": fell,
        }
        names["train"] = train.name
        say += ", while {train} went on from {train_then} to {train_end}"
    return Verdict(
        confidence=confidence,
        curve=val.name,
        epochs=(min(best + 1, run.length), run.length),
        harm=val.rise_told,
        evidence=evidence,
        names=names,
        say=say,
        looks_like="a noisy validation curve that happens to end high, or the first descent of a double descent",
    )
