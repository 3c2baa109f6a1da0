"""dead-units: units that output zero whatever they are shown.

What it means
    A ReLU unit whose sum is below zero for every example gives zero and gets no gradient: it can't come back. Where
    a whole layer died, nothing passes, forth or back, and only the output's bias still learns.

What the curves show
    A flat training loss at the level of guessing, often after a first epoch of large values. Inside, units are zero
    for every example and position.

How it is decided
    From inside the model, on the sample: the share of dead units in the hidden layer that has most of them (half
    sure at {DEAD:%}). And nothing may be learnt: half sure when {LEARNT:%} of what there was to gain was gained (in
    accuracy, else of the training loss). A network that learns in spite of its dead units has some to spare.
    What killed them decides what to do first: where the median layer moved by over root n times {HASTY:x} its own norm
    in an epoch of n steps, the steps were too long; where they were dead after the first epoch without that, their
    first weights or biases are to blame.

What else looks like it
    Inputs that are all zero or NaN; units that answer to something rare which the sample does not hold.

Sources
    Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013).
    Lu, Shin, Su and Karniadakis, Dying ReLU and Initialization (2019).
"""

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.inner import UNLEARNT, learnt, stride, thrown, worst
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

DEAD = 0.6  # share of a layer's units; half of a layer of ReLU units is commonly idle in networks that learn
LEARNT = 0.3  # share of what there was to gain
HASTY = 0.08  # norms of a layer in a step: sound trainings moved at most 0.05, those whose rate killed units 0.1 to 0.3

TECHNIQUES = ("activation", "weight-initialization", "learning-rate", "batch-normalization")
KILLED = ("learning-rate", "batch-normalization", "activation", "weight-initialization")  # by steps that were too long
BORN = ("weight-initialization", "activation", "batch-normalization", "learning-rate")  # dead from the first epoch on
EFFECTS = ("vanishing-gradients", *UNLEARNT)


@rule(area="learning", techniques=TECHNIQUES, explains=EFFECTS)
def dead_units(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    if run.inside is None:
        return CannotJudge("nothing was measured inside the model: train with DiagnoseCallback")
    found = worst(run.inside, run.inside.dead)
    if found is None and run.inside.data:
        return Verdict(0.0)  # no layer that could
    if found is None:
        return CannotJudge("needs a sample: DiagnoseCallback(inspect=True, sample=(x, y))")
    share, layer = found
    curve = run.train.name if run.train else None
    (step, _), (far, moved) = stride(run.inside), thrown(run.inside)
    killed, born = step >= HASTY, run.inside.dead[0, run.inside.layers.index(layer)] >= DEAD
    say = "{share:%} of the units of {layer} are dead: they output zero for every example of the sample, and pass no gradient"
    if born and not killed:
        say += "; they were so from the first epoch on"
    if killed:
        say += "; steps as long as those of {moved_epoch}, {far:%} of the weights' size, kill them"
    return Verdict(
        confidence=beyond(share, DEAD, 0.15) * (1 - above(learnt(run), LEARNT, 0.05)),
        curve=curve,
        epochs=(1, run.length),
        evidence={"share": share, "learnt": learnt(run), "step": step, "far": far, "moved_epoch": float(moved)},
        names={"layer": layer.name},
        say=say,
        looks_like="inputs that are all zero, or units for something that the sample does not hold",
        techniques=KILLED if killed else BORN if born else None,
    )
