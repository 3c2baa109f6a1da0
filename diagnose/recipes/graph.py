"""Putting a model together anew with other or further layers. What is not meant to change is the very same layer as before.

So nothing has to be copied that can't be (a layer of the user's own, an adapted vocabulary), and weights, what is frozen
and data types stay without anybody's doing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras

from diagnose.recipes import CannotEdit
from diagnose.recipes.compiled import recompile
from diagnose.recipes.roles import functional, graph_of, is_open, walk
from diagnose.recipes.tracing import trains_itself

Layer = Any
Config = dict[str, Any]
SAID = 160  # characters of an error of Keras's that are told


def editable(model: Any) -> bool:
    """Whether it is a Sequential or functional model, of a class that makes a model of other layers just the same."""
    constructors = [one.__dict__["__init__"] for one in type(model).__mro__ if "__init__" in one.__dict__]
    inherited = [one.__dict__["__init__"] for one in (keras.Sequential, functional(), keras.Model)]
    return isinstance(model, (keras.Sequential, functional())) and constructors[0] in inherited


def rebuildable(model: Any) -> bool:
    """Whether a model that does the same can be made of other layers: also of a subclass that can be traced."""
    return editable(model) or (graph_of(model) is not None and not trains_itself(model))


@dataclass
class Edit:
    """What changes; layers by their ``id``.

    replace  another layer in place of one
    ahead    layers that come in front of one, in this order
    behind   layers that come behind one, in this order
    first    the layer that comes behind the input of this name, or None
    """

    replace: Mapping[int, Layer] = field(default_factory=dict)
    ahead: Mapping[int, Sequence[Layer]] = field(default_factory=dict)
    behind: Mapping[int, Sequence[Layer]] = field(default_factory=dict)
    first: Callable[[str], Layer | None] = lambda name: None
    _made: dict[int, Layer] = field(default_factory=dict)
    _old: dict[int, Layer] = field(default_factory=dict)
    _fronts: dict[int, Any] = field(default_factory=dict)

    def touches(self, model: Any) -> bool:
        """Whether a layer inside this nested model changes."""
        return any(id(one) in known for one in walk(model) for known in (self.replace, self.ahead, self.behind))

    def layer(self, old: Layer) -> Layer:
        """What stands in this layer's place."""
        if id(old) not in self._made:
            inside = is_open(old) and self.touches(old)
            new = put_together(old, self, outer=False) if inside else self.replace.get(id(old), old)
            self._made[id(old)], self._old[id(new)] = new, old
        return self._made[id(old)]

    def fronted(self, tensor: Any) -> Any:
        """The tensor behind the new first layer, if it is an input; once for however many take it."""
        history = getattr(tensor, "_keras_history", None)
        if history is None or not isinstance(history.operation, keras.layers.InputLayer):
            return tensor
        if id(tensor) not in self._fronts:
            front = self.first(history.operation.name)
            self._fronts[id(tensor)] = tensor if front is None else front(tensor)
        return self._fronts[id(tensor)]

    def caller(self, outer: bool) -> Callable[..., Any]:
        """How a layer is called in the new model."""

        def call(new: Layer, *args: Any, **kwargs: Any) -> Any:
            old = id(self._old[id(new)])
            if outer:
                args, kwargs = keras.tree.map_structure(self.fronted, (args, kwargs))
            if old in self.ahead:
                args = (through(self.ahead[old], args[0]), *args[1:])
            given = new(*args, **kwargs)
            if old not in self.behind:
                return given
            if isinstance(given, (list, tuple)):  # a recurrent layer that gives its states, too
                return type(given)([through(self.behind[old], given[0]), *given[1:]])
            return through(self.behind[old], given)

        return call


def through(layers: Sequence[Layer], tensor: Any) -> Any:
    """One after another."""
    for layer in layers:
        tensor = layer(tensor)
    return tensor


def put_anew(model: Any, edit: Edit) -> Any:
    """The model put together anew and compiled as it was. Raises CannotEdit, with the reason."""
    if not rebuildable(model):
        raise CannotEdit(
            f"{type(model).__name__} is a subclass whose layers, or way to train, stand in its own code: "
            "make the change there"
        )
    if graph_of(model) is None:
        raise CannotEdit("expected a built model: begin it with keras.Input(shape)")
    try:
        new = put_together(model, edit, outer=True)
    except (ValueError, TypeError, IndexError, NotImplementedError) as error:
        if isinstance(error, CannotEdit):
            raise
        raise CannotEdit(f"the model can't be put together with the change: {one_line(error)}") from error
    return recompile(new, like=model)


def one_line(error: Exception) -> str:
    """The beginning of what Keras says, without the codes that make a terminal print it bold."""
    text = " ".join(re.sub(r"\x1b\[\d*m", "", str(error)).split())
    return text if len(text) <= SAID else f"{text[: SAID - 1]}…"


def put_together(model: Any, edit: Edit, *, outer: bool) -> Any:
    """The model or nested model made of the edited layers, not compiled."""
    if not rebuildable(model):
        raise CannotEdit(f"the nested model {model.name} ({type(model).__name__}) is a subclass: make the change in it")
    if not editable(model):
        model = graph_of(model)  # a plain functional model from here on
    if isinstance(model, keras.Sequential):
        return _sequential(model, edit, outer=outer)
    was, model.compiled = (
        model.compiled,
        False,
    )  # or the new one is compiled from a writing that not every loss survives
    try:
        return keras.models.clone_model(
            model,
            input_tensors=keras.tree.map_structure(_input, model.input),
            clone_function=edit.layer,
            call_function=edit.caller(outer),
        )
    finally:
        model.compiled = was


def _input(tensor: Any) -> Any:
    optional = getattr(tensor._keras_history.operation, "optional", False)
    return keras.Input(
        batch_shape=tensor.shape, dtype=tensor.dtype, sparse=tensor.sparse, name=tensor.name, optional=optional
    )


def _sequential(model: Any, edit: Edit, *, outer: bool) -> Any:
    new: list[Layer] = []
    if graph_of(model) is not None:
        new.append(_input(model.inputs[0]))
        if outer and (front := edit.first(model.inputs[0].name)) is not None:
            new.append(front)
    for layer in model.layers:
        new += [*edit.ahead.get(id(layer), ()), edit.layer(layer), *edit.behind.get(id(layer), ())]
    return type(model)(new, name=model.name, trainable=model.trainable)
