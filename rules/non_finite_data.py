"""non-finite-data: NaN or Inf in the inputs or targets.

What it means
    One NaN in one example makes the weights it meets NaN for good. The loss need not show it: on TensorFlow a ReLU
    turns NaN into 0, so that a network whose first layer is lost rests at the level of guessing.

What the curves show
    NaN from the first epoch on; or, behind a ReLU, a loss that never leaves the level of guessing.

How it is decided
    From inside the model. NaN or Inf in the sample: {SURE:%} sure when weights were lost too, {SEEN:%} when what
    arrives at a layer is NaN, {HANDLED:%} when neither is, because then the model deals with it. Without any in the
    sample: weights that are lost in the first layer alone, which only the data can do: {ONLY:%} sure.

What else looks like it
    A model that fills in missing values itself. Weights that overflowed: then later layers are lost as well.

Sources
    Measured on Keras 3 and TensorFlow 2.21: NaN in 3% of the rows, ReLU, the loss stays finite at ln K.
"""

import numpy as np

from diagnose.evidence.inner import UNLEARNT, weighted
from diagnose.evidence.run import Run
from diagnose.inside import Inside
from diagnose.registry import CannotJudge, Verdict, rule

SURE = 0.98  # NaN in the sample, and lost weights
SEEN = 0.9  # NaN in the sample that reaches a layer
HANDLED = 0.3  # NaN in the sample that nothing in the model shows
ONLY = 0.85  # lost weights in the first layer alone

TECHNIQUES = ("data-audit",)
EFFECTS = (
    "wrong-output",
    "unscaled-inputs",
    "exploding-gradients",
    "diverging",
    "dead-units",
    "saturated-units",
    "vanishing-gradients",
    *UNLEARNT,
)


@rule(area="learning", techniques=TECHNIQUES, explains=EFFECTS, trendless=True)
def non_finite_data(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    inside = run.inside
    if inside is None:
        return CannotJudge("nothing was measured inside the model: train with DiagnoseCallback")
    lost = np.any(inside.lost[:, weighted(inside)] > 0, axis=0)
    bad = next((one for one in inside.data if one.nonfinite > 0), None)
    if bad is not None:
        what = "inputs" if bad.name.startswith("x") else "targets"
        return Verdict(
            confidence=SURE if lost.any() else SEEN if _arrives(inside) or what == "targets" else HANDLED,
            epochs=(1, run.length),
            evidence={"share": bad.nonfinite, "rows": bad.rows},
            names={"what": what, "array": bad.name, "then": ", and weights became NaN" if lost.any() else ""},
            say="{rows:%} of the sample's examples hold NaN or Inf in the {what} ({array}){then}",
            looks_like="a model that fills in missing values itself",
        )
    if not lost.any():
        return (
            Verdict(0.0)
            if inside.data
            else CannotJudge("needs a sample: DiagnoseCallback(inspect=True, sample=(x, y))")
        )
    return Verdict(
        confidence=ONLY if bool(lost[0]) and not lost[1:].any() and lost.size > 1 else 0.0,
        epochs=(1, run.length),
        evidence={"share": float(inside.lost[-1, weighted(inside)[0]])},
        names={"layer": inside.layers[weighted(inside)[0]].name},
        say="{share:%} of the weights of the first layer ({layer}) are NaN while all later layers' are numbers: the inputs "
        "hold NaN or Inf",
        looks_like="an overflow in the first layer alone",
    )


def _arrives(inside: Inside) -> bool:
    """Whether something that is no number arrives at a layer with kernels."""
    return bool(np.isnan(inside.arriving[:, weighted(inside)]).any())
