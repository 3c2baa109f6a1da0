"""A model taken apart: its layers in order, their kernels, and what each does with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from diagnose.inside import Layer

# Layers that are an activation and nothing else.
FUNCTIONS = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "Softmax": "softmax", "PReLU": "prelu"}
GATED = ("LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")  # what they give is not their activation's output


@dataclass(frozen=True, slots=True)
class Part:
    """A layer of the model: what is told of it, the layer itself, and its trainable kernels and biases (keras variables)."""

    layer: Layer
    keras: Any
    kernels: tuple[Any, ...]
    biases: tuple[Any, ...]


def parts(model: Any, ends: Sequence[Any] = ()) -> tuple[Part, ...]:
    """Every layer with weights or an activation, each once, in the order in which the data pass if the model has one.

    ends: the layers that make the outputs.
    """
    found: dict[int, Part] = {}
    for one in _leaves(model):
        if id(one) in found:
            continue
        trained = tuple(one.trainable_variables)
        biases = tuple(value for value in trained if len(value.shape) < 2 or "bias" in value.name)
        kernels = tuple(value for value in trained if not any(value is bias for bias in biases))
        if one.variables or activation(one) not in (None, "linear"):
            size = sum(_size(value) for value in kernels)
            found[id(one)] = Part(Layer(one.name, type(one).__name__, activation(one), size), one, kernels, biases)
    return tuple(_with_outputs(list(found.values()), {id(one) for one in ends}))


def _with_outputs(found: list[Part], ends: set[int]) -> list[Part]:
    """Those that make an output marked, with the last kernels in front of an output that has none of its own."""
    out, inside = list(found), True
    for at in range(len(found) - 1, -1, -1):
        last = inside and bool(found[at].kernels)
        if id(found[at].keras) in ends or last:
            out[at] = replace(found[at], layer=replace(found[at].layer, output=True))
        inside = inside and not found[at].kernels
    return out


def activation(layer: Any) -> str | None:
    """The name of the function a layer ends with; None where it has none, or one that keras has no name for."""
    kind = type(layer).__name__
    if kind in FUNCTIONS:
        return FUNCTIONS[kind]
    function = getattr(layer, "activation", None)
    name = getattr(function, "__name__", None)
    return name if isinstance(name, str) and name != "<lambda>" else None


def _leaves(layer: Any) -> Iterator[Any]:
    """Layers without layers of their own; a recurrent layer is one, whatever cells it holds."""
    held = getattr(layer, "layers", None) or getattr(layer, "_layers", None) or ()
    inner = [one for one in held if hasattr(one, "trainable_variables")]
    if not inner or hasattr(layer, "cell"):
        yield layer
        return
    for one in inner:
        yield from _leaves(one)


def _size(variable: Any) -> int:
    size = 1
    for part in variable.shape:
        size *= int(part)
    return size
