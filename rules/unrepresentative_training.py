"""unrepresentative-training: the training set does not carry enough information about new data.

What it means
    What the model learns from the training set is right for the training set, and only partly so elsewhere: most
    often there are too few examples, or some kinds of them are missing.

What the curves show
    Both losses improve, and a wide gap stays between them.

How it is decided
    The validation loss should have improved (either way at {LEARNT:%}) and lie well above the training loss at the
    end ({RATIO:x} the training loss). The gap should be stable ({GROWTH:%} of it came in the last third). A
    validation loss that rises is overfit first: this claim gives way to it as the rise grows ({RISE:%}). A
    validation loss that is still falling (a forecast gain of {AHEAD:%} within twice the epochs) makes the gap say
    little.

What else looks like it
    A validation set that is harder than the training set; a model with too much freedom (regularization closes part
    of such a gap). The curves cannot tell these apart: more data, or a new split, can.

Sources
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
    Goodfellow, Bengio, Courville, Deep Learning (2016), section 11.3, whether to gather more data.
"""

from diagnose.evidence.belief import Model, Term
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

RATIO = 1.65  # validation over training loss at the end
LEARNT = 0.04  # relative improvement of the validation loss
RISE = 0.15  # relative rise of the validation loss above its best
GROWTH = 0.45  # share of the gap that came in the last third: a stable gap came before
AHEAD = 0.20  # forecast further gain: an unfinished run's gap says little

WEIGHTS = {
    "constant": -1.76,
    "excess": 0.52,
    "val_learnt": 0.30,
    "rise": 0.49,
    "gain_twice": 0.35,
    "growth": 0.32,
}
MODEL = Model(
    {
        "excess": Term(RATIO - 1, 0.35, high=3),
        "val_learnt": Term(LEARNT, 0.015, high=1, log=False),
        "rise": Term(RISE, 0.35, -6, 1, against=True),
        "gain_twice": Term(AHEAD, 0.35, -6, 1, against=True),
        "growth": Term(GROWTH, 0.08, -6, 1, log=False, against=True),
    },
    WEIGHTS,
)

TECHNIQUES = ("more-data", "resplit", "transfer-learning", "weight-regularization", "dropout")


@rule(area="generalization", techniques=TECHNIQUES)
def unrepresentative_training(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    val, train = run.val, run.train
    if val is None or train is None:
        return CannotJudge("needs a training and a validation loss")
    if min(train.n, val.n) < 5:
        return CannotJudge("fewer than five points")
    if not run.comparable:
        return CannotJudge("training and validation loss are not comparable")
    if min(val.late_level, train.late_level) <= 0:
        return CannotJudge("a ratio needs positive losses")
    ratio = val.late_level / max(train.late_level, train.floor)
    learnt = (val.start - val.best) / max(abs(val.start), 1e-300)
    rise = val.relative_rise
    ahead = val.forecast
    further = (ahead.now - ahead.twice) / val.scale(val.end) if ahead else 0.0
    third = train.nearest(val.position(val.n - 1 - val.n // 3))
    before = float(val.trend[-1 - val.n // 3]) - float(train.trend[third])
    after = val.end - train.end
    growth = 1 - before / after if after > 0 else 0.0
    evidence = {
        "train_late": train.told(train.late_level),
        "val_late": val.told(val.late_level),
        "ratio": ratio,
        "excess": ratio - 1,
        "val_learnt": learnt,
        "rise": rise,
        "growth": growth,
        "gain_twice": further,
    }
    return Verdict(
        confidence=MODEL(evidence),
        curve=val.name,
        epochs=(val.position(val.settled_index), run.length),
        harm=ratio - 1,
        evidence=evidence,
        names={"curve": val.name, "train": train.name},
        say="{curve} settled at {val_late}, {ratio:x} {train} ({train_late}): the gap stays and does not grow into a rise",
        looks_like="a validation set that is harder than the training set",
    )
