"""What one part of the sample does inside the model: written in ``keras.ops``, so that every backend runs it.

Everything happens in a ``StatelessScope``: what layers assign there (batch-norm statistics, seeds of dropout, states of
recurrent layers, metrics) is dropped when it ends, and the model's own variables never change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from diagnose.inspection.parts import GATED, Part

ZERO = ("relu", "relu6")  # functions with a side on which everything is zero
LIMITS = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "hard_tanh": (-1.0, 1.0)}
NORMALIZES = "BatchNormalization"
PINNED = 0.01  # this near to a limit, as a share of the way between both, a sigmoid's slope is under 4% of its largest

Outputs = dict[str, dict[str, Any]]  # measure -> place of the layer -> tensor


def forward(model: Any, parts: Sequence[Part], x: Any) -> tuple[Any, Outputs]:
    """The model's prediction in training mode and what its layers did; call it inside a StatelessScope."""
    moving = {at: _moving(part) for at, part in enumerate(parts) if part.layer.kind == NORMALIZES}
    with _recorded(parts) as seen:
        prediction = model(x, training=True)
    out: Outputs = {"arriving": {}, "peak": {}, "pinned": {}, "drift": {}}
    for at, (given, gave) in seen.items():
        part, place = parts[at], str(at)
        if part.kernels and _floating(given):
            out["arriving"][place] = _mean_square(given)
        if part.layer.kind not in GATED and part.layer.activation in ZERO:
            out["peak"][place] = _over_units(gave, "amax")
        if part.layer.kind not in GATED and part.layer.activation in LIMITS:
            low, high = LIMITS[part.layer.activation]
            out["pinned"][place] = _pinned(gave, low, high)
        if at in moving:
            out["drift"][place] = _drift(part.keras, *moving[at], given)
    return prediction, out


def squared(parts: Sequence[Part], gradients: Sequence[Any]) -> dict[str, Any]:
    """Squared norm of the gradient of each layer's kernels, by place; ``gradients`` in the order of all kernels."""
    from keras import ops

    found, rest = {}, list(gradients)
    for at, part in enumerate(parts):
        own, rest = rest[: len(part.kernels)], rest[len(part.kernels) :]
        own = [one for one in own if one is not None]
        if own:
            found[str(at)] = sum(ops.sum(ops.square(ops.cast(one, "float32"))) for one in own)
    return found


@contextmanager
def _recorded(parts: Sequence[Part]) -> Iterator[dict[int, tuple[Any, Any]]]:
    """Place of a layer -> what it was first given, and what it gave; the layers are as before afterwards."""
    seen: dict[int, tuple[Any, Any]] = {}
    kept = [part.keras.__dict__.get("call") for part in parts]
    try:
        for at, part in enumerate(parts):
            part.keras.__dict__["call"] = _watching(part.keras.call, at, seen)  # past keras's own attribute tracking
        yield seen
    finally:
        for part, call in zip(parts, kept, strict=True):
            part.keras.__dict__.pop("call", None)
            if call is not None:
                part.keras.__dict__["call"] = call


def _watching(call: Callable[..., Any], at: int, seen: dict[int, tuple[Any, Any]]) -> Callable[..., Any]:
    def watching(*args: Any, **kwargs: Any) -> Any:
        gave = call(*args, **kwargs)
        given = args[0] if args else next(iter(kwargs.values()), None)
        if hasattr(gave, "shape") and hasattr(given, "shape"):
            seen.setdefault(at, (given, gave))
        return gave

    return watching


def _floating(tensor: Any) -> bool:
    import keras

    return str(keras.backend.standardize_dtype(tensor.dtype)) in ("float16", "bfloat16", "float32", "float64")


def _mean_square(tensor: Any) -> Any:
    from keras import ops

    return ops.mean(ops.square(ops.cast(tensor, "float32")))


def _over_units(tensor: Any, how: str) -> Any:
    """(units,) reduced over every axis but the last."""
    from keras import ops

    return getattr(ops, how)(ops.cast(tensor, "float32"), axis=tuple(range(len(tensor.shape) - 1)))


def _pinned(tensor: Any, low: float, high: float) -> Any:
    """(units,) the share of examples and positions at which a unit is at one of its limits."""
    from keras import ops

    near = PINNED * (high - low)
    value = ops.cast(tensor, "float32")
    at_limit = ops.logical_or(value < low + near, value > high - near)
    return _over_units(at_limit, "mean")


def _moving(part: Part) -> tuple[Any, Any]:
    """The moving mean and variance, as they are before the batch moves them."""
    from keras import ops

    return ops.cast(part.keras.moving_mean, "float32"), ops.cast(part.keras.moving_variance, "float32")


def _drift(layer: Any, mean: Any, variance: Any, given: Any) -> Any:
    """(2, units) what the moving statistics do to a standardised unit, against the batch's: its shift, and its stretch less 1."""
    from keras import ops

    value = ops.cast(given, "float32")
    axis = layer.axis % len(value.shape)
    others = tuple(one for one in range(len(value.shape)) if one != axis)
    deviation = ops.sqrt(variance + layer.epsilon)
    stretch = ops.sqrt(ops.var(value, axis=others) + layer.epsilon) / deviation
    return ops.stack([(ops.mean(value, axis=others) - mean) / deviation, stretch - 1])
