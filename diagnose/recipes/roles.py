"""What part each layer of a model plays: which are hidden, which make the outputs, what stands behind which.

A layer is meant here as it stands in the model's graph: a wrapper (Bidirectional, TimeDistributed) is one layer, a nested
model with a graph of its own is its layers. Of a subclassed model that has none, not even by ``tracing.py``, the innermost
layers are told in the order in which they were made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import keras

from diagnose.inspection.configuration import ends
from diagnose.inspection.parts import activation, parts
from diagnose.recipes.tracing import traced

Layer = Any
RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.ConvLSTM2D)
ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU")  # layers that are an activation and nothing else
NORMALIZERS = (
    "BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization Normalization"
).split()
END = "an output"


def graph_of(model: Any) -> Any:
    """What holds the nodes of a model; None for what was not built yet, and for a subclass that can't be traced."""
    if isinstance(model, functional()):
        return model
    return getattr(model, "_functional", None) if isinstance(model, keras.Sequential) else traced(model)


@cache
def functional() -> type:
    """The class that ``keras.Model(inputs, outputs)`` makes: it has no public name."""
    inputs = keras.Input((1,))
    return type(keras.Model(inputs, inputs))


def nodes(model: Any) -> list[Any]:
    """The calls of layers that make up the model, in the order in which the data pass."""
    by_depth = graph_of(model)._nodes_by_depth
    return [one for depth in sorted(by_depth, reverse=True) for one in by_depth[depth] if not one.is_input]


def walk(model: Any) -> Iterator[Layer]:
    """Every layer of the graph once, those of nested models in their place; a frozen nested model is one layer."""
    seen: set[int] = set()

    def inside(one: Any) -> Iterator[Layer]:
        for layer in (graph_of(one) or one).layers:
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            if is_open(layer):
                yield from inside(layer)
            else:
                yield layer

    return inside(model)


def is_open(layer: Layer) -> bool:
    """Whether this is a nested model whose layers count as the outer one's."""
    return isinstance(layer, keras.Model) and layer.trainable and graph_of(layer) is not None


def mixes(layer: Layer) -> bool:
    """Whether it has a kernel: a matrix that mixes its inputs; normalizations, embeddings and PReLU have none."""
    if type(layer).__name__ in (*NORMALIZERS, "Embedding", "PReLU"):
        return False
    return any(len(one.shape) >= 2 for one in getattr(layer, "weights", ()))


def hidden(model: Any) -> list[Layer]:
    """The trained layers with kernels in front of the outputs' own, in order; frozen ones are left out."""
    if graph_of(model) is None:
        found = parts(model, ends(model))
        return [one.keras for one in found if one.kernels and not one.layer.output and mixes(one.keras)]
    last = tail(model)
    return [one for one in walk(model) if mixes(one) and _trained(one) and id(one) not in last]


def outputs(model: Any) -> list[Layer]:
    """The layers with kernels that make the outputs."""
    if graph_of(model) is None:
        return [one.keras for one in parts(model, ends(model)) if one.kernels and one.layer.output]
    last = tail(model)
    return [one for one in walk(model) if mixes(one) and id(one) in last]


def _trained(layer: Layer) -> bool:
    return any(len(one.shape) >= 2 for one in layer.trainable_variables)


def tail(model: Any) -> dict[int, Layer]:
    """The layers from the outputs back to the last kernels in front of each, these included, by ``id``."""
    found: dict[int, Layer] = {}
    graph = graph_of(model)
    if graph is None:
        return {id(one.keras): one.keras for one in parts(model, ends(model)) if one.layer.output}
    _trace(graph, found)
    return found


def _trace(graph: Any, found: dict[int, Layer]) -> bool:
    """Whether an output is reached from an input without a kernel on the way."""
    waiting, seen, through = list(graph.outputs), set(), False
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        operation, at, _ = tensor._keras_history
        if isinstance(operation, keras.layers.InputLayer):
            through = True
            continue
        if is_open(operation):
            passes = _trace(graph_of(operation), found)
        else:
            found[id(operation)] = operation
            passes = not mixes(operation)
        if passes:
            waiting += operation._inbound_nodes[at].input_tensors
    return through


