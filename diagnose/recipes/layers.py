"""Taking a Keras model apart and putting it together with other or further layers.

Everything that is not meant to change stays: names, settings, what is frozen, how the model was compiled, and every
weight that still fits. Sequential and functional models, nested in one another or not, are put together anew; of a
subclassed model only the settings of its layers can be changed, in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import keras

from diagnose.inspection.configuration import ends
from diagnose.inspection.parts import activation, parts
from diagnose.recipes import CannotEdit
from diagnose.recipes.compiled import recompile

Layer = Any
Config = dict[str, Any]
RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.ConvLSTM2D)


def hidden(model: Any) -> list[Layer]:
    """The trained layers with kernels in front of the outputs' own, in order; frozen ones are left out."""
    return [
        part.keras for part in parts(model, ends(model)) if part.kernels and not part.layer.output and _plain(part.keras)
    ]  # fmt: skip


def outputs(model: Any) -> list[Layer]:
    """The layers with kernels that make the outputs."""
    return [part.keras for part in parts(model, ends(model)) if part.kernels and part.layer.output]


def _plain(layer: Layer) -> bool:
    """Not a normalization or an embedding: its kernel is a matrix that mixes its inputs."""
    return not isinstance(
        layer, (keras.layers.BatchNormalization, keras.layers.LayerNormalization, keras.layers.Embedding)
    )


def sigmoidal(model: Any) -> list[Layer]:
    """Hidden layers that end in a sigmoid, a tanh or a relative of theirs; gates of recurrent layers are none."""
    kinds = {"sigmoid", "tanh", "hard_sigmoid", "softsign"}
    found = [
        part.keras for part in parts(model, ends(model)) if not part.layer.output and activation(part.keras) in kinds
    ]
    return [one for one in found if not isinstance(one, RECURRENT)]


def sources(layers: Iterable[Layer]) -> set[str]:
    """Their names."""
    return {layer.name for layer in layers}


def editable(model: Any) -> bool:
    """Whether its layers stand in a graph that can be put together anew."""
    return isinstance(model, (keras.Sequential, _functional()))


@cache
def _functional() -> type:
    """The class that ``keras.Model(inputs, outputs)`` makes: it has no public name."""
    inputs = keras.Input((1,))
    return type(keras.Model(inputs, inputs))


def reconfigured(model: Any, layers: Sequence[Layer], change: Callable[[Layer], Config], *, fresh: bool = False) -> Any:
    """The model with other settings in these layers: ``change`` gives what differs in ``get_config()``.

    fresh: their weights are drawn anew. Raises CannotEdit.
    """
    changes = {id(layer): change(layer) for layer in layers}
    if not changes:
        raise CannotEdit("the model has no layer that this could change")
    if not editable(model):
        return _in_place(model, layers, changes, fresh=fresh)
    return rebuilt(
        model,
        replace=lambda layer: _with(layer, changes[id(layer)]) if id(layer) in changes else None,
        fresh=sources(layers) if fresh else (),
    )


def _with(layer: Layer, change: Config) -> Layer:
    config = layer.get_config()
    unknown = [name for name in change if name not in config]
    if unknown:
        raise CannotEdit(f"the layer {layer.name} ({type(layer).__name__}) has no {unknown[0]}")
    return type(layer).from_config({**config, **change})


def _in_place(model: Any, layers: Sequence[Layer], changes: dict[int, Config], *, fresh: bool) -> Any:
    """A subclassed model: the settings are exchanged where they are; what has been built already is not built again."""
    for layer in layers:
        if layer.built and (fresh or any(name not in ("activation", "rate") for name in changes[id(layer)])):
            raise CannotEdit(
                f"the model is a subclass whose layer {layer.name} is built already; make the change in its __init__"
            )
        other = _with(layer, changes[id(layer)])
        for name in changes[id(layer)]:
            setattr(layer, name, getattr(other, name))
    return recompile(model)


