"""Whether an output's activation, its loss and the targets belong together."""

from __future__ import annotations

import math

from diagnose.evidence.run import Run
from diagnose.inside import Head

PROBABILITIES = ("sigmoid", "softmax", "hard_sigmoid")
RANGES = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
FLOORS = {"relu": 0.0, "relu6": 0.0, "softplus": 0.0}
OF_SHARES = ("categorical_crossentropy", "categorical_focal_crossentropy")
LABELS = "sparse_categorical_crossentropy"
OF_TWO = ("binary_crossentropy", "binary_focal_crossentropy")
REGRESSION = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "mean_absolute_percentage_error")


def mismatch(head: Head) -> str | None:
    """What doesn't fit, as half a sentence; None where all fits or not enough is known."""
    return _form(head) or _logits(head) or _targets(head)


def _form(head: Head) -> str | None:
    """Activation and number of units, whatever the loss."""
    if head.activation == "softmax" and head.units == 1:
        return "softmax over one unit is always 1; use sigmoid, or one unit a class"
    if head.units == 1 and head.loss in (*OF_SHARES, LABELS):
        return f"{head.loss} over one unit is always 0; use binary_crossentropy, or one unit a class"
    if head.activation == "sigmoid" and head.loss in (*OF_SHARES, LABELS) and not head.from_logits:
        return f"sigmoid gives each class a number of its own, and {head.loss} wants shares that sum to 1: use softmax"
    return None


def _logits(head: Head) -> str | None:
    """A cross-entropy wants probabilities, or with from_logits what is before the activation."""
    if head.activation is None or head.from_logits is None:
        return None
    if head.from_logits and head.activation in PROBABILITIES:
        return f"from_logits=True applies {head.activation} a second time; leave one of them away"
    if not head.from_logits and head.activation not in PROBABILITIES:
        return f"{head.loss} wants probabilities and gets a {head.activation} output; say from_logits=True"
    return None


def _targets(head: Head) -> str | None:
    """What the sample's targets hold."""
    if head.low is None or head.high is None or head.target_units is None:
        return None
    found = f"targets from {head.low:.3g} to {head.high:.3g}"
    if head.loss == LABELS:
        if not head.whole and head.whole is not None:
            return f"{head.loss} wants whole numbers as labels, found {found}"
        if head.low < 0 or (head.units is not None and head.high >= head.units):
            return f"{head.loss} over {head.units} units wants labels from 0 to {(head.units or 1) - 1}, found {found}"
        return None
    if head.loss in OF_SHARES and head.one_hot is False:
        return f"{head.loss} wants targets that sum to 1 for each example (one-hot), found others: {found}"
    if head.loss in OF_TWO and (head.low < 0 or head.high > 1):
        return f"{head.loss} wants targets from 0 to 1, found {found}"
    low, high = RANGES.get(head.activation or "", (FLOORS.get(head.activation or "", float("-inf")), float("inf")))
    if head.loss in REGRESSION and (head.low < low or head.high > high):
        return f"{head.activation} can't reach the {found}"
    if head.loss in REGRESSION and head.units is not None and head.target_units != head.units:
        return f"{head.units} outputs are compared with {head.target_units} target an example, each with each"
    return None


def guessing(run: Run) -> float:
    """The cross-entropy of guessing among the classes that the model's only output tells apart; infinite where unknown."""
    heads = run.inside.heads if run.inside else ()
    if len(heads) != 1 or heads[0].units is None:
        return math.inf
    if heads[0].loss in OF_TWO and heads[0].units == 1:
        return math.log(2)
    return math.log(heads[0].units) if heads[0].loss in (LABELS, *OF_SHARES[:1]) else math.inf
