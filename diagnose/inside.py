"""What was measured inside a model while it trained: layers, epochs, data and output heads. Numbers only, no verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from diagnose.curves import FloatArray, IntArray
from diagnose.errors import UsageError


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer with weights or with an activation, in the order in which the data pass.

    kind        its class: "Dense", "Conv2D", "LSTM"
    activation  its function: "relu", "sigmoid", "linear"; None where it has none or one that is not known by name
    output      whether it makes an output of the model, or is the last layer with weights in front of one
    parameters  how many numbers its kernels hold: those that the gradient, weight and update of Inside are of
    """

    name: str
    kind: str
    activation: str | None
    parameters: int
    output: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """One output: its last layer, its loss, and what the sample's targets look like (None: not known).

    units         values an example has in the last axis
    loss          the loss's standard name: "binary_crossentropy"
    from_logits   whether the loss expects numbers before the activation; None for a loss that has no such switch
    target_units  values a target has in the last axis; 1 for a plain list of labels
    low, high     smallest and largest finite target
    whole         whether all finite targets are whole numbers
    one_hot       whether each example's targets are shares that sum to 1
    scale         root mean square of the finite targets
    spread        their deviation from the mean of their column, root mean square over columns
    """

    name: str
    units: int | None = None
    activation: str | None = None
    loss: str | None = None
    from_logits: bool | None = None
    target_units: int | None = None
    low: float | None = None
    high: float | None = None
    whole: bool | None = None
    one_hot: bool | None = None
    scale: float | None = None
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Data:
    """An array of the sample, an input ("x") or a target ("y"), as it was given.

    scale      root mean square of the finite values
    nonfinite  share of NaN and Inf among the values, 0...1
    rows       share of the examples that hold one
    """

    name: str
    scale: float
    nonfinite: float
    rows: float


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """What was seen inside a model. Arrays are (k, L): k inspected epochs, L layers, NaN where nothing was measured.

    epochs     (k,) 1-based positions on the run's axis, strictly increasing
    steps      (k,) updates of the weights in that epoch; NaN where its beginning was not seen
    gradient   norm of a mini-batch's gradient with respect to the layer's kernels, on the sample: root mean square over parts
    moment     the same as the optimizer's running squared gradients have it (Adam, RMSprop): needs no sample
    weight     norm of the kernels at the epoch's end
    update     norm of the kernels' change over the epoch, relative to their norm at its start
    lost       share of the layer's weights that are NaN or Inf
    dead       share of units (channels) that are zero, or on their flat side, for every example and position
    saturated  share of units pinned at a limit of sigmoid or tanh for nearly every example
    arriving   root mean square of what arrives at the layer
    drift      batch normalization only: how far off its output is with the moving statistics, which inference uses, from what it
               is with the sample's, in deviations of the output; the few rows of the sample alone make some 0.1
    implied    scale of what arrives at the first layer, told by the optimizer: its kernel's running gradient over its bias's
    heads, data    see Head and Data
    optimizer  its class, "Adam"; None if not known
    learning_rate  at the last inspected epoch
    waiting    what could not be measured, and why, one sentence each
    """

    epochs: IntArray
    steps: FloatArray
    layers: tuple[Layer, ...]
    gradient: FloatArray
    moment: FloatArray
    weight: FloatArray
    update: FloatArray
    lost: FloatArray
    dead: FloatArray
    saturated: FloatArray
    arriving: FloatArray
    drift: FloatArray
    implied: FloatArray
    heads: tuple[Head, ...] = ()
    data: tuple[Data, ...] = ()
    optimizer: str | None = None
    learning_rate: float | None = None
    waiting: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (self.epochs.size, len(self.layers))
        for name in MEASURES:
            found = getattr(self, name).shape
            if found != shape:
                raise UsageError(f"{name}: expected one number an epoch and layer, {shape}, found {found}")
        if self.steps.shape != self.epochs.shape:
            raise UsageError(f"steps: expected one number an epoch, {self.epochs.shape}, found {self.steps.shape}")
        if self.epochs.size and (self.epochs[0] < 1 or (np.diff(self.epochs) <= 0).any()):
            raise UsageError("epochs: expected positions from 1 on that increase")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; null stands for what was not measured."""
        plain: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        plain["epochs"] = self.epochs.tolist()
        plain["steps"] = [_plain(value) for value in self.steps.tolist()]
        for name in ("layers", "heads", "data"):
            plain[name] = [{key: _plain(value) for key, value in asdict(one).items()} for one in plain[name]]
        for name in MEASURES:
            plain[name] = [[_plain(value) for value in row] for row in plain[name].tolist()]
        plain["learning_rate"] = _plain(self.learning_rate)
        plain["waiting"] = list(self.waiting)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Inside:
        """What ``to_dict`` gave. Raises UsageError for anything else."""
        try:
            layers = tuple(Layer(**one) for one in plain["layers"])
            epochs = np.array(plain["epochs"], dtype=np.int64)
            steps = np.array([_number(value) for value in plain["steps"]], dtype=np.float64)
            arrays: dict[str, Any] = {name: _array(plain[name], (epochs.size, len(layers))) for name in MEASURES}
            heads = tuple(Head(**one) for one in plain["heads"])
            data = tuple(Data(**{key: _number(value) for key, value in one.items()}) for one in plain["data"])
            rest: dict[str, Any] = {"optimizer": plain["optimizer"], "learning_rate": plain["learning_rate"]}
            return cls(epochs, steps, layers, **arrays, heads=heads, data=data, **rest, waiting=tuple(plain["waiting"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"expected what Inside.to_dict() gives, found {type(error).__name__}: {error}") from error


MEASURES = ("gradient", "moment", "weight", "update", "lost", "dead", "saturated", "arriving", "drift", "implied")


def _plain(value: Any) -> Any:
    """Infinite measures become strings, because JSON has no number for them and they are not "not measured"."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def _number(value: Any) -> Any:
    if value is None:
        return math.nan
    return float(value) if value in ("Infinity", "-Infinity") else value


def _array(rows: Any, shape: tuple[int, int]) -> FloatArray:
    return np.array([[_number(value) for value in row] for row in rows], dtype=np.float64).reshape(shape)
