"""lagging-averages: batch normalization validates with moving averages that are not those of the batches.

What it means
    In training a batch normalization scales by its batch, in validation and use by moving averages, which begin at 0
    and 1 and take in a hundredth of each batch (momentum 0.99). After few steps, or where weights move fast, they
    are another layer's: the model is better than its validation loss. Its training data would score as badly.

What the curves show
    A validation loss far above the training loss, from the start, that closes up with more steps; or one that jumps.
    It passes for overfitting, or for too little data.

How it is decided
    From inside the model, on the sample: how far off the output of the batch normalization that is farthest is with
    its moving averages, in deviations of that output (half sure at {FAR}: sound trainings were measured to be off
    by 0.3 at most, those whose gap was the averages' by 0.36 and more). And it must show: the validation loss ends
    above the training loss (half sure at a gap of {GAP:%} of it).

What else looks like it
    A sample that is not like the training data. A model that overfits and lags: ``model.evaluate`` on the training
    data tells how much of the gap is the averages'.

Sources
    Ioffe and Szegedy, Batch Normalization (2015), 3.1. keras issue 9965 (training and inference far apart).
"""

import math

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.inner import worst
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

FAR = 0.33  # deviations of the layer's output
GAP = 0.2  # of the validation loss

TECHNIQUES = ("batch-normalization", "more-epochs", "batch-size")
EFFECTS = (
    "never-generalized",
    "overfit",
    "overconfident",
    "unrepresentative-training",
    "unrepresentative-validation",
)


@rule(area="generalization", techniques=TECHNIQUES, explains=EFFECTS)
def lagging_averages(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    if run.inside is None:
        return CannotJudge("nothing was measured inside the model: train with DiagnoseCallback")
    found = worst(run.inside, run.inside.drift)
    if found is None and run.inside.data:
        return Verdict(0.0)  # no batch normalization
    if found is None:
        return CannotJudge("needs a sample: DiagnoseCallback(inspect=True, sample=(x, y))")
    if run.val is None or run.train is None or math.isnan(run.gap):
        return CannotJudge("needs a training and a validation loss on one scale")
    off, layer = found
    return Verdict(
        confidence=beyond(off, FAR, 0.15) * above(run.gap, GAP, 0.05),
        curve=run.val.name,
        epochs=(1, run.length),
        evidence={"off": off, "gap": run.gap},
        names={"curve": run.val.name, "train": run.train.name, "layer": layer.name},
        say="{curve} {ends} {gap:%} of its level above {train}, while the moving averages that validation uses put the "
        "output of {layer} off by {off} of its deviation: much of the gap is theirs",
        looks_like="a sample that is not like the training data",
    )
