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

SQUARES = frozenset({"mean_squared_error"})
ABSOLUTE = frozenset({"mean_absolute_error", "huber", "log_cosh"})  # far from zero all of them are
MEAN_DEVIATION = math.sqrt(2 / math.pi)  # of a normal distribution, in its standard deviations


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


def untold(run: Run) -> tuple[float, float, float] | None:
    """Scale and spread of a quantity to predict, and the share of its variance that the training loss leaves at the end.

    1 is what always predicting the mean leaves; infinite for a loss that is no number any more. For absolute errors the
    share is that of a normal distribution. None for a model with several outputs, another loss, or unknown targets.
    """
    heads, loss = run.inside.heads if run.inside else (), run.curves.of("train", "loss")
    if loss is None or len(heads) != 1 or heads[0].activation in RANGES or heads[0].loss not in SQUARES | ABSOLUTE:
        return None
    scale, spread, lost = heads[0].scale, heads[0].spread, not math.isfinite(loss.values[-1])
    if not scale or not spread or (run.train is None and not lost):
        return None
    end = math.inf if lost or run.train is None else run.train.told(run.train.end)
    left = end / spread**2 if heads[0].loss in SQUARES else (end / (MEAN_DEVIATION * spread)) ** 2
    return scale, spread, left
