"""What is trained before the training: one hidden layer after another, or the first layers from a saved model.

Each is a stage of a recipe (``Recipe.before``): it is given the model as it was built and the recipe as it is trained, so
that members of an ensemble go through it with their own rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from diagnose.inspection.parts import parts
from diagnose.recipes import CannotEdit, Recipe
from diagnose.recipes.compiled import adjusted, recompile
from diagnose.recipes.graph import one_line, through
from diagnose.recipes.layers import copied
from diagnose.recipes.roles import END, Wiring, graph_of, hidden, nodes, outputs, tail
from diagnose.recipes.training import fit

Layer = Any
States = list[tuple[Layer, bool]]
SLOWER = 0.1  # of the learning rate, to fine-tune weights that are good already


def layer_by_layer(model: Any, recipe: Recipe, epochs: int) -> Any:
    """Train the first hidden layer under an output of its own, then the next on top of it, ...; then nothing is frozen.

    Raises CannotEdit for a model in which that has no meaning.
    """
    wiring, calls = Wiring(model), _calls(model)
    head, states = _head(model, wiring), _states(model)
    done: list[Layer] = []
    for layer in hidden(model):
        last = [layer, *wiring.block(layer)][-1]
        if any(len(calls.get(id(one), ())) != 1 for one in (layer, last)):
            raise CannotEdit(
                f"the layer {layer.name} stands in a nested model or is called several times: no plain stack"
            )
        stage = _stage(model, calls[id(last)][0].outputs[0], head)
        for one in done:
            one.trainable = False
        _trained(recompile(stage, like=model), recipe, epochs)
        done = [one for one in stage.layers if not any(one is mine for mine in head)]
        head = [copied(one, {}) for one in head]
    _restore(states)
    return recompile(model)


def _calls(model: Any) -> dict[int, list[Any]]:
    if graph_of(model) is None:
        raise CannotEdit(f"{type(model).__name__} is a subclass whose order of layers can't be traced")
    found: dict[int, list[Any]] = {}
    for node in nodes(model):
        found.setdefault(id(node.operation), []).append(node)
    return found


def _head(model: Any, wiring: Wiring) -> list[Layer]:
    """A new output layer like the model's own, with the activation and the like behind it, under the same names."""
    ends = outputs(model)
    if len(ends) != 1 or len(graph_of(model).outputs) != 1 or len(hidden(model)) < 2:
        raise CannotEdit(
            "layers can be trained one by one in a plain stack of two hidden layers or more, with one output"
        )
    chain = [ends[0]]
    while (following := wiring.behind(chain[-1])) != [END]:
        if len(following) != 1 or id(following[0]) not in tail(model):
            raise CannotEdit(f"what stands behind the output layer {ends[0].name} is no plain stack")
        chain.append(following[0])
    return [copied(one, {}) for one in chain]


def _stage(model: Any, features: Any, head: list[Layer]) -> Any:
    graph = graph_of(model)
    wanted = graph.outputs[0].shape
    if len(features.shape) > len(wanted):
        features = keras.layers.Flatten(name="stage_flatten")(features)
    given = through(head, features)
    if tuple(given.shape) != tuple(wanted):
        raise CannotEdit("an output in the model's shape can't be made of each hidden layer alone")
    return keras.Model(graph.input, given)


def _trained(model: Any, recipe: Recipe, epochs: int) -> Any:
    """The model fitted on the recipe's rows, without the callbacks that belong to the training itself."""
    arguments = {name: value for name, value in recipe.arguments.items() if name not in ("callbacks", "initial_epoch")}
    fit(model, replace(recipe, callbacks=(), arguments=arguments), epochs=epochs)
    return model


def _states(model: Any) -> States:
    return [(one, one.trainable) for one in model._flatten_layers(include_self=False)]


def _restore(states: States) -> None:
    for layer, trainable in states:  # outer ones come first: setting one sets those inside, too
        layer.trainable = trainable


def transferred(model: Any, recipe: Recipe, *, tuned: bool) -> Any:
    """The hidden layers that fit with the weights of the saved model, frozen.

    tuned: then the head is trained for as long as the training lasts, and all of it is ready to be trained at a tenth of
    the rate. Raises CannotEdit.
    """
    if recipe.pretrained is None:
        raise CannotEdit("no saved model to start from: name one (pretrained = 'related.keras')")
    states, last = _states(model), tail(model)
    heads = {id(one) for layer in last.values() for one in layer._flatten_layers()}
    own = [one for one in weighted(model) if id(one) not in heads]
    pairs = matched(own, weighted(loaded(recipe.pretrained)))
    if not pairs:
        first = f"{own[0].name} ({type(own[0]).__name__})" if own else "none"
        raise CannotEdit(
            f"no layer of {recipe.pretrained} has the type and shapes of one here; the first here: {first}"
        )
    for mine, its in pairs:
        for variable, value in zip(mine.weights, its.weights, strict=True):
            variable.assign(value)
        mine.trainable = False
    recompile(model)
    if not tuned:
        return model
    _trained(model, recipe, recipe.epochs)
    _restore(states)
    return recompile(model, optimizer=slower)


def slower(optimizer: Any) -> Any:
    """At a tenth of its rate; a schedule stays what it is."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    rate = inner.get_config().get("learning_rate")
    return adjusted(optimizer, learning_rate=SLOWER * rate) if isinstance(rate, (int, float)) else optimizer


def loaded(path: str) -> Any:
    """The saved model. Raises CannotEdit, with Keras's reason."""
    if not Path(path).exists():
        raise CannotEdit(f"{path}: expected a saved model to start from, found no file")
    try:
        return keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise CannotEdit(f"{path}: can't be loaded as a Keras model: {one_line(error)}") from error


def weighted(model: Any) -> list[Layer]:
    """Its innermost layers with weights, in order; those that are adapted to data are left out."""
    found = [part.keras for part in parts(model)]
    return [one for one in found if one.weights and not hasattr(one, "adapt")]


def matched(mine: list[Layer], its: list[Layer]) -> list[tuple[Layer, Layer]]:
    """Pairs of one type and shape: by the names that somebody gave, else in order from the first on."""
    named = {one.name: one for one in its if not is_automatic(one)}
    found = [(one, named[one.name]) for one in mine if one.name in named and _alike(one, named[one.name])]
    if found:
        return found
    for pair in zip(mine, its, strict=False):
        if not _alike(*pair):
            break
        found.append(pair)
    return found


def is_automatic(layer: Layer) -> bool:
    """Whether its name is the one that Keras gives: dense_3."""
    rest: str = layer.name.replace("_", "").removeprefix(type(layer).__name__.lower())
    return rest == "" or rest.isdigit()


def _alike(one: Layer, other: Layer) -> bool:
    return bool(type(one) is type(other) and shapes(one.weights) == shapes(other.weights))


def shapes(weights: Iterable[Any]) -> list[tuple[int, ...]]:
    """Of each."""
    return [tuple(one.shape) for one in weights]
