"""A model with wider, narrower or more hidden layers."""

from __future__ import annotations

from typing import Any

import keras

from diagnose.recipes import CannotEdit
from diagnose.recipes.graph import Edit, put_anew
from diagnose.recipes.layers import Config, copied, like, resized, written
from diagnose.recipes.roles import RECURRENT, Wiring, function, hidden, outputs, unwrapped
from diagnose.recipes.settings import is_loaded, kernels, settled

Layer = Any
SIZES = ("units", "filters")
# What stands behind a layer whose width says more than how much there is of it.
SHAPED = {"Reshape", "Multiply", "Dot", "Softmax", "UnitNormalization", "EinsumDense"}
JOINED = {"Add", "Subtract", "Average", "Maximum", "Minimum", "MultiHeadAttention", "Attention", "AdditiveAttention"}
FIRST = (16, 256)  # units of a first hidden layer: twice the inputs, within these


def widened(model: Any, factor: float) -> Any:
    """The model with so many times the units or filters in its hidden layers; the outputs keep theirs. Raises CannotEdit.

    Left alone: weights from another training, layers of one unit, layers whose width has a meaning (in front of a Reshape
    or a product), and, where the model can't be put together otherwise, those that are added to something.
    """
    wiring = Wiring(settled(model))
    sizes = {id(one): (one, _resized(one, factor)) for one in hidden(model) if not _came_trained(one)}
    free = {key: (one, size) for key, (one, size) in sizes.items() if size and not wiring.feeds(one) & SHAPED}
    if not free:
        raise CannotEdit("the model has no hidden layer whose width could be changed")
    try:
        return resized(model, {key: size for key, (_, size) in free.items()})
    except CannotEdit:
        loose = {key: size for key, (one, size) in free.items() if not wiring.feeds(one) & JOINED}
        if not loose or len(loose) == len(free):
            raise
        return resized(model, loose)


def _came_trained(layer: Layer) -> bool:
    return any(variable is not None and is_loaded(one, name, variable) for one, name, variable in kernels([layer]))


def _resized(layer: Layer, factor: float) -> Config:
    """What differs in the layer's settings, {} where it has no width that could change."""
    config = _settings(layer)
    own = _size(config, factor)
    if own or not isinstance(layer, (keras.layers.Bidirectional, keras.layers.TimeDistributed)):
        return own
    found = {}
    for name in ("layer", "backward_layer"):
        inner = config.get(name)
        if inner and (size := _size(inner["config"], factor)):
            found[name] = {**inner, "config": {**inner["config"], **size}}
    return found


def _settings(layer: Layer) -> Config:
    """As it writes them down, {} where it can't."""
    try:
        return written(layer)
    except NotImplementedError:
        return {}


def _size(config: Config, factor: float) -> Config:
    known = {name: config[name] for name in SIZES if isinstance(config.get(name), int) and config[name] > 1}
    return {name: max(1, round(factor * value)) for name, value in known.items()}


def deepened(model: Any) -> Any:
    """The model with one hidden layer more, like its last one; or with a first one. Raises CannotEdit."""
    wiring = Wiring(settled(model))
    for layer in reversed(hidden(model)):
        if wiring.feeds(layer) & {"Multiply", "Dot", "Softmax"}:
            continue  # a gate
        inner = unwrapped(layer)
        if isinstance(layer, RECURRENT) and "return_sequences" in _settings(inner):
            ahead = like(layer, copied(layer, _named(layer, _sequences(layer))))
            return resized(model, {}, Edit(ahead={id(layer): [ahead]}))
        if type(inner).__name__ in ("Dense", "Conv1D", "Conv2D", "Conv3D"):
            block = wiring.block(layer)
            new = copied(layer, _named(layer, _inside(layer, _further(inner, function(layer, block)))))
            return put_anew(model, Edit(behind={id([layer, *block][-1]): [new]}))
    if hidden(model):
        raise CannotEdit("the model has no dense, convolutional or recurrent hidden layer that another could follow")
    return _with_first(model)


def _named(layer: Layer, change: Config) -> Config:
    return {**change, "name": f"{layer.name}_deeper"}


def _sequences(layer: Layer) -> Config:
    spatial = {"strides": 1, "padding": "same"} if isinstance(layer, keras.layers.ConvLSTM2D) else {}
    forward = {} if isinstance(layer, keras.layers.Bidirectional) else {"go_backwards": False}
    return _inside(layer, {"return_sequences": True, "return_state": False, **spatial, **forward})


def _inside(layer: Layer, change: Config) -> Config:
    """The change as it is made in a wrapper's settings: in those of the layer inside."""
    if not isinstance(layer, (keras.layers.Bidirectional, keras.layers.TimeDistributed)):
        return change
    config = written(layer)
    inner = {name: config[name] for name in ("layer", "backward_layer") if config.get(name)}
    return {name: {**one, "config": {**one["config"], **change}} for name, one in inner.items()}


def _further(layer: Layer, name: str | None) -> Config:
    bare = layer.activation is keras.activations.linear and name is not None
    change: Config = {"activation": "leaky_relu" if name == "prelu" else name} if bare else {}
    if hasattr(layer, "strides"):
        change |= {"strides": 1, "padding": "causal" if layer.padding == "causal" else "same"}
    return change


def _with_first(model: Any) -> Any:
    ends = outputs(model)
    if len(ends) != 1 or not isinstance(ends[0], keras.layers.Dense):
        raise CannotEdit("the model has no hidden layer, and no dense output that a first one could feed")
    units = min(max(2 * int(ends[0].kernel.shape[0]), FIRST[0]), FIRST[1])
    first = keras.layers.Dense(units, "relu", kernel_initializer="he_normal", name=f"{ends[0].name}_hidden")
    return resized(model, {}, Edit(ahead={id(ends[0]): [like(ends[0], first)]}))
