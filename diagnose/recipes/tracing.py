"""The graph of a subclassed model, found by calling it on symbols: its own layers, in the order in which they are called.

It is taken for the model's only where it is: the same layers in training as in inference, and the same predictions.
"""

from __future__ import annotations

import itertools
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np

# A subclass that has one of these trains, or is scored, in a way that its layers alone don't tell.
OWN_WAYS = "train_step test_step predict_step compute_loss compute_metrics compile metrics fit".split()
ROWS = 2  # of the examples that both are tried on
_known: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def traced(model: Any) -> Any:
    """A functional model of the very layers of this built subclass; None where it can't be had."""
    if model not in _known:
        _known[model] = _traced(model)
    return _known[model]


def trains_itself(model: Any) -> bool:
    """Whether the class has a way of its own to train, or to count what it trains on."""
    own = itertools.takewhile(lambda one: not one.__module__.startswith("keras."), type(model).__mro__)
    return any(name in vars(one) for one in own for name in OWN_WAYS)


def _traced(model: Any) -> Any:
    shapes = getattr(model, "_build_shapes_dict", None)
    if not model.built or not shapes or len(shapes) != 1:
        return None
    try:
        shape = next(iter(shapes.values()))
        graphs = [_graph(model, shape, training) for training in (None, True)]
        same = [_calls(graphs[0]) == _calls(graphs[1]), _agree(model, graphs[0], shape)]
    except Exception:  # noqa: BLE001 - whatever the user's own code does with a symbol: it has no graph then
        return None
    return graphs[0] if all(same) else None


def _graph(model: Any, shape: Any, training: bool | None) -> Any:
    inputs = _map(lambda one: keras.Input(one[1:]), shape)
    more = {"training": training} if model._call_has_training_arg else {}
    return keras.Model(inputs, model.call(inputs, **more), name=model.name)


def _map(make: Any, shape: Any) -> Any:
    if isinstance(shape, dict):
        return {name: _map(make, one) for name, one in shape.items()}
    if isinstance(shape, (list, tuple)) and shape and isinstance(shape[0], (list, tuple, dict)):
        return [_map(make, one) for one in shape]
    return make(shape)


def _calls(graph: Any) -> list[Any]:
    by_depth = graph._nodes_by_depth
    called = [one.operation for depth in sorted(by_depth, reverse=True) for one in by_depth[depth] if not one.is_input]
    return [id(one) if isinstance(one, keras.layers.Layer) else type(one) for one in called]


def _agree(model: Any, graph: Any, shape: Any) -> bool:
    ones = _map(lambda one: np.ones([ROWS, *(size or ROWS for size in one[1:])], "float32"), shape)
    both = [keras.tree.flatten(one(ones, training=False)) for one in (model, graph)]
    return all(
        np.allclose(keras.ops.convert_to_numpy(mine), keras.ops.convert_to_numpy(its), atol=1e-5)
        for mine, its in zip(*both, strict=True)
    )
