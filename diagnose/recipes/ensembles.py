"""Predictors of one training's course: several of its epochs answer together, or are averaged into one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from diagnose.recipes import CannotEdit, Recipe
from diagnose.recipes.compiled import adjusted
from diagnose.recipes.data import Part
from diagnose.recipes.members import Snapshots, Weights, finite
from diagnose.recipes.training import Trained, finished, fit, started

HELD = 2**29  # bytes of weights that are held beyond those asked for, to find the epoch that a callback went back to

STOPS = ("EarlyStopping", "Prechelt")  # callbacks that end a fit by its validation loss


class Keep(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the weights at the end of every epoch, or of every so many; comes behind all other callbacks.

    last  how many are wanted up to the epoch with whose weights the training ends: that is not the last epoch where
          early stopping goes back to the best
    """

    def __init__(self, last: int, every: int = 1) -> None:
        super().__init__()
        self.last, self.every, self.done = last, every, 0
        self.kept: list[Weights] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep these; forget the oldest beyond what fits."""
        self.done += 1
        if self.done % self.every:
            return
        self.kept.append(self.model.get_weights())
        size = max(1, sum(one.nbytes for one in self.kept[-1]))
        del self.kept[: -max(self.last, HELD // size)]

    def on_train_end(self, logs: Any = None) -> None:
        """Leave out the epochs behind the one that the training went back to."""
        now = self.model.get_weights()
        same = [at for at, one in enumerate(self.kept) if all(map(_equal, one, now))]
        self.kept = self.kept[: same[-1] + 1] if same else self.kept
        self.kept = [one for one in self.kept if finite(one)][-self.last :] or self.kept[-1:]


def _equal(one: Any, other: Any) -> bool:
    return bool(np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f"))


def course(recipe: Recipe, seed: int, keep: Keep, **changes: Any) -> Trained:
    """One training, and the models that were kept on its way as members."""
    keras.utils.set_random_seed(seed)
    model = started(recipe)
    history = fit(model, recipe, callbacks=[keep], **changes)
    kept = keep.kept or [model.get_weights()]

    def build() -> Any:
        another = recipe.build()
        if not another.built:  # a subclass's weights are there once it has seen a row
            another(recipe.data.train.take(slice(1)).x)
        return another

    return Trained(Snapshots(model, kept, build, lambda one: finished(one, recipe)), [history])


def cycled(recipe: Recipe, seed: int, cycles: int, highest: float | None) -> Trained:
    """Cosine-annealed restarts, so many within the epochs of the recipe; members are the models at the troughs.

    highest  rate that every cycle begins with; None: the optimizer's own, or its schedule's highest
    """
    first = int(recipe.arguments.get("initial_epoch", 0))
    cycle = max(1, (recipe.epochs - first) // cycles)
    updates = cycle * steps(recipe)

    def annealed(optimizer: Any) -> Any:
        top = _highest(optimizer, cycles * updates) if highest is None else highest
        return adjusted(
            optimizer,
            learning_rate=keras.optimizers.schedules.CosineDecayRestarts(top, updates, t_mul=1.0, m_mul=1.0, alpha=0.0),
        )

    waved = recipe.recompiled(optimizer=annealed).fitted(epochs=first + cycle * cycles)
    return course(waved, seed, Keep(cycles, every=cycle), without=STOPS)


def _highest(optimizer: Any, updates: int) -> float:
    rate = getattr(optimizer, "inner_optimizer", optimizer).get_config()["learning_rate"]
    if not isinstance(rate, Mapping):
        return float(rate)
    schedule = keras.optimizers.schedules.deserialize(rate)
    return max(float(schedule(int(at))) for at in np.linspace(0, updates, 100))


def one_of_many(recipe: Recipe, seed: int, last: int, momentum: float | None) -> Trained:
    """One model with averaged weights: over the last epochs, or over the updates by a moving average.

    With a moving average validation, and so early stopping, sees the averaged weights.
    """
    keras.utils.set_random_seed(seed)
    keep, before = Keep(last), []
    if momentum is not None:
        recipe = recipe.recompiled(optimizer=lambda old: adjusted(old, use_ema=True, ema_momentum=momentum))
        before = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]
    model = started(recipe)
    history = fit(model, recipe, before=before, callbacks=[keep], without=("SwapEMAWeights",) if before else ())
    if keep.kept:
        model.set_weights(averaged(keep.kept))
    remeasure(model, recipe.data.train, recipe.batch_size, seed)
    return Trained([finished(model, recipe)], [history])


def alone(recipe: Recipe) -> Recipe:
    """The recipe, if it is one training and not an ensemble or in stages. Raises CannotEdit otherwise."""
    if recipe.train is not None:
        raise CannotEdit("the model is trained in stages or as an ensemble already, and this edit is for one training")
    return recipe


def steps(recipe: Recipe) -> int:
    """Updates an epoch."""
    asked = recipe.arguments.get("steps_per_epoch")
    return int(asked) if asked else -(-recipe.data.train.rows // recipe.batch_size)


def averaged(kept: Sequence[Weights]) -> Weights:
    """The mean of several states of a model; what isn't a real number (a count, an index) is the last one's."""
    return [
        np.mean(ones, axis=0, dtype="float64").astype(ones[-1].dtype) if ones[-1].dtype.kind == "f" else ones[-1]
        for ones in zip(*kept, strict=True)
    ]


def remeasure(model: Any, part: Part, batch_size: int, seed: int) -> None:
    """Batch normalization's means and variances measured anew, in one pass over shuffled rows (Izmailov et al.).

    They belong to the weights under which they were measured, and the mean of several epochs' is none of any model.
    """
    layers = [
        layer
        for layer in model._flatten_layers(include_self=False)
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    if not layers:
        return
    momenta, order = [layer.momentum for layer in layers], np.random.default_rng(seed).permutation(part.rows)
    whole = max(1, part.rows // batch_size)
    for at in range(whole):  # the last rows that fill no batch are left out: their statistics are noise
        for layer in layers:
            layer.momentum = at / (at + 1)  # so that all batches weigh alike
        rows = order[at * batch_size : (at + 1) * batch_size]
        model(keras.tree.map_structure(lambda one, rows=rows: one[rows], part.x), training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
