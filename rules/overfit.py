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
    between the two curves is not counted: without a rise it does no harm. Without a training curve the confidence
    is at most {BLIND:%}.

What else looks like it
    A validation curve that jumps about and happens to end high; a learning rate that was raised; the first descent
    of a double descent, when a later minimum would lie lower.

Sources
    Prechelt, Early Stopping, But When? (1998): the generalization loss GL, 100 (E_va / E_opt - 1).
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
"""

from diagnose.evidence.belief import above
from diagnose.evidence.rise import NOISES, RISE, rise_evidence, risen, since_best  # noqa: F401 (told by the docstring)
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

BLIND = 0.7  # without a training curve: it may have risen as well
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
    confidence = risen(val)
    evidence = rise_evidence(val)
    names = {"curve": val.name}
    if train is None:
        confidence = min(confidence, BLIND)
    say = "{curve} ends {rise:%} worse than its best level ({best}, {best_epoch}), {rise_in_noise:x} the noise between epochs"
    if train is not None:
        then = float(train.trend[train.nearest(val.position(val.best_index))])
        fell = (then - train.end) / train.scale(then)
        confidence *= above(fell, -RISEN, 0.01)
        evidence |= {"train_then": train.told(then), "train_end": train.told(train.end), "train_fell": fell}
        names["train"] = train.name
        say += ", while {train} went on from {train_then} to {train_end}"
    return Verdict(
        confidence=confidence,
        curve=val.name,
        epochs=since_best(val, run.length),
        harm=val.rise_told,
        evidence=evidence,
        names=names,
        say=say,
        looks_like="a noisy validation curve that happens to end high, or the first descent of a double descent",
    )