def inserted(model: Any, layers: Sequence[Layer], make: Callable[[Layer], Layer | None]) -> Any:
    """The model with a new layer behind each of these (behind its activation, where that is a layer of its own).

    ``make`` gives the new layer for an old one, or None. Raises CannotEdit for a subclassed model.
    """
    wanted = sources(layers)
    if not wanted:
        raise CannotEdit("the model has no hidden layer that this could follow")
    return rebuilt(model, after=lambda layer: [make(layer)] if layer.name in wanted else [])


def preceded(model: Any, make: Callable[[str], Layer | None]) -> Any:
    """The model with a new layer behind each input; ``make`` is given the input's name."""
    return rebuilt(model, first=make)


def followed(model: Any, layer: Layer) -> Any:
    """The model with a layer behind its one output, compiled as before. Raises CannotEdit for several outputs."""
    if not editable(model):
        return _wrapped(model, layer)
    if len(model.outputs) != 1:
        raise CannotEdit(f"the model has {len(model.outputs)} outputs, and this edit is for one")
    whole = keras.Model(model.inputs[0] if len(model.inputs) == 1 else model.inputs, layer(model.outputs[0]))
    return recompile(whole, like=model)


def _wrapped(model: Any, layer: Layer) -> Any:
    whole = keras.Sequential([model, layer])
    return recompile(whole, like=model)


def rebuilt(
    model: Any,
    *,
    replace: Callable[[Layer], Layer | None] = lambda layer: None,
    after: Callable[[Layer], Iterable[Layer | None]] = lambda layer: (),
    first: Callable[[str], Layer | None] = lambda name: None,
    fresh: Iterable[str] = (),
) -> Any:
    """The model put together anew and compiled as it was.

    replace  another layer in place of one, or None to keep it; a nested model's layers are asked about, too
    after    layers that come behind one
    first    a layer that comes behind the input of this name
    fresh    names of layers whose weights are drawn anew, whether the old ones fit or not
    Raises CannotEdit for a subclassed model.
    """
    if not editable(model):
        raise CannotEdit(
            f"{type(model).__name__} is a subclass of keras.Model: its layers stand in its own code; change that"
        )
    old = dict(_named(model))
    new = _put_together(model, _Edit(replace, after, first), outer=True)
    again = set(fresh)
    for name, layer in _named(new):
        if name in old and name not in again:
            _keep_weights(old[name], layer)
    return recompile(new, like=model)


class _Edit:
    """What a rebuilding asks of each layer; every old layer has one new one, however often it is called."""

    def __init__(self, replace: Any, after: Any, first: Any) -> None:
        self.replace, self.after, self.first = replace, after, first
        self.made: dict[int, Layer] = {}
        self.added: dict[int, list[Layer]] = {}
        self.fronts: dict[str, Layer | None] = {}

    def layer(self, layer: Layer) -> Layer:
        if id(layer) not in self.made:
            frozen = isinstance(layer, keras.Model) and not layer.trainable
            if isinstance(layer, keras.Model) and editable(layer) and not frozen:
                self.made[id(layer)] = _put_together(layer, self, outer=False)
            else:
                self.made[id(layer)] = self.replace(layer) or _copy(layer)
        return self.made[id(layer)]

    def behind(self, layer: Layer) -> list[Layer]:
        if id(layer) not in self.added:
            self.added[id(layer)] = [one for one in self.after(layer) if one is not None]
        return self.added[id(layer)]

    def front(self, name: str) -> Layer | None:
        if name not in self.fronts:
            self.fronts[name] = self.first(name)
        return self.fronts[name]


def _copy(layer: Layer) -> Layer:
    return type(layer).from_config(layer.get_config())


def _put_together(model: Any, edit: _Edit, *, outer: bool) -> Any:
    if isinstance(model, keras.Sequential):
        return _sequential(model, edit, outer=outer)
    was, model.compiled = model.compiled, False  # or the copy is compiled from a writing that not every loss survives
    try:
        return keras.models.clone_model(
            model, clone_function=edit.layer, call_function=_caller(model, edit, outer=outer)
        )
    finally:
        model.compiled = was


