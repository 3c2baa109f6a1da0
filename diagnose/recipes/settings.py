"""Changing settings of a model's layers where they are: penalties, limits, activations, first weights.

Nothing is put together anew, so this works on any model, a subclass or not, and leaves all else alone. A built layer has
put its settings into its variables: they are changed in both places, so that a saved model has them, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np

from diagnose.recipes import CannotEdit
from diagnose.recipes.compiled import recompile
from diagnose.recipes.roles import (
    ACTIVATIONS,
    RECURRENT,
    Wiring,
    function,
    graph_of,
    hidden,
    mixes,
    tail,
    unwrapped,
    walk,
)

Layer = Any
SIGMOIDS = ("sigmoid", "tanh", "hard_sigmoid", "hard_tanh", "softsign")
RECTIFIERS = ("relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "swish", "mish", "celu", "prelu")
# name of a setting in front of "_regularizer", "_constraint", "_initializer" -> names of the variable that has it
KERNELS = {"kernel": ("kernel",), "depthwise": ("depthwise_kernel", "kernel"), "pointwise": ("pointwise_kernel",)}
FAR = 6.0  # deviations of a normal distribution beyond which nothing is drawn


def kernels(layers: Iterable[Layer]) -> Iterator[tuple[Layer, str, Any]]:
    """(layer, setting, variable) of every trained kernel in these layers and inside them; None: not built yet."""
    seen: set[int] = set()
    for outer in layers:
        for layer in outer._flatten_layers():
            if id(layer) in seen or not layer.trainable:
                continue
            seen.add(id(layer))
            for name, variables in KERNELS.items():
                if f"{name}_initializer" in vars(layer):  # not a recurrent layer's, which are its cell's
                    yield layer, name, next((found for one in variables if _is(found := _get(layer, one))), None)


def _get(layer: Layer, name: str) -> Any:
    return getattr(layer, name, None) if layer.built else None


def _is(variable: Any) -> bool:
    return isinstance(variable, keras.Variable)


def regularized(model: Any, make: Callable[[], Any]) -> Any:
    """The model with a penalty on every trained kernel, in place of those it has. Raises CannotEdit."""
    found = list(kernels([model]))
    for layer, name, variable in found:
        setattr(layer, f"{name}_regularizer", make())
        if variable is not None:
            variable.regularizer = getattr(layer, f"{name}_regularizer")
    return _changed(model, found, "the model has no layer with weights that are trained")


def constrained(model: Any, make: Callable[[list[int]], Any]) -> Any:
    """The model with a constraint on the hidden kernels; ``make`` is given the axes of one unit's weights."""
    found = list(kernels(hidden(settled(model))))
    for layer, name, variable in found:
        made = make(incoming(layer, name))
        setattr(layer, f"{name}_constraint", made)
        if variable is not None:
            variable.constraint = made
    return _changed(model, found, "the model has no hidden layer with weights that are trained")


def incoming(layer: Layer, name: str) -> list[int]:
    """The axes of a kernel over which one unit's incoming weights lie.

    All but the last, which counts the units; of a transposed convolution it is the last but one, of a depthwise kernel
    (height, width, channel, multiplier) each channel has its own.
    """
    if isinstance(layer, keras.layers.EinsumDense):
        return list(range(len(layer.kernel.shape) - len(layer.bias.shape))) if _is(_get(layer, "bias")) else [0]
    space = len(getattr(layer, "kernel_size", ()))
    if name == "depthwise":
        return list(range(space))
    if "Transpose" in type(layer).__name__:
        return [*range(space), space + 1]
    return list(range(space + 1))


def sparse(model: Any, make: Callable[[], Any]) -> Any:
    """The model with a penalty on what its hidden layers give (behind their activation)."""
    wiring, found = Wiring(model), hidden(settled(model))
    for layer in found:
        ends = [layer, *(one for one in wiring.block(layer) if type(one).__name__ in ACTIVATIONS)]
        ends[-1].activity_regularizer = make()
    return _changed(model, found, "the model has no hidden layer")


def raised(model: Any, rate: float) -> Any:
    """The model with at least this rate in the dropout that it has."""
    flat = list(model._flatten_layers(include_self=False))
    found = [one for one in flat if type(one) is keras.layers.Dropout and 0 < one.rate < rate]
    for layer in found:
        layer.rate = rate
    return _changed(model, found, f"the model has no dropout of a rate below {rate:g}")


def activated(model: Any, name: str, kinds: tuple[str, ...]) -> Any:
    """The model with this activation where hidden layers have one of these kinds, their weights drawn anew for it.

    Left alone: recurrent layers, outputs, gates (what is multiplied with something), weights that were not drawn.
    """
    wiring, last, found = Wiring(settled(model)), tail(model), []
    for layer in walk(model):
        inner = unwrapped(layer)
        if id(layer) in last or not layer.trainable or isinstance(layer, RECURRENT) or function(inner, []) not in kinds:
            continue
        if wiring.feeds(layer) & {"Multiply", "Dot"} or not _exchanged(inner, name):
            continue
        found.append(layer)
    changed = {id(one) for one in found}
    for layer in hidden(model):
        if changed & {id(one) for one in (layer, *wiring.block(layer))}:
            drawn([layer], suited(name))
    return _changed(
        model,
        found,
        f"no hidden layer has {' or '.join(kinds)} (recurrent layers and gates keep theirs)",
    )


