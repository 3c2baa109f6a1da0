"""unscaled-inputs: inputs, or the targets of a regression, are far too large, or far too small.

What it means
    Initial weights and learning rates are made for inputs around zero with a spread near one. Inputs in the
    thousands make first steps in the thousands and pin or kill units; tiny ones hardly move the first layer. A new
    output layer gives numbers around zero with a spread near one as well: targets in the thousands are far to walk
    to, or throw the weights away; among tiny ones its own noise is all there is.

What the curves show
    A huge first loss, swings, or a flat loss; sometimes a training loss that falls all the same, with a bad validation.

How it is decided
    From inside the model: the root mean square of what arrives at the first layer with weights, behind whatever
    scales it inside the model (half sure at {LARGE:d}, which raw pixels exceed). Without a sample it is told by
    the optimizer, roughly: the running gradient of that layer's kernel is its bias's times the input (half sure at
    {ROUGHLY:d}). Tiny inputs count if nothing was learnt: half sure at 1/{SMALL:d}, and when {LEARNT:%} of what
    there was to gain was gained. Tables of words (embeddings) are not judged.
    Targets are judged on the sample, for one output and a squared or absolute error: a root mean square over
    {LARGE:d}, or a deviation under 1/{LARGE:d} (half sure), while the training loss ends at {LEFT:%} (half sure) of
    what always predicting their mean would cost, or more. Where that is learnt in spite of the scale, nothing is said.

What else looks like it
    Large inputs in front of a batch normalization, which does the scaling one layer later. Targets that hardly
    depend on the inputs: then scaling is right and does not help.

Sources
    LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), 4.3. Brownlee, 8 Tricks for Configuring Backpropagation.
"""

import math

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.heads import untold
from diagnose.evidence.inner import UNLEARNT, learnt
from diagnose.evidence.run import Run
from diagnose.inside import Inside
from diagnose.registry import CannotJudge, Verdict, rule

LARGE = 30.0  # root mean square; standardized inputs have 1, pixels of 0...255 about 100
ROUGHLY = 100.0  # the same told by the optimizer, which was measured to be right within a factor of 2 or so
SMALL = 1000.0  # one over the root mean square
LEARNT = 0.3  # share of what there was to gain
LEFT = (
    0.5  # of the targets' variance; measured: 40 epochs that leave 13% at a scale of 1 leave 50% at 300 and all at 0.01
)

TECHNIQUES = ("data-scaling", "batch-normalization", "learning-rate")
EFFECTS = (
    "exploding-gradients",
    "diverging",
    "collapse",
    "dead-units",
    "saturated-units",
    "vanishing-gradients",
    *UNLEARNT,
)


@rule(area="learning", techniques=TECHNIQUES, explains=EFFECTS, trendless=True)
def unscaled_inputs(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    if run.inside is None:
        return CannotJudge("nothing was measured inside the model: train with DiagnoseCallback")
    inputs, targets = _inputs(run, run.inside), _targets(run)
    if targets is None or (isinstance(inputs, Verdict) and inputs.confidence >= targets.confidence):
        return inputs
    return targets


def _inputs(run: Run, inside: Inside) -> Verdict | CannotJudge:
    found = _scale(inside)
    if found is None:
        return CannotJudge("needs a sample, DiagnoseCallback(inspect=True, sample=(x, y)), or Adam or RMSprop")
    scale, half, name = found
    confidence = beyond(scale, half)
    if not run.short:
        confidence = max(confidence, beyond(1 / scale, SMALL) * (1 - above(learnt(run), LEARNT, 0.05)))
    return Verdict(
        confidence=confidence,
        curve=run.train.name if run.train else None,
        epochs=(1, run.length),
        evidence={"scale": scale, "measured": float(half == LARGE)},
        names={"what": "inputs", "layer": name, "about": "" if half == LARGE else "about "},
        say="what arrives at the first layer ({layer}) has a root mean square of {about}{scale}; it should be near 1",
        looks_like="inputs that a batch normalization scales one layer later",
    )


def _scale(inside: Inside) -> tuple[float, float, str] | None:
    """Scale of what arrives at the first layer, from where on it is large, and the layer; None where nothing tells it."""
    first = next((at for at, one in enumerate(inside.layers) if one.parameters), None)
    if first is None:
        return None
    for values, half in ((inside.arriving, LARGE), (inside.implied, ROUGHLY)):
        known = [one for one in values[:, first].tolist() if math.isfinite(one) and one > 0]
        if known:
            return known[0], half, inside.layers[first].name
    return None


def _targets(run: Run) -> Verdict | None:
    found = untold(run)
    if found is None or (run.short and math.isfinite(found[2])):
        return None
    scale, spread, left = found
    told = "a deviation of {target_spread}" if spread < 1 / LARGE else "a root mean square of {target_scale}"
    cost = "{ends} at {left:%} of what always predicting their mean costs"
    cost = cost if math.isfinite(left) else "is no number any more"
    return Verdict(
        confidence=max(beyond(scale, LARGE), beyond(1 / spread, LARGE)) * beyond(left, LEFT, 0.2),
        curve=run.train.name if run.train else None,
        epochs=(1, run.length),
        evidence={"target_scale": scale, "target_spread": spread, "left": left},
        names={"what": "targets"},
        say=f"the targets have {told}, and a new output layer gives about 1: the training loss {cost}",
        looks_like="targets that hardly depend on the inputs",
    )
