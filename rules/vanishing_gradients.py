"""vanishing-gradients: the error does not reach the first layers, so nothing is learnt.

What it means
    On its way back through sigmoid or tanh layers the gradient is multiplied by their slopes, at most a quarter for
    a sigmoid. After a few layers nothing is left: the first layers, which must find out what matters in the inputs,
    hardly change, and the later ones learn from what those happen to give.

What the curves show
    A training loss that stays at the level of guessing. Inside, each layer's gradient is a fraction of the next one's.

How it is decided
    From inside the model: the gradient at the first layer against the last hidden one, per weight, and the
    gradient times the norm of the weights (what a relative change of the layer does to the loss) against the
    largest of all layers. Both must be small: half sure when the first layer's is {FADED:x} smaller. Gradients are
    those of the sample, or the running squares of Adam and RMSprop. And nothing may be learnt: half sure when
    {LEARNT:%} of what there was to gain was gained (in accuracy, else of the training loss).

What else looks like it
    Early layers that have nothing left to learn, as when they were trained before; then the loss is low.

Sources
    Hochreiter (1991); Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks
    (2010). Brownlee, Visualizing the vanishing gradient problem.
    Du, Hu and Lee, Algorithmic Regularization in Learning Deep Homogeneous Models (2018).
"""

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.inner import UNLEARNT, fading, learnt, weighted
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

FADED = 4.0  # times smaller: four sigmoid layers were measured at 5 to 108, ReLU and tanh that learn nothing at up to 3
LEARNT = 0.3  # share of what there was to gain

TECHNIQUES = ("activation", "weight-initialization", "batch-normalization", "layer-wise-pretraining")
EFFECTS = UNLEARNT


@rule(area="learning", techniques=TECHNIQUES, explains=EFFECTS)
def vanishing_gradients(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    if run.inside is None:
        return CannotJudge("nothing was measured inside the model: train with DiagnoseCallback")
    if run.train is None:
        return CannotJudge("no training loss")
    if len(weighted(run.inside)) < 3:
        return Verdict(0.0)  # no way to vanish on
    found = fading(run.inside)
    if found is None:
        return CannotJudge("needs gradients: a sample, or Adam or RMSprop as the optimizer")
    smaller = 1 / max(found.ratio, 1e-12)
    return Verdict(
        confidence=beyond(smaller, FADED) * (1 - above(learnt(run), LEARNT, 0.05)),
        curve=run.train.name,
        epochs=(1, run.length),
        evidence={
            "start": run.train.told(run.train.start),
            "end": run.train.told(run.train.end),
            "smaller": smaller,
            "learnt": learnt(run),
        },
        names={"curve": run.train.name, "first": found.first.name, "last": found.last.name},
        say="{curve} does not fall ({start} to {end}) because the gradient vanishes on its way to the first layers: "
        "in {first} it is {smaller:x} smaller than in later layers ({last})",
        looks_like="early layers that were trained before and have nothing left to learn",
    )
