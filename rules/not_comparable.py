"""not-comparable: the two losses are not on one scale.

What it means
    Training and validation loss are computed differently: a sum here and a mean there, gradient accumulation, a
    penalty or class weights in one of them, or normalized targets. Their gap says nothing, so nothing is concluded
    from it.

What the curves show
    Two curves of the same shape, a constant factor apart from the first epoch to the last.

How it is decided
    The logarithm of validation over training loss must be large (half sure at a factor of {FACTOR:x}, either way)
    and hardly change over the run (half sure when its deviation is {STEADY:%} of its mean), while the training loss
    itself moved by far more than the ratio did. A gap that overfitting opens begins near a factor of one and grows.
    Moved by more: the deviation of the logarithm of the training loss, half sure at {MOVED}.

What else looks like it
    A validation set that is harder, or easier, by just such a factor from the first epoch on.

Sources
    Hugging Face transformers issue 15047 and espnet issue 5090: losses scaled by accumulation steps or averaged otherwise.
"""

import math

import numpy as np

from diagnose.evidence.belief import above, beyond
from diagnose.evidence.run import FACTOR, STEADY, Run
from diagnose.registry import CannotJudge, Verdict, rule

MOVED = 0.35  # deviation of the logarithm of the training loss: two flat curves tell nothing

TECHNIQUES = ("comparable-evaluation", "loss-function", "matching-metric")


@rule(area="generalization", techniques=TECHNIQUES, before=("validation-easier", "unrepresentative-training"))
def not_comparable(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    both, drift, train, val = run.together, run.ratio_drift, run.train, run.val
    if both is None or drift is None or train is None or val is None:
        return CannotJudge("needs a positive training and validation loss of one metric")
    centre, deviation = drift
    if abs(centre) < math.log(FACTOR) / 2:
        return Verdict(0.0)
    steady = deviation / max(abs(centre), 1e-12)
    moved = float(np.log(both[0]).std())
    confidence = (
        beyond(abs(centre), math.log(FACTOR), 0.15) * (1 - beyond(steady, STEADY, 0.2)) * above(moved, MOVED, 0.05)
    )
    return Verdict(
        confidence=confidence,
        curve=val.name,
        epochs=(1, run.length),
        harm=None,
        evidence={"factor": math.exp(min(abs(centre), 700.0)), "drift": steady, "moved": moved},
        names={"curve": val.name, "train": train.name, "side": "above" if centre > 0 else "below"},
        say="{curve} lies {factor:x} {side} {train} from the first epoch to the last: they are computed differently, and "
        "their gap means nothing",
        looks_like="a validation set that is harder or easier by just such a factor",
    )
