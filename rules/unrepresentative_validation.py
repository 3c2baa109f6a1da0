"""unrepresentative-validation: the validation set is too small, or too odd, to trust its curve.

What it means
    The validation loss changes from epoch to epoch by more than the model does. What it says about any one epoch,
    the best one included, is partly chance.

What the curves show
    A validation loss that moves noisily around a training loss that looks fine.

How it is decided
    The scatter of the validation loss between epochs over the last half, relative to its level, or the training
    loss's, if that is higher (either way at {JUMP:%}; at most {CALMED:x} that of the last fifth, for what has
    calmed down is over), and how many times the training loss's own scatter that is ({MULTIPLE:x}). Much of the one
    makes up for a little less of the other. A training loss that jumps by over {UNSTEADY:%} itself says that the
    weights do.

What else looks like it
    A learning rate so high that the weights themselves jump (the training loss, an average over the epoch, hides
    it); batch normalization whose moving averages lag. Validate on more examples to see which.

Sources
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
    stats.stackexchange.com/questions/255105, "Why is the validation accuracy fluctuating?".
"""

from diagnose.evidence.belief import Model, Term
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

JUMP = 0.055  # epoch-to-epoch scatter relative to the level
MULTIPLE = 2.5  # of the training loss's scatter, each relative to its level
CALMED = 3.0  # scatter of the last half over that of the last fifth, from which on it has calmed down
UNSTEADY = 0.3  # scatter of the training loss from which on the training itself is unsteady

WEIGHTS = {
    "constant": 0.0,
    "jump": 1.0,
    "multiple": 1.0,
    "train_jump": 0.6,
}
MODEL = Model(
    {
        "jump": Term(JUMP, 0.25, high=2.2, prior=1.0),
        "multiple": Term(MULTIPLE, 0.4, high=2.5, prior=1.0),
        "train_jump": Term(UNSTEADY, 0.25, high=0, against=True, prior=0.6),
    },
    WEIGHTS,
)

TECHNIQUES = ("resplit", "more-data", "learning-rate", "batch-size", "weight-averaging")


@rule(area="generalization", techniques=TECHNIQUES)
def unrepresentative_validation(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    val, train = run.val, run.train
    if val is None or train is None:
        return CannotJudge("needs a training and a validation curve")
    if run.cycle_end is not None:
        return CannotJudge("the learning rate cycles: waves are expected")
    if val.n < 8:
        return CannotJudge("fewer than eight points")
    scatter = min(val.half_scatter, CALMED * val.late_scatter)
    jump = scatter / max(val.scale(val.half_level), train.scale(train.half_level) if run.comparable else 0.0)
    quiet = train.half_scatter / train.scale(train.half_level)
    multiple = jump / max(quiet, 1e-6)
    evidence = {"jump": jump, "train_jump": quiet, "multiple": multiple}
    return Verdict(
        confidence=MODEL(evidence),
        curve=val.name,
        epochs=(val.position(val.n - val.half.size), run.length),
        harm=jump,
        evidence=evidence,
        names={"curve": val.name, "train": train.name},
        say="{curve} jumps by {jump:%} of its level from epoch to epoch, {multiple:x} as much as {train} ({train_jump:%})",
        looks_like="a learning rate too high for the last epochs, or lagging batch-normalization averages",
    )
