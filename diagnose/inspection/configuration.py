"""What a compiled model says of itself: its outputs, their activations and losses, its optimizer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from diagnose.inside import Head
from diagnose.inspection.parts import FUNCTIONS, activation

ENDS = ("Dense", "Activation", *FUNCTIONS)  # layers whose output is surely their activation's
STANDARD = {"mse": "mean_squared_error", "mae": "mean_absolute_error", "bce": "binary_crossentropy"}


def heads(model: Any) -> tuple[Head, ...]:
    """One for each output; a single unknown one for a model whose outputs can't be told."""
    graph = _graph(model)
    outputs = list(getattr(graph, "outputs", None) or ())
    names = list(getattr(graph, "output_names", None) or ())
    if not outputs or len(names) != len(outputs):
        names, outputs = ["output"], [None]
    losses = _losses(getattr(model, "loss", None), names)
    return tuple(_head(*one) for one in zip(names, outputs, ends(model), losses, strict=True))


def ends(model: Any) -> list[Any]:
    """The layer that makes each output; the last layer where the model has no graph."""
    graph = _graph(model)
    outputs = list(getattr(graph, "outputs", None) or ())
    if outputs and len(getattr(graph, "output_names", ())) == len(outputs):
        return [_innermost(_maker(output)) for output in outputs]
    return [_innermost((getattr(model, "layers", None) or [None])[-1])]


def optimizer(model: Any) -> str | None:
    """The optimizer's class, or None before ``compile``."""
    found = getattr(model, "optimizer", None)
    return None if found is None else type(getattr(found, "inner_optimizer", found)).__name__


def learning_rate(model: Any) -> float | None:
    """The rate in force now."""
    found = getattr(getattr(model, "optimizer", None), "learning_rate", None)
    return None if found is None else float(found)


def _head(name: str, output: Any, end: Any, loss: Any) -> Head:
    width = getattr(end, "units", None) if output is None else output.shape[-1]
    known = type(end).__name__ in ENDS or type(end).__name__.startswith("Conv")
    return Head(
        name,
        None if width is None else int(width),
        activation(end) if known else None,
        _name(loss),
        _from_logits(loss),
    )


def _graph(model: Any) -> Any:
    """What holds the outputs: a Sequential model keeps its graph apart."""
    return getattr(model, "_functional", None) or model


def _maker(output: Any) -> Any:
    return getattr(getattr(output, "_keras_history", None), "operation", None)


def _innermost(layer: Any) -> Any:
    """A wrapper's own layer, a nested model's last one."""
    while layer is not None:
        inner = getattr(layer, "layer", None)  # TimeDistributed and other wrappers
        if inner is None and len(getattr(_graph(layer), "outputs", None) or ()) == 1:
            inner = _maker(_graph(layer).outputs[0])
        elif inner is None and getattr(layer, "layers", None):
            inner = layer.layers[-1]
        if inner is None or inner is layer:
            return layer
        layer = inner
    return None


def _losses(loss: Any, names: list[str]) -> list[Any]:
    if isinstance(loss, Mapping):
        return [loss.get(name) for name in names]
    if isinstance(loss, (list, tuple)):
        return list(loss) if len(loss) == len(names) else [None] * len(names)
    return [loss] * len(names)


def _name(loss: Any) -> str | None:
    """The standard name: "binary_crossentropy" for the string, the function and the class; None for one's own."""
    if loss is None:
        return None
    import keras

    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return None
    if not str(getattr(loss, "__module__", type(loss).__module__)).startswith("keras."):
        return None
    name = getattr(loss, "__name__", None) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(loss).__name__).lower()
    return STANDARD.get(name, name)


def _from_logits(loss: Any) -> bool | None:
    name = _name(loss)
    if name is None or "crossentropy" not in name:
        return None
    settings = getattr(loss, "_fn_kwargs", {})
    return bool(getattr(loss, "from_logits", settings.get("from_logits", False)))
