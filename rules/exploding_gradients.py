"""exploding-gradients: the steps throw the weights away.

What it means
    Gradients, or the steps made of them, grow without bound: each step lands where the slope is steeper still, or
    where units are dead or pinned. What the initialization was good for is lost at once, and often nothing recovers.

What the curves show
    A loss that jumps, swings or becomes NaN, or that is flat at a high level after a first epoch of huge values.

How it is decided
    From inside the model. Weights that are NaN or Inf, in more than the first layer that the data meet, with data
    that are finite as far as is known: {LOST:%} sure, {BLIND:%} without a sample of the data. Or the steps are as long as
    the weights: over an epoch of n steps those of the median layer moved by root n times {STRIDE:x} their own norm
    (half sure). Or nothing was learnt (half sure at {LEARNT:%} of what there was to gain, in accuracy, else of the
    training loss) and they moved within one epoch by a multiple of their norm (half sure at {THROWN:x}), or the
    gradient of the median layer grew to a multiple of its first size (half sure at {GROWN:x}).

What else looks like it
    Unscaled inputs, whose gradients are large from the beginning; NaN in the data; initial weights near zero, which
    soon are many times as large.

Sources
    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks (2013).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 8.2.4. Bengio, Practical Recommendations (2012), 3.1.1.
"""

import numpy as np

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.inner import UNLEARNT, grown, learnt, stride, thrown, weighted
from diagnose.evidence.run import Run
from diagnose.inside import Inside
from diagnose.registry import CannotJudge, Verdict, rule

LOST = 0.95  # confidence in weights that are no numbers, with data that are
BLIND = 0.7  # the same when no data were seen
STRIDE = 1.0  # norms of a layer in a step: one that is as long as the weights forgets them; sound is about 0.001
THROWN = 5.0  # norms of a layer moved in one epoch; sound trainings moved 0.01 to 0.2 of it in 19 steps
GROWN = 100.0  # growth of the gradient: two orders of magnitude
LEARNT = 0.3  # share of what there was to gain

TECHNIQUES = ("learning-rate", "gradient-clipping", "data-scaling", "weight-initialization", "batch-normalization")
EFFECTS = ("diverging", "collapse", "dead-units", "saturated-units", "vanishing-gradients", *UNLEARNT)


@rule(area="learning", techniques=TECHNIQUES, explains=EFFECTS, trendless=True)
def exploding_gradients(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    inside = run.inside
    if inside is None:
        return CannotJudge("nothing was measured inside the model: train with DiagnoseCallback")
    if not inside.epochs.size:
        return CannotJudge("no epoch was inspected yet")
    if any(one.nonfinite > 0 for one in inside.data):
        return CannotJudge("the data hold NaN or Inf")
    return _overflown(run, inside) or _thrown(run, inside)


def _overflown(run: Run, inside: Inside) -> Verdict | None:
    lost = inside.lost[:, weighted(inside)] > 0
    bad = lost[:, 1:].any(axis=1)  # behind the first layer: there alone it is the data's NaN that stay
    if not bad.any():
        return None
    first = int(inside.epochs[int(bad.argmax())])
    return Verdict(
        confidence=LOST if inside.data else BLIND,
        epochs=(min(first, run.length), run.length),
        evidence={"first_epoch": float(first), "share": float(np.nanmax(inside.lost))},
        say="weights are NaN or infinite since {first_epoch} ({share:%} of a layer): the steps grew until the numbers "
        "overflowed",
        looks_like="NaN in data that the sample does not show",
    )


def _thrown(run: Run, inside: Inside) -> Verdict | CannotJudge:
    if run.short or run.train is None:
        return CannotJudge("fewer than five points")
    far, when = thrown(inside)
    step, stepped = stride(inside)
    growth, later = grown(inside)
    unlearnt = 1 - above(learnt(run), LEARNT, 0.05)
    by_step, by_way = beyond(step, STRIDE), beyond(far, THROWN) * unlearnt
    by_growth = beyond(growth, GROWN) * unlearnt
    moves = max(by_step, by_way) >= by_growth
    first = min((stepped if by_step >= by_way else when) if moves else later, run.length)
    say = "a typical layer's gradient grew to {growth:x} its first size ({first_epoch})"
    if moves:
        say = "the weights of a typical layer moved by {far:x} their own size within one epoch ({first_epoch})"
    return Verdict(
        confidence=max(by_step, by_way, by_growth),
        curve=run.train.name,
        epochs=(first, run.length),
        evidence={"far": far, "step": step, "growth": growth, "first_epoch": float(first), "learnt": learnt(run)},
        say=f"{say}: steps of that size forget what was learnt",
        looks_like="initial weights near zero, or unscaled inputs",
    )
