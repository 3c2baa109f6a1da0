"""Inputs and targets on one scale, by what the training rows tell; predictions come out on the targets' own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from diagnose.evidence.heads import FLOORS, RANGES
from diagnose.inspection.configuration import heads
from diagnose.inspection.parts import activation
from diagnose.recipes import CannotEdit, Recipe, layers, outputs
from diagnose.recipes.compiled import recompile
from diagnose.recipes.rows import collected

BLOCK = 1024  # rows that are looked at together: their numbers are held twice
# Layers that want the numbers as they are: indices, words, or raw values which they scale themselves.
RAW = (
    "Embedding Normalization Rescaling Discretization Hashing HashedCrossing IntegerLookup StringLookup "
    "CategoryEncoding TextVectorization"
).split()
SHARE = 0.8  # of an output's range is used for targets: its ends are reached with infinite weights only
STILL = 1e-6  # of its mean: a column that moves no more is one that never changes, and rounding
ABOVE = (
    *FLOORS,
    "elu",
    "selu",
    "gelu",
    "silu",
    "swish",
    "exponential",
)  # activations that give hardly anything below 0
RELATIVE = ("mean_squared_logarithmic_error", "mean_absolute_percentage_error", "poisson")
Scale = tuple[Any, Any]  # mean and variance, one number each a column


def inputs(recipe: Recipe) -> Recipe:
    """A Normalization layer behind each input whose numbers have a scale. Raises CannotEdit where none has, or all are on it.

    A subclassed model has no place for a layer: its rows are scaled, and what predicts is the layer with the model behind.
    """
    model = recipe.build()
    if not layers.editable(model):
        return _around(recipe)
    scales = [None if x is None else _scale(x) for x in _wanted(model, recipe.data.train.x)]
    if all(scale is None for scale in scales):
        raise CannotEdit("no input has numbers that are off the scale of mean 0 and deviation 1")

    def scaled(one: Any) -> Any:
        # by place: an input without a name is called otherwise in every model that is built
        places = {name: at for at, tensor in enumerate(one.inputs) for name in (tensor.name, _maker(tensor).name)}
        return layers.preceded(one, lambda name: _layer(name if scales[1:] else "input", scales[places[name]]))

    return recipe.remodelled(scaled)


def _layer(name: str, scale: Scale | None) -> Any:
    if scale is None:
        return None
    return keras.layers.Normalization(mean=scale[0], variance=scale[1], name=f"{name}_scaled")


def _around(recipe: Recipe) -> Recipe:
    scale = _scale(recipe.data.train.array)
    if scale is None:
        raise CannotEdit("the inputs have mean 0 and deviation 1 already")
    shape = recipe.data.train.array.shape[1:] or (1,)

    def before(x: Any) -> Any:
        return keras.tree.map_structure(lambda one: ((one - scale[0]) / np.sqrt(scale[1])).astype("float32"), x)

    def with_layer(model: Any) -> Any:
        return recompile(keras.Sequential([keras.Input(shape), _layer("input", scale), model]), like=model)

    one = collected(recipe, recipe.batch_size)
    parts = (one.data.train, one.data.validation)
    return one.on(lambda data: data.only(*(part.with_x(before(part.x)) for part in parts))).finished(with_layer)


def _wanted(model: Any, x: Any) -> list[Any]:
    """The rows of each of the model's inputs, in their order; None where its numbers are to stay as they are."""
    if isinstance(x, Mapping) and not isinstance(model.input, Mapping):
        flat = [x[_maker(tensor).name] for tensor in model.inputs]
    else:
        flat = keras.tree.flatten(x)
    return [
        None if np.asarray(one).dtype.kind not in "fiu" or _raw(_maker(tensor)) else one
        for tensor, one in zip(model.inputs, flat, strict=True)
    ]


def _maker(tensor: Any) -> Any:
    return tensor._keras_history.operation


