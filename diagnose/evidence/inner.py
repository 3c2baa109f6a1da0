"""Numbers from inside a model: how much of the gradient reaches the first layers, how far weights are thrown, what passes.

Everything is relative: a layer is compared with another layer, or with itself at another time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from diagnose.curves import FloatArray
from diagnose.evidence.run import Run
from diagnose.inside import Inside, Layer

LATE = 3  # inspected epochs whose median is "late"
LOOKUP = ("Embedding",)  # a table's gradient is zero for all words that a batch doesn't hold: not to be compared

# What the curves show of a model that does not learn, whatever the cause inside it.
UNLEARNT = (
    "underfit-flat",
    "underfit-unfinished",
    "slow-learning",
    "underfit-plateau",
    "chance-level",
    "constant-metric",
    "oscillating",
)


@dataclass(frozen=True, slots=True)
class Fading:
    """How much smaller the first layer's gradient is than a later one's; ``ratio`` of 1 is none, 0 is all.

    ratio   the larger of two: gradient per weight, first over last hidden layer; gradient times weight norm, first over
            largest. The second is what a relative change of a layer does to the loss, which is equal in all layers of a
            ReLU network, whatever their width (Du, Hu and Lee 2018, theorem 2.1); the first does not grow with the input.
    first, last   the layers compared by the first
    """

    ratio: float
    first: Layer
    last: Layer


def fading(inside: Inside) -> Fading | None:
    """None with fewer than three layers of kernels, or without a gradient behind the first layer."""
    places = weighted(inside)
    gradient = late(gradients(inside))[places]
    weight = late(inside.weight)[places]
    if len(places) < 3 or not np.isfinite(gradient).all() or not np.isfinite(weight).all():
        return None
    size = np.sqrt([inside.layers[at].parameters for at in places])
    each, felt = gradient / size, gradient * weight
    hidden = [at for at in range(len(places)) if not inside.layers[places[at]].output]
    last = hidden[-1] if hidden else 0
    if last == 0 or not each[last] > 0 or not felt[1:].max() > 0:
        return None
    ratio = max(float(each[0] / each[last]), float(felt[0] / felt[1:].max()))
    return Fading(ratio, inside.layers[places[0]], inside.layers[places[last]])


def weighted(inside: Inside) -> list[int]:
    """Places of the layers with kernels whose gradients can be compared."""
    return [at for at, one in enumerate(inside.layers) if one.parameters and one.kind not in LOOKUP]


def gradients(inside: Inside) -> FloatArray:
    """(k, L) norms of mini-batch gradients: the sample's where there are some, else the optimizer's running ones."""
    return inside.gradient if np.isfinite(inside.gradient).any() else inside.moment


def late(values: FloatArray) -> FloatArray:
    """(L,) median of the last few inspected epochs, NaN where one of them is NaN."""
    if not len(values):
        return np.full(values.shape[1], math.nan)
    return np.asarray(np.median(values[-LATE:], axis=0), dtype=np.float64)


def thrown(inside: Inside) -> tuple[float, int]:
    """The farthest that a typical layer moved within one epoch, in multiples of its own norm, and that epoch's position.

    (0, 1) when nothing was measured. Typical: the median layer; one that began at zero has no norm to compare with.
    """
    return _highest(inside, inside.update)


def stride(inside: Inside) -> tuple[float, int]:
    """The same for each root of a step, as a walk of that many steps in random directions would have to be long."""
    return _highest(inside, inside.update / np.sqrt(np.maximum(inside.steps, 1.0))[:, None])


def grown(inside: Inside) -> tuple[float, int]:
    """How many times its first size a typical layer's gradient reached, and at which position; (0, 1) when unknown."""
    values = gradients(inside)
    first = np.array([column[np.isfinite(column) & (column > 0)][:1] for column in values.T], dtype=object)
    start = np.array([float(one[0]) if len(one) else math.nan for one in first], dtype=np.float64)
    return _highest(inside, values / start)


def _highest(inside: Inside, values: FloatArray) -> tuple[float, int]:
    medians = _medians(values[:, weighted(inside)])
    at = int(medians.argmax()) if medians.size else 0
    return (float(medians[at]), int(inside.epochs[at])) if medians.size and medians[at] > 0 else (0.0, 1)


def _medians(values: FloatArray) -> FloatArray:
    """(k,) medians of what is finite in each row, 0 where nothing is: all at once, because np.median is slow to begin."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    if not count.any():
        return np.zeros(len(values))
    ordered = np.sort(np.where(known, values, np.inf), axis=1)
    rows, last = np.arange(len(values)), values.shape[1] - 1
    middle = ordered[rows, np.maximum(count - 1, 0) // 2] / 2 + ordered[rows, np.minimum(count // 2, last)] / 2
    return np.where(count > 0, middle, 0.0)


def worst(inside: Inside, values: FloatArray) -> tuple[float, Layer] | None:
    """The largest late share among hidden layers, and its layer; None where nothing was measured."""
    shares = late(values)
    known = [at for at, one in enumerate(inside.layers) if math.isfinite(shares[at]) and not one.output]
    if not known:
        return None
    at = max(known, key=lambda place: float(shares[place]))
    return float(shares[at]), inside.layers[at]


def learnt(run: Run) -> float:
    """The share of what there was to gain that was gained: of the accuracy if there is one, else of the training loss."""
    gained = run.accuracy_gained
    return run.learnt if gained is None else gained