class Wiring:
    """What stands behind what in a model and in the models inside it."""

    def __init__(self, model: Any) -> None:
        self._behind: dict[int, list[Any]] = {}
        self._calls: dict[int, int] = {}
        if graph_of(model) is not None:
            self._read(model)

    def _read(self, model: Any) -> None:
        for node in nodes(model):
            first = id(node.operation) not in self._calls
            self._calls[id(node.operation)] = self._calls.get(id(node.operation), 0) + 1
            for tensor in node.input_tensors:
                self._add(tensor, node.operation)
            if first and is_open(node.operation):
                self._read(node.operation)
        for tensor in graph_of(model).outputs:
            self._add(tensor, END)

    def _add(self, tensor: Any, behind: Any) -> None:
        known = self._behind.setdefault(id(tensor._keras_history.operation), [])
        if not any(one is behind for one in known):
            known.append(behind)

    def behind(self, layer: Layer) -> list[Any]:
        """The layers that take its output; END where it is an output of the model that holds it."""
        return self._behind.get(id(layer), [])

    def block(self, layer: Layer) -> list[Layer]:
        """The normalization and the activation that stand behind a layer alone, as layers of their own."""
        found: list[Layer] = []
        while True:
            following = self.behind((found or [layer])[-1])
            if len(following) != 1 or type(following[0]).__name__ not in (*ACTIVATIONS, *NORMALIZERS):
                return found
            if self._calls.get(id(following[0])) != 1:
                return found  # one layer for several places
            found.append(following[0])

    def feeds(self, layer: Layer) -> set[str]:
        """Class names of what its output meets before the next kernel."""
        met: set[str] = set()
        waiting, seen = list(self.behind(layer)), set()
        while waiting:
            one = waiting.pop()
            if id(one) in seen or (isinstance(one, keras.layers.Layer) and mixes(one) and not _merges(one)):
                continue
            seen.add(id(one))
            met.add(one if isinstance(one, str) else type(one).__name__)
            waiting += [] if isinstance(one, str) else self.behind(one)
        return met


def _merges(layer: Layer) -> bool:
    return type(layer).__name__ in ("MultiHeadAttention", "GroupQueryAttention")


def unwrapped(layer: Layer) -> Layer:
    """The layer inside a TimeDistributed, the forward one inside a Bidirectional; else the layer itself."""
    inner = getattr(layer, "layer", None) if isinstance(layer, keras.layers.TimeDistributed) else None
    return inner or (layer.forward_layer if isinstance(layer, keras.layers.Bidirectional) else layer)


def function(layer: Layer, block: list[Layer]) -> str | None:
    """The activation a hidden layer ends with: its own, or the one behind it; "linear" where it has none."""
    names = [activation(unwrapped(one)) for one in (layer, *block)]
    return next((name for name in reversed(names) if name not in (None, "linear")), names[0])


def activations(model: Any) -> tuple[str, ...]:
    """Of the hidden layers, in order, wherever they stand."""
    wiring = Wiring(model)
    return tuple(name for one in hidden(model) if (name := function(one, wiring.block(one))))


def entrances(model: Any, passed: Sequence[str], refused: Callable[[Layer], bool]) -> tuple[set[str], list[Layer]]:
    """Where an input's quantities enter: (names of inputs, layers) behind which nothing has been done with them yet.

    passed   classes of layers that only prepare the input: the place is behind them (and behind all that vary images)
    refused  whether a layer takes something else than quantities: its input has no place
    """
    wiring, names, behind = Wiring(model), set(), []
    for tensor in graph_of(model).inputs:
        place = tensor._keras_history.operation
        while True:
            takers = _takers(wiring, place)
            kinds = {type(one).__name__ for one in takers}
            if len(takers) != 1 or not all(kind in passed or kind.startswith("Random") for kind in kinds):
                break
            place = takers[0]
        if any(isinstance(one, keras.layers.Layer) and refused(one) for one in takers):
            continue
        if not isinstance(place, keras.layers.InputLayer):
            behind.append(place)
        elif "float" in str(tensor.dtype):
            names.add(tensor.name)
    return names, behind


def _takers(wiring: Wiring, layer: Layer) -> list[Any]:
    """What takes a layer's output, looking into nested models."""
    found: list[Any] = []
    for one in wiring.behind(layer):
        inner = graph_of(one).inputs if is_open(one) else ()
        found += [taker for tensor in inner for taker in _takers(wiring, tensor._keras_history.operation)] or [one]
    return found