def _raw(maker: Any) -> bool:
    """Whether what takes this input, or a model that takes it holds, wants the numbers as they are."""
    takers = [node.operation for node in maker._outbound_nodes]
    inner = [layer for one in takers if isinstance(one, keras.Model) for layer in one._flatten_layers()]
    return any(type(one).__name__ in RAW for one in [*takers, *inner])


def _scale(x: Any) -> Scale | None:
    """Mean and variance of each column (the last axis); None where all columns have a mean of 0 and a deviation of 1.

    A column of 0 and 1 alone stays as it is, and so does the spread of one that never changes.
    """
    x = np.asarray(x)
    x = x[:, None] if x.ndim == 1 else x
    count, mean, square = (np.zeros(x.shape[-1]) for _ in range(3))
    marks = np.ones(x.shape[-1], bool)
    blocks = [slice(at, at + BLOCK) for at in range(0, len(x), BLOCK)]
    for block in blocks:
        values = x[block].reshape(-1, x.shape[-1]).astype("float64")
        marks &= ((values == 0) | (values == 1)).all(axis=0)
        known = np.isfinite(values)
        count, mean = count + known.sum(axis=0), mean + np.where(known, values, 0.0).sum(axis=0)
    mean = mean / np.maximum(count, 1)
    for block in blocks:
        values = x[block].reshape(-1, x.shape[-1]).astype("float64") - mean
        square = square + np.square(np.where(np.isfinite(values), values, 0.0)).sum(axis=0)
    variance = square / np.maximum(count, 1)
    still = np.sqrt(variance) <= STILL * np.abs(mean)
    mean, variance = np.where(marks, 0.0, mean), np.where(marks | still, 1.0, variance)
    near = np.abs(mean) < 0.1, np.abs(np.sqrt(variance) - 1) < 0.1
    return None if np.all(near) else (mean.astype("float32"), variance.astype("float32"))


def targets(recipe: Recipe) -> Recipe:
    """Targets on the scale that the output's activation can give, predictions brought back. Raises CannotEdit."""
    model = recipe.build()
    function, loss = activation(outputs.end(model)) or "linear", heads(model)[0].loss
    if loss in RELATIVE:
        raise CannotEdit(f"{loss} measures targets by their own size, which scaling takes from them")
    one = collected(recipe, recipe.batch_size)
    parts = (one.data.train, one.data.validation)
    factor, offset = span(np.asarray(parts[0].targets, "float64"), function)
    return one.on(
        lambda data: data.only(*(part.with_y((np.asarray(part.targets) - offset) / factor) for part in parts))
    ).finished(
        lambda trained: layers.followed(
            trained, keras.layers.Rescaling(factor.tolist(), offset.tolist(), name="targets_scale")
        )
    )


def span(y: Any, function: str) -> tuple[Any, Any]:
    """Factor and offset that bring an output behind this activation to the targets: ``output * factor + offset``.

    Unbounded outputs give targets of mean 0 and deviation 1, bounded ones 80% of their range, those with a floor at 0
    a deviation of 1. Raises CannotEdit for targets that the activation can't give.
    """
    axes = 0 if y.ndim < 3 else tuple(range(y.ndim - 1))
    if function == "softmax":
        raise CannotEdit("a softmax gives shares that sum to 1, whatever the targets' scale")
    if function in RANGES:
        low, high = RANGES[function]
        least, most = y.min(axis=axes), y.max(axis=axes)
        factor = np.where(most > least, most - least, 1.0) / (SHARE * (high - low))
        return factor, (least + most) / 2 - factor * (low + high) / 2
    deviation = y.std(axis=axes)
    deviation = np.where(deviation > 0, deviation, 1.0)
    if function in ABOVE:
        if y.min() < 0:
            raise CannotEdit(f"{function} gives nothing below 0, and there are targets below: the output comes first")
        return deviation, np.zeros_like(deviation)
    return deviation, y.mean(axis=axes)
