"""overfit: the model goes on learning the training set and does ever worse on new data.

What it means
    From some epoch on the model learns what is particular to the training examples. The weights of that epoch were
    the better ones.

What the curves show
    The validation loss falls to a point and rises again, while the training loss keeps falling.

How it is decided
    By five measures, each of which speaks for the claim on one side of its middle and against it on the other: the
    rise of the validation loss from the best of its trend to its end, relative to that best or to 5% of its fall,
    where the best is nearly zero ({RISE:%}); the same rise in deviations of the noise between epochs ({NOISES:x});
    how far the training loss has fallen since the best epoch ({FELL:%}); the gap at the end, as a share of the
    validation loss ({GAP:%}); the share of the run since the best epoch ({SINCE:%}: a rise in the last few epochs
    may be chance). Without a training curve the confidence is at most {BLIND:%}.

What else looks like it
    A validation curve that jumps about and happens to end high; a learning rate that was raised; the first descent
    of a double descent, when a later minimum would lie lower.

Sources
    Prechelt, Early Stopping, But When? (1998): the generalization loss GL, 100 (E_va / E_opt - 1).
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
"""

from diagnose.evidence.belief import Model, Term
from diagnose.evidence.rise import NOISES, RISE, SINCE, TERMS, rise_evidence, since_best  # noqa: F401 (told by the docstring)
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

BLIND = 0.7  # without a training curve: it may have risen as well
FELL = 0.0  # relative fall of the training loss since the best epoch
GAP = 0.17  # of the validation loss: a fifth above the training loss

WEIGHTS = {
    "constant": -2.96,
    "rise_of_trend": 0.64,
    "rise_in_noise": 0.32,
    "share_since_best": 0.33,
    "train_fell": 0.52,
    "gap": 0.65,
}
# unknown: as in most runs that are overfit
MODEL = Model(
    {
        **TERMS,
        "train_fell": Term(FELL, 0.05, -3, 3, log=False, unknown=2),
        "gap": Term(GAP, 0.15, -3, 3, log=False, unknown=2),
    },
    WEIGHTS,
)

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
    evidence = rise_evidence(val)
    names = {"curve": val.name}
    say = "{curve} {ends} {rise:%} worse than its best level ({best}, {best_epoch}), {rise_in_noise:x} the noise between epochs"
    if train is not None:
        then = float(train.trend[train.nearest(val.position(val.best_index))])
        fell = (then - train.end) / train.scale(then)
        evidence |= {"train_then": train.told(then), "train_end": train.told(train.end), "train_fell": fell}
        if run.comparable:
            evidence["gap"] = run.gap
        names["train"] = train.name
        say += ", while {train} went on from {train_then} to {train_end}"
    confidence = MODEL(evidence)
    return Verdict(
        confidence=confidence if train is not None else min(confidence, BLIND),
        curve=val.name,
        epochs=since_best(val, run.length),
        harm=val.rise_told,
        evidence=evidence,
        names=names,
        say=say,
        looks_like="a noisy validation curve that happens to end high, or the first descent of a double descent",
    )
