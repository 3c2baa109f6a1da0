"""More of the training rows than there are: pictures changed at random, vectors mixed with one another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras

from diagnose.recipes import CannotEdit, Recipe, layers
from diagnose.recipes.compiled import recompile
from diagnose.recipes.mixing import Mixed
from diagnose.recipes.rows import collected


def varied(recipe: Recipe, shift: float, turn: float, mirror: bool) -> Recipe:
    """Random layers behind the input: a share of the height and width to shift by, of a full circle to turn by.

    They change pictures in training alone. Raises CannotEdit.
    """
    if len(recipe.data.train.array.shape) != 4:
        raise CannotEdit("only pictures can be shifted and turned: inputs of height, width and channels")

    def edit(model: Any) -> Any:
        if layers.editable(model):
            return layers.preceded(model, lambda name: _random("input_varied", shift, turn, mirror))
        if type(model).train_step is not keras.Model.train_step:
            raise CannotEdit(f"{type(model).__name__} has its own train_step: put the random layers into its call")
        entry = keras.Input(recipe.data.train.array.shape[1:])
        return recompile(keras.Sequential([entry, _random("input_varied", shift, turn, mirror), model]), like=model)

    return recipe.remodelled(edit)


def _random(name: str, shift: float, turn: float, mirror: bool) -> Any:
    made = [keras.layers.RandomTranslation(shift, shift)] if shift else []
    made += [keras.layers.RandomRotation(turn)] if turn else []
    made += [keras.layers.RandomFlip("horizontal")] if mirror else []
    return keras.Sequential(made, name=name)


def mixed(recipe: Recipe, alpha: float) -> Recipe:
    """Points between two training rows in place of the rows, as many a step and an epoch as before."""
    one = collected(recipe, recipe.batch_size)
    given = dict(one.arguments)
    stream = Mixed(one.data.train, alpha, one.batch_size, one.seed, given.pop("class_weight", None))
    given.pop("steps_per_epoch", None)
    return replace(one, arguments=given).on(
        lambda data: data.only(replace(data.train, stream=stream, batch_size=one.batch_size))
    )
