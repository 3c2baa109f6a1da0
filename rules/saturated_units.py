"""saturated-units: sigmoid or tanh units pinned at their limits.

What it means
    At its limits a sigmoid or tanh has no slope: whatever comes in, the same goes out, and no gradient comes back.
    Weights or inputs are too large for the activation.

What the curves show
    A training loss that is flat from early on. Inside, units that are at a limit for nearly every example.

How it is decided
    From inside the model, on the sample: the share of pinned units in the hidden layer that has most of them (half
    sure at {PINNED:%}). And nothing may be learnt: half sure when {LEARNT:%} of what there was to gain was gained
    (in accuracy, else of the training loss): units that say a clear yes or no are what a trained network has.

What else looks like it
    A trained network's features. Output units are not counted: a sure answer is at a limit.

Sources
    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).
    LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), 4.4 and 4.6.
"""

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.inner import UNLEARNT, learnt, worst
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

PINNED = 0.5  # share of a layer's units: most of what the layer could say is lost
LEARNT = 0.3  # share of what there was to gain

TECHNIQUES = ("weight-initialization", "data-scaling", "activation", "learning-rate", "batch-normalization")
EFFECTS = ("vanishing-gradients", *UNLEARNT)


@rule(area="learning", techniques=TECHNIQUES, explains=EFFECTS)
def saturated_units(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    if run.inside is None:
        return CannotJudge("nothing was measured inside the model: train with DiagnoseCallback")
    found = worst(run.inside, run.inside.saturated)
    if found is None and run.inside.data:
        return Verdict(0.0)  # no layer that could
    if found is None:
        return CannotJudge("needs a sample: DiagnoseCallback(inspect=True, sample=(x, y))")
    share, layer = found
    return Verdict(
        confidence=beyond(share, PINNED, 0.2) * (1 - above(learnt(run), LEARNT, 0.05)),
        curve=run.train.name if run.train else None,
        epochs=(1, run.length),
        evidence={"share": share, "learnt": learnt(run)},
        names={"layer": layer.name, "function": layer.activation or "activation"},
        say="{share:%} of the units of {layer} are at a limit of their {function} for nearly every example: no slope",
        looks_like="a trained network, whose units say a clear yes or no",
    )
