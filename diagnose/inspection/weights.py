"""What weights and the optimizer's state tell without any data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnose.curves import FloatArray
from diagnose.inspection.parts import Part

LARGE = 2**18  # values of a variable that are not read whole
Arrays = tuple[FloatArray, ...]
MOST = 16384  # values of one variable that are looked at; of larger ones every n-th, so that the cost stays bounded


def values(variable: Any) -> FloatArray:
    """(m,) the variable's values, at most about ``MOST``, evenly spread; a copy."""
    size = math.prod(variable.shape)
    stride = -(-size // MOST) or 1
    if size > LARGE:  # only what is looked at leaves the device
        from keras import ops

        return np.array(ops.convert_to_numpy(ops.reshape(variable.value, (-1,))[::stride]), dtype=np.float64)
    return np.array(_read(variable).reshape(-1)[::stride], dtype=np.float64)


def _read(variable: Any) -> Any:
    """The whole variable: by TensorFlow's own method where there is one, five times as fast as keras's."""
    value = variable.value
    return value.value().numpy() if hasattr(value, "read_value") else np.asarray(variable)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A layer's weights at one moment: the values of its kernels, and the share of all its weights that is NaN or Inf."""

    kernels: Arrays
    lost: float


def kernels(part: Part) -> Arrays:
    """The values of a layer's kernels now."""
    return tuple(values(one) for one in part.kernels)


def snapshot(parts: Sequence[Part]) -> list[Snapshot]:
    """Every layer's weights now; each variable is read once."""
    out = []
    for part in parts:
        read = [values(one) for one in (*part.kernels, *part.biases)]
        out.append(Snapshot(tuple(read[: len(part.kernels)]), _lost(read)))
    return out


@np.errstate(all="ignore")
def norm(arrays: Sequence[FloatArray], parameters: int) -> float:
    """The Euclidean norm over all values, from those looked at; NaN without any."""
    seen = sum(array.size for array in arrays)
    if not seen:
        return math.nan
    return math.sqrt(sum(_square(array) for array in arrays) * parameters / seen)


def _square(array: FloatArray) -> float:
    """Sum of squares. Not by ``@``: the threads of BLAS wait busily afterwards, in the way of the training's own."""
    return float(np.einsum("i,i->", array, array))


@np.errstate(all="ignore")  # inf - inf
def change(before: Sequence[FloatArray], after: Sequence[FloatArray]) -> float:
    """Norm of the change over the norm before: 0 when nothing moved, infinite when it moved away from zero."""
    if not before:
        return math.nan
    moved = math.sqrt(sum(_square(b - a) for a, b in zip(before, after, strict=True)))
    size = math.sqrt(sum(_square(a) for a in before))
    return moved / size if size else (math.inf if moved else 0.0)


@np.errstate(all="ignore")
def _lost(arrays: Sequence[FloatArray]) -> float:
    """Share of NaN and Inf; NaN for a layer without weights."""
    size = sum(array.size for array in arrays)
    bad = [array for array in arrays if not math.isfinite(float(array.sum()))]  # one pass where all is well
    return sum(np.count_nonzero(~np.isfinite(array)) for array in bad) / size if size else math.nan


def steps(optimizer: Any) -> int:
    """How many updates the optimizer has made; 0 without one."""
    found = getattr(getattr(optimizer, "inner_optimizer", optimizer), "iterations", None)
    return 0 if found is None else int(_read(found))


class Moments:
    """An optimizer's running mean of squared gradients, per variable."""

    def __init__(self, optimizer: Any) -> None:
        inner = getattr(optimizer, "inner_optimizer", optimizer)  # the one inside a loss-scale optimizer
        self._optimizer, self._known = inner, dict[int, float]()
        self._squares = getattr(inner, "_velocities", None) if _keeps_squares(inner) else None
        self._begun = 1 - _fade(inner) ** (steps(inner) if self._squares else 0)  # running means begin at zero

    def known(self) -> bool:
        """Whether the optimizer keeps them, and has made a step."""
        return self._begun > 0

    def norm(self, variables: Sequence[Any]) -> float:
        """Norm of a mini-batch's gradient as running squares have it, over several variables; NaN where unknown."""
        if not variables or not self.known():
            return math.nan
        total = sum(self._mean_square(one) * float(np.prod(one.shape)) for one in variables)
        return math.sqrt(total) if total >= 0 else math.nan

    def implied(self, part: Part) -> float:
        """Scale of a layer's input: its kernel's running gradient is its bias's times the input. NaN where unknown."""
        if not part.kernels or len(part.biases) != 1 or not self.known():
            return math.nan
        bias, kernel = self._mean_square(part.biases[0]), self._mean_square(part.kernels[0])
        return math.sqrt(kernel / bias) if bias > 0 and kernel >= 0 else math.nan

    def _mean_square(self, variable: Any) -> float:
        place = self._optimizer._get_variable_index(variable)
        if place not in self._known:
            self._known[place] = float(values(self._squares[place]).mean()) / self._begun  # type: ignore[index]
        return self._known[place]


def _keeps_squares(optimizer: Any) -> bool:
    """Whether ``_velocities`` are means of squared gradients, which other optimizers also call so."""
    kinds = {kind.__name__ for kind in type(optimizer).__mro__}
    return bool(kinds & {"Adam", "AdamW", "Nadam", "RMSprop", "Lamb"}) and not getattr(optimizer, "amsgrad", False)


def _fade(optimizer: Any) -> float:
    """What a step leaves of the running mean."""
    return float(getattr(optimizer, "beta_2", None) or getattr(optimizer, "rho", None) or 1.0)
