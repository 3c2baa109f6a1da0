"""The layer that makes a model's output, and the loss behind it: another activation, one unit a class, another loss."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from diagnose.inspection.configuration import ends, heads
from diagnose.inspection.parts import FUNCTIONS, activation
from diagnose.recipes import CannotEdit, Recipe, layers, roles
from diagnose.recipes.compiled import arguments
from diagnose.recipes.graph import Edit, put_anew

EFFICIENT = 1.345  # deviations: from there on Huber's loss is linear, 95% as efficient as the mean on normal errors
NORMAL = 1.4826  # the deviation of normal numbers is so many times their median distance from the median


def end(model: Any) -> Any:
    """The layer that makes the one output. Raises CannotEdit for several outputs."""
    found = ends(model)
    if len(found) != 1:
        raise CannotEdit(f"the model has {len(found)} outputs, and this edit is for one")
    return found[0]


def exchanged(model: Any, function: str, units: int | None = None) -> Any:
    """The model with another activation at its output, and another number of units where one is given.

    All weights that still fit are kept. Raises CannotEdit where the output is not made by a layer with an activation.
    """
    last = end(model)
    change = {"activation": function} if units is None else {"activation": function, "units": units}
    if type(last).__name__ in FUNCTIONS and units is None:
        edited = put_anew(model, Edit(replace={id(last): _function(last, function)}))
    else:
        edited = layers.reconfigured(model, [last], lambda one: change)
    made = end(edited)
    if activation(made) != function or units not in (None, getattr(made, "units", None)):
        raise CannotEdit(
            f"the output's layer {last.name} stands inside another layer: give it activation={function!r} by hand"
        )
    return edited


def _function(layer: Any, function: str) -> Any:
    return keras.layers.Activation(function, name=layer.name)


def cooled(model: Any, temperature: float) -> Any:
    """The model's logits divided by a temperature, in the weights of its last layer: no layer is added.

    Raises CannotEdit where the output isn't made by a Dense or a convolution, alone or under an activation layer.
    """
    last = end(model)
    if getattr(last, "kernel", None) is None:
        found = roles.outputs(model)
        straight = len(found) == 1 and type(last).__name__ in ("Activation", "Softmax")
        last = found[0] if straight and activation(found[0]) == "linear" else None
    if last is None or type(last).__name__ not in ("Dense", "Conv1D", "Conv2D"):
        raise CannotEdit("the output is not a Dense layer's: divide the logits by the temperature by hand")
    last.kernel.assign(last.kernel / temperature)
    if last.use_bias:
        last.bias.assign(last.bias / temperature)
    return model


def agreed(recipe: Recipe, activation: str | None, loss: str | None, units: int | None, from_logits: bool) -> Recipe:
    """The recipe with another output and another loss. Raises CannotEdit where the score could not be taken any more."""
    model = recipe.build()
    if units is not None:
        _scored(model)
        exchanged(model, activation or "softmax", units)
    if activation is not None:
        recipe = recipe.remodelled(lambda one: exchanged(one, activation, units))
    if loss == "huber":
        made = keras.losses.Huber(delta=_bend(recipe.data.train.targets))
        return recipe.recompiled(loss=lambda _: made)
    if loss is not None:
        return recipe.recompiled(loss=lambda _: loss)
    if not from_logits:
        config = {**model.loss.get_config(), "from_logits": False}
        return recipe.recompiled(loss=lambda old: type(old).from_config(config))
    return recipe


def _bend(targets: Any) -> float:
    """Where Huber's loss turns linear, by the spread of the targets themselves: errors are hardly wider."""
    y = np.asarray(targets, "float64")
    spread = NORMAL * float(np.median(np.abs(y - np.median(y, axis=0)))) or float(y.std()) or 1.0
    return float(f"{EFFICIENT * spread:.3g}")


def _scored(model: Any) -> None:
    """More units can be scored by an accuracy only that Keras chooses by their number."""
    given = [
        one for name in ("metrics", "weighted_metrics") for one in keras.tree.flatten(arguments(model)[name] or [])
    ]
    if not given or any(one not in ("accuracy", "acc") for one in given):
        kind = heads(model)[0].loss
        raise CannotEdit(f'one unit a class can\'t be scored by {kind}: compile with metrics=["accuracy"] to try it')
