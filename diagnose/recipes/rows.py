"""The order of the rows and how many make a step, for arrays and for the streams that users made."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from diagnose.recipes import CannotEdit, Recipe
from diagnose.recipes.data import HELD_OUT, Data, Part, split_rows
from diagnose.recipes.mixing import Mixed

COLLECTED = "the dataset's rows were read once into memory; what it draws anew in every epoch is not drawn any more"


def free(model: Any, what: str) -> None:
    """Raises CannotEdit where the model needs its rows in their order or in batches of one size; ``what`` is barred."""
    if any(getattr(layer, "stateful", False) for layer in model._flatten_layers()):
        raise CannotEdit(f"a stateful layer carries its state from batch to batch, which {what} would break")
    fixed = [one.shape[0] for one in getattr(model, "inputs", None) or () if one.shape[0] is not None]
    if fixed:
        raise CannotEdit(f"the model's input is made for batches of {fixed[0]} rows: {what} needs Input(shape)")


def rebatched(recipe: Recipe, size: int) -> Recipe:
    """Steps of so many rows; an epoch keeps its number of rows. A tf.data stream stays one."""
    steps = recipe.arguments.get("steps_per_epoch")
    more = {} if steps is None else {"steps_per_epoch": max(1, round(steps * recipe.batch_size / size))}
    train = recipe.data.train
    if train.stream is None:
        return recipe.fitted(batch_size=size, **more)
    if hasattr(train.stream, "rebatch"):
        return recipe.on(lambda data: data.only(_streamed(train, train.stream.rebatch(size), size))).fitted(**more)
    return collected(recipe, size).fitted(**more)


def shuffled(recipe: Recipe) -> Recipe:
    """A new random order of all rows in every epoch. A tf.data stream stays one."""
    train, size = recipe.data.train, recipe.batch_size
    if train.stream is None:
        return recipe.fitted(shuffle=True)
    if hasattr(train.stream, "unbatch"):
        stream = train.stream.unbatch().shuffle(train.rows).batch(size)
        return recipe.on(lambda data: data.only(_streamed(train, stream, size)))
    return collected(recipe, size).fitted(shuffle=True)


def collected(recipe: Recipe, size: int) -> Recipe:
    """The stream's rows as arrays, in steps of so many rows; an epoch is all of them. Arrays are left as they are."""
    if recipe.data.train.stream is None:
        return recipe
    if isinstance(recipe.data.train.stream, Mixed):
        raise CannotEdit("the rows are mixed anew in every epoch: change them before they are mixed")
    train = replace(recipe.data.train, stream=None, batch_size=size)
    once = {name: value for name, value in recipe.arguments.items() if name != "steps_per_epoch"}
    return replace(recipe, arguments=once).on(lambda data: data.only(train)).noted(f"{COLLECTED}.")


def checksum(data: Data) -> str:
    """What tells these rows from others, in whatever order they come; of streams those of the first pass."""
    return " ".join(f"{_checksum(part):08x}" for part in (data.train, data.validation, data.test))


def _checksum(part: Part) -> int:
    each = [np.ascontiguousarray(one) for one in keras.tree.flatten((part.x, part.y))]
    if any(one.dtype.hasobject for one in each):
        each = [np.array([repr(row) for row in one.tolist()]) for one in each]
    found = 0
    for rows in zip(*(one.reshape(len(one), -1) for one in each), strict=True):
        row = 0
        for values in rows:
            row = zlib.crc32(values.tobytes(), row)
        found = (found + row) % 2**32
    return found


def resplit(recipe: Recipe, share: float | None, folds: int | None) -> Recipe:
    """Training and validation rows drawn anew, by class: a share for validation, or the fold that the trial's seed picks.

    Seeds 0 to k - 1 are the k folds of one partition, the next k those of another.
    """
    one = collected(recipe, recipe.batch_size)
    pool, labels = one.data.pool, one.data.labels()
    if folds is not None:
        fold = _folds(pool.rows, folds, recipe.seed // folds, labels)
        held = np.flatnonzero(fold == recipe.seed % folds)
        kept = np.flatnonzero(fold != recipe.seed % folds)
    else:
        kept, held = split_rows(pool, share or HELD_OUT, recipe.seed, labels)
    told = (
        f"trained on {len(kept)} and chosen by {len(held)} of all {pool.rows} training and validation rows drawn anew"
    )
    return one.on(lambda data: data.redrawn(pool.take(kept), pool.take(held))).noted(
        f"{told}: its scores while it races are of other rows than the others'."
    )


def _folds(rows: int, folds: int, seed: int, labels: Any) -> Any:
    """The fold of each row, 0 to folds - 1; every fold gets its share of every class. Raises CannotEdit."""
    if rows < 2 * folds:
        raise CannotEdit(f"{rows} rows are too few for {folds} folds")
    order = np.random.default_rng(seed).permutation(rows)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(rows, int)
    fold[order] = np.arange(rows) % folds
    return fold


def without_gaps(recipe: Recipe) -> Recipe:
    """Without the training and validation rows that hold NaN or Inf. Raises CannotEdit where there are none, or only such."""
    parts = (recipe.data.train, recipe.data.validation)
    kept = [finite(part) for part in parts]
    lost = sum(int((~one).sum()) for one in kept)
    if not lost:
        raise CannotEdit("every value in the training and validation rows is finite")
    if not all(one.any() for one in kept):
        raise CannotEdit("every training or validation row holds NaN or Inf: fill the gaps")
    one = recipe if kept[0].all() else collected(recipe, recipe.batch_size)
    train, held = (
        part if all_.all() else part.take(all_)
        for part, all_ in zip((one.data.train, parts[1]), kept, strict=True)
    )  # fmt: skip
    return one.on(lambda data: data.only(train, held)).noted(f"{lost} rows with NaN or Inf were left out.")


def finite(part: Part) -> Any:
    """Which rows hold no NaN and no Inf in an input, a target or a weight: a mask."""
    arrays = [one for one in keras.tree.flatten((part.x, part.y, part.weight)) if one is not None]
    kept = np.ones(part.rows, bool)
    for one in arrays:
        if np.asarray(one).dtype.kind == "f":
            kept &= np.isfinite(np.asarray(one).reshape(len(one), -1)).all(axis=1)
    return kept


def _streamed(part: Part, stream: Any, size: int) -> Part:
    """With this tf.data stream; its length is told, or Keras warns that it ran out of data in every fit."""
    if int(part.stream.cardinality()) >= 0:
        from tensorflow.data.experimental import assert_cardinality

        stream = stream.apply(assert_cardinality(-(-part.rows // size)))
    return replace(part, stream=stream, batch_size=size)
