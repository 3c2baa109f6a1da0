"""What a loss, an output and labels lack to speak of the same thing. Loads no Keras.

What is put right is the output where that is enough: predictions then stay on the scale that the user's own loss, by
which all trials are scored, expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from diagnose.evidence.heads import FLOORS, LABELS, OF_SHARES, OF_TWO, PROBABILITIES, RANGES
from diagnose.inside import Head
from diagnose.recipes import CannotEdit

MANY = 100  # classes; labels that go higher are no labels


def needed(known: Mapping[str, Any]) -> dict[str, Any]:
    """What has to change, as settings: activation, loss, units, from_logits=False; {} where nothing has to.

    known: the fields of the output's Head. Raises CannotEdit for what is not known, or only the user can put right.
    """
    head = Head(**known)
    if head.loss is None:
        raise CannotEdit("the loss is a function of your own, and what it expects is not known")
    if head.activation is None or head.units is None:
        raise CannotEdit("the output is not made by a layer with an activation that is known")
    if head.low is None or head.high is None:
        raise CannotEdit("the targets hold no numbers")
    if head.loss in (*OF_TWO, *OF_SHARES, LABELS):
        return _of_classes(head) or _of_logits(head)
    if "hinge" in head.loss:
        return {"activation": "tanh"} if head.activation in PROBABILITIES and head.units == 1 else {}
    return _of_quantities(head)


def _of_classes(head: Head) -> dict[str, Any]:
    """A cross-entropy: its units and its kind."""
    found = f"labels from {head.low:g} to {head.high:g}"
    if head.low < 0 or (not head.whole and head.high > 1):  # type: ignore[operator]
        raise CannotEdit(f"{head.loss} wants probabilities or classes from 0, and found {found}: change load_data")
    classes = round(head.high or 0) + 1
    if head.units == 1 and head.target_units == 1 and 2 < classes <= MANY:
        return {"units": classes, "activation": "softmax", "loss": LABELS}
    if head.high > (1 if head.loss != LABELS or head.units == 1 else head.units - 1):  # type: ignore[operator]
        raise CannotEdit(f"{head.loss} over {head.units} units can't take {found}: change load_data or the model")
    if head.units == 1 and head.loss not in OF_TWO:
        return {"activation": "sigmoid", "loss": "binary_crossentropy"}
    if head.loss in OF_TWO and head.activation == "softmax" and head.units != 1 and head.one_hot:
        return {"loss": "categorical_crossentropy"}
    return {}


def _of_logits(head: Head) -> dict[str, Any]:
    """A cross-entropy: what stands before it."""
    wanted = "sigmoid" if head.loss in OF_TWO else "softmax"
    if not head.from_logits:
        return {} if head.activation == wanted else {"activation": wanted}
    if head.activation == wanted:
        return {"from_logits": False}
    return {} if head.activation == "linear" else {"activation": "linear"}


def _of_quantities(head: Head) -> dict[str, Any]:
    """A distance: whether it is meant for labels, and whether the output reaches the targets."""
    marks = head.whole and (head.low, head.high) == (0.0, 1.0)
    if marks and head.units == head.target_units == 1 and head.activation in ("sigmoid", "softmax"):
        return {"activation": "sigmoid", "loss": "binary_crossentropy"}
    if head.one_hot and head.units == head.target_units and head.activation == "softmax":
        return {"loss": "categorical_crossentropy"}
    floor = FLOORS.get(head.activation or "", -inf)
    low, high = RANGES.get(head.activation or "", (floor, inf))
    reached = low <= head.low and head.high <= high  # type: ignore[operator]
    return {} if reached and head.activation != "softmax" else {"activation": "linear"}
