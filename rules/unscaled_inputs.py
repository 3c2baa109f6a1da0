"""unscaled-inputs: what arrives at the first layer is far too large, or far too small.

What it means
    Initial weights and learning rates are made for inputs around zero with a spread near one. Inputs in the
    thousands make first steps in the thousands and pin or kill units; tiny ones hardly move the first layer.

What the curves show
    A huge first loss, swings, or a flat loss; sometimes a training loss that falls all the same, with a bad validation.

How it is decided
    From inside the model: the root mean square of what arrives at the first layer with weights, behind whatever
    scales it inside the model (half sure at {LARGE:d}, which raw pixels exceed). Without a sample it is told by
    the optimizer, roughly: the running gradient of that layer's kernel is its bias's times the input (half sure at
    {ROUGHLY:d}). Tiny inputs count if nothing was learnt: half sure at 1/{SMALL:d}, and when {LEARNT:%} of what
    there was to gain was gained. Tables of words (embeddings) are not judged.

What else looks like it
    Large inputs in front of a batch normalization, which does the scaling one layer later.

Sources
    LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), 4.3. Brownlee, 8 Tricks for Configuring Backpropagation.
"""

import math

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.inner import UNLEARNT, learnt
from diagnose.evidence.run import Run
from diagnose.inside import Inside
from diagnose.registry import CannotJudge, Verdict, rule

LARGE = 30.0  # root mean square; standardized inputs have 1, pixels of 0...255 about 100
ROUGHLY = 100.0  # the same told by the optimizer, which was measured to be right within a factor of 2 or so
SMALL = 1000.0  # one over the root mean square
LEARNT = 0.3  # share of what there was to gain

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
    found = _scale(run.inside)
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
        names={"layer": name, "about": "" if half == LARGE else "about "},
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