def settled(model: Any) -> Any:
    """The model, if it is known which of its layers make the outputs. Raises CannotEdit."""
    if graph_of(model) is None:
        raise CannotEdit(
            f"{type(model).__name__} is a subclass whose order of layers can't be traced: make the change in its code"
        )
    return model


def _exchanged(layer: Layer, name: str) -> bool:
    if type(layer).__name__ == "ReLU":
        if name != "leaky_relu":
            return False
        layer.negative_slope = 0.2  # of keras.activations.leaky_relu
        return True
    if "activation" not in vars(layer):
        return False
    layer.activation = keras.activations.get(name)
    return True


def suited(name: str | None) -> str:
    """The initializer for kernels in front of this activation: He for the ReLU family, else Glorot."""
    if name == "selu":
        return "lecun_normal"
    return "he_normal" if name in RECTIFIERS else "glorot_uniform"


def initialized(model: Any) -> Any:
    """The model with first weights that fit each layer's activation, where they did not. Raises CannotEdit.

    Biases of hidden layers begin at zero; the output's may be the user's guess of the targets' mean.
    """
    wiring, last, found = Wiring(settled(model)), tail(model), []
    for layer in [*hidden(model), *(one for one in last.values() if mixes(one))]:
        if not isinstance(layer, RECURRENT):
            found += drawn([layer], suited(function(layer, wiring.block(layer))))
    found += [layer for layer in hidden(model) if _unbiased(getattr(layer, "cell", layer))]
    return _changed(model, found, "every layer's weights are drawn for its activation already, or come from elsewhere")


def drawn(layers: Iterable[Layer], initializer: str) -> list[Layer]:
    """Draw these layers' kernels anew with another initializer; those that have it, or were loaded, stay. The changed."""
    changed, fresh = [], keras.initializers.get(initializer)
    for layer, name, variable in kernels(layers):
        old = getattr(layer, f"{name}_initializer")
        if _same(old, fresh) or (variable is not None and is_loaded(layer, name, variable)):
            continue
        own = keras.initializers.get(initializer)
        setattr(layer, f"{name}_initializer", own)
        if variable is not None:
            variable.assign(own(variable.shape, dtype=variable.dtype))
        changed.append(layer)
    return changed


def _unbiased(layer: Any) -> bool:
    """Let a layer's, or a cell's, biases begin at zero; whether they did not."""
    begun, bias = getattr(layer, "bias_initializer", None), getattr(layer, "bias", None)
    if begun is None or isinstance(begun, keras.initializers.Zeros):
        return False
    layer.bias_initializer = keras.initializers.Zeros()
    if bias is not None and _is(bias):
        bias.assign(keras.ops.zeros(bias.shape, dtype=bias.dtype))
    return True


def _same(one: Any, other: Any) -> bool:
    def told(initializer: Any) -> Any:
        return {name: value for name, value in initializer.get_config().items() if name != "seed"}

    return type(one) is type(other) and told(one) == told(other)


def is_loaded(layer: Layer, name: str, variable: Any) -> bool:
    """Whether the weights come from another training: larger than their initializer ever draws, or biases off zero."""
    bias = getattr(layer, "bias", None)
    if _is(bias) and isinstance(getattr(layer, "bias_initializer", None), keras.initializers.Zeros):
        ones = isinstance(layer, keras.layers.LSTMCell) and layer.unit_forget_bias
        if not ones and keras.ops.convert_to_numpy(bias).any():
            return True
    limit = largest(getattr(layer, f"{name}_initializer"), tuple(variable.shape))
    return limit is not None and float(np.abs(keras.ops.convert_to_numpy(variable)).max(initial=0.0)) > 1.01 * limit


def largest(initializer: Any, shape: tuple[int, ...]) -> float | None:
    """The largest weight that this initializer draws for this shape; None where it isn't known."""
    told = initializer.get_config()
    if isinstance(initializer, keras.initializers.VarianceScaling):
        space = math.prod(shape[:-2])
        fans = {"fan_in": space * shape[-2], "fan_out": space * shape[-1]} if len(shape) > 1 else {}
        fan = fans.get(initializer.mode, sum(fans.values()) / 2)
        deviation = math.sqrt(initializer.scale / max(1.0, fan))
        factor = {"uniform": math.sqrt(3), "truncated_normal": 2 / 0.8796}.get(initializer.distribution, FAR)
        return deviation * factor
    if isinstance(initializer, keras.initializers.RandomUniform):
        return float(max(abs(told["minval"]), abs(told["maxval"])))
    known = isinstance(initializer, (keras.initializers.RandomNormal, keras.initializers.TruncatedNormal))
    return abs(told["mean"]) + FAR * told["stddev"] if known else None


def _changed(model: Any, found: Any, what: str) -> Any:
    if not found:
        raise CannotEdit(what)
    return recompile(model)