def _sequential(model: Any, edit: _Edit, *, outer: bool) -> Any:
    if outer and not model.inputs:
        raise CannotEdit("expected a built model: begin it with keras.Input(shape)")
    new: list[Layer] = []
    if model.built and model.inputs:
        entry = model.inputs[0]
        new.append(keras.Input(batch_shape=entry.shape, dtype=entry.dtype, name=entry.name))
        if outer and (front := edit.front(entry.name)) is not None:
            new.append(front)
    for layer, behind in _with_activation(model.layers, edit):
        new += [edit.layer(layer), *behind]
    return keras.Sequential(new, name=model.name, trainable=model.trainable)


def _with_activation(layers: Sequence[Layer], edit: _Edit) -> Iterable[tuple[Layer, list[Layer]]]:
    """Each layer and what comes behind it: behind the activation that follows, where that is a layer of its own."""
    waiting: list[Layer] = []
    for at, layer in enumerate(layers):
        waiting += edit.behind(layer)
        following = layers[at + 1] if at + 1 < len(layers) else None
        if waiting and following is not None and _only_activation(following):
            yield layer, []
        else:
            yield layer, waiting
            waiting = []


def _only_activation(layer: Layer) -> bool:
    kinds = "Activation ReLU LeakyReLU ELU PReLU".split()
    return type(layer).__name__ in kinds


def _caller(model: Any, edit: _Edit, *, outer: bool) -> Callable[..., Any]:
    """How a cloned layer is called: its inputs first passed through the new front layers, its output through those behind."""
    olds = {id(layer): layer for layer in model.layers}

    def call(new: Layer, *args: Any, **kwargs: Any) -> Any:
        old = next((olds[key] for key, made in edit.made.items() if made is new and key in olds), None)
        if outer:
            args = keras.tree.map_structure(lambda one: _fronted(one, edit), args)
        out = new(*args, **kwargs)
        if old is None or _awaits_activation(old):
            return out
        for layer in [*_owed(old, edit), *edit.behind(old)]:
            out = layer(out)
        return out

    def _awaits_activation(old: Layer) -> bool:
        return bool(edit.behind(old)) and (following := _sole_consumer(old)) is not None and _only_activation(following)

    return call


def _owed(layer: Layer, edit: _Edit) -> list[Layer]:
    """What the layer in front of this activation waits to have behind it."""
    if not _only_activation(layer):
        return []
    makers = [node.parent_nodes for node in layer._inbound_nodes]
    fronts = [parent.operation for parents in makers for parent in parents]
    return [new for one in fronts if _sole_consumer(one) is layer for new in edit.behind(one)]


def _sole_consumer(layer: Layer) -> Layer | None:
    found = {id(node.operation): node.operation for node in layer._outbound_nodes}
    return next(iter(found.values())) if len(found) == 1 else None


def _fronted(tensor: Any, edit: _Edit) -> Any:
    history = getattr(tensor, "_keras_history", None)
    if history is None or not isinstance(history.operation, keras.layers.InputLayer):
        return tensor
    front = edit.front(history.operation.name)
    return tensor if front is None else front(tensor)


def _named(model: Any) -> Iterable[tuple[str, Layer]]:
    """Every layer that is no model, with its path: names may repeat in nested models."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from ((f"{layer.name}/{name}", one) for name, one in _named(layer))
            if not editable(layer):
                yield layer.name, layer
        else:
            yield layer.name, layer


def _keep_weights(old: Layer, new: Layer) -> None:
    if old is new or not old.built:
        return
    if not new.built and not old.weights:
        return
    if [tuple(one.shape) for one in old.weights] == [tuple(one.shape) for one in new.weights]:
        for mine, its in zip(new.weights, old.weights, strict=True):
            if "seed_generator" not in its.path:
                mine.assign(its)
