"""From a recipe to a trained predictor: one model fitted once, or several members that predict together."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from diagnose.recipes import CannotEdit, Recipe
from diagnose.recipes.combining import combined
from diagnose.recipes.compiled import recompile
from diagnose.recipes.data import Tree
from diagnose.recipes.members import apart, finite, mean, nothing_shared
from diagnose.recipes.saving import save as save

ROWS = 4096  # rows of a batch of predictions at most: large enough to be quick
BYTES = 2**26  # of inputs in a batch of predictions: small enough to fit
# Callbacks of the user's that write to the user's files: no trial may overwrite what a training of his has left.
WRITERS = ("ModelCheckpoint", "CSVLogger", "BackupAndRestore", "TensorBoard")


@dataclass
class Trained:
    """What predicts: one model, or members and how their predictions are combined.

    members    Keras models; from Snapshots one is valid until the next one is taken
    histories  of each fit: {"loss": [...], "val_loss": [...]}
    combine    how the members' predictions become one (``combining.py``); None: their mean
    crossed    predictions of the rows that settings are chosen by (``Data.choice``), where the combination was fitted
               on those rows: each row's comes from a combination that was fitted without it
    """

    members: Sequence[Any]
    histories: Sequence[dict[str, list[float]]]
    combine: Mapping[str, Any] | None = None
    crossed: Tree | None = None
    notes: tuple[str, ...] = field(default=())

    def predict(self, x: Tree) -> Tree:
        """Predictions in inference mode, a tree of arrays of one row an example."""
        return self.combined(self.each(x))

    def each(self, x: Tree) -> list[Tree]:
        """Every member's predictions."""
        return [predict(member, x) for member in self.members]

    def combined(self, each: list[Tree]) -> Tree:
        """One prediction of the members' predictions."""
        if len(each) == 1 and self.combine is None:
            return each[0]
        return keras.tree.map_structure(keras.ops.convert_to_numpy, combined(each, self.combination()))

    def combination(self) -> Mapping[str, Any]:
        """How the members' predictions become one."""
        return mean(self.members[0], len(self.members)) if self.combine is None else self.combine


def predict(model: Any, x: Tree) -> Tree:
    """The model's predictions as arrays."""
    flat = keras.tree.flatten(x)
    row = sum(one.nbytes for one in flat) // max(1, len(flat[0]))
    rows = max(1, min(ROWS, BYTES // max(1, row)))
    return keras.tree.map_structure(np.asarray, model.predict(x, batch_size=rows, verbose=0))


def train(recipe: Recipe, seed: int) -> Trained:
    """The recipe carried out from this seed."""
    keras.utils.set_random_seed(seed)
    return way(recipe)(recipe, seed)


def way(recipe: Recipe) -> Callable[[Recipe, int], Trained]:
    """How the recipe is trained: what an ensemble repeats for each of its members."""
    return recipe.train or train_once


def train_once(recipe: Recipe, seed: int) -> Trained:
    """One model, built and fitted once."""
    keras.utils.set_random_seed(seed)
    model = started(recipe)
    keras.utils.set_random_seed(seed)  # a build_model that sets a seed of its own must not make all runs the same one
    history = fit(model, recipe)
    return Trained([finished(model, recipe)], [history])


def started(recipe: Recipe) -> Any:
    """The model that is fitted: built, and led through the stages that come before."""
    model = recipe.build()
    for stage in recipe.before:
        model = stage(model, recipe)
    return model


def member_seed(seed: int, member: int) -> int:
    """The seed of a member: the first one's is the trial's own; the others' are drawn from it, 32 bits each."""
    return seed if member == 0 else int(np.random.SeedSequence([seed, member]).generate_state(1)[0])


def together(each: Iterable[Trained]) -> Trained:
    """Several trainings as one predictor, the mean of all members; those that diverged are left out.

    Of each model only what predicts is held. Raises CannotEdit for members that share what they train.
    """
    members: list[Any] = []
    histories: list[dict[str, list[float]]] = []
    for one in each:
        if one.combine is not None:
            raise CannotEdit("the training is an ensemble already whose members are combined in a way of its own")
        members += [_without_state(member) for member in apart(one.members)]
        histories += one.histories
        nothing_shared(members)
    sound = [member for member in members if finite(member.get_weights())] or members
    lost = len(members) - len(sound)
    notes = (f"{lost} of {len(members)} members diverged and were left out.",) if lost else ()
    return Trained(sound, histories, notes=notes)


def _without_state(member: Any) -> Any:
    """The model with a new optimizer: what the old one held is two or three times the weights."""
    return recompile(member) if getattr(member, "compiled", False) else member


def finished(model: Any, recipe: Recipe) -> Any:
    """The model that predicts, after the recipe's last steps."""
    for step in recipe.finish:
        model = step(model)
    return model


def fit(
    model: Any,
    recipe: Recipe,
    *,
    before: Sequence[Any] = (),
    callbacks: Sequence[Any] = (),
    without: Sequence[str] = (),
    **changes: Any,
) -> dict[str, list[float]]:
    """Fit the model as the recipe says, with other arguments where given; the history as lists.

    before, callbacks  further ones, called before and behind all others
    without            classes of callbacks that are left out, of the user's and the recipe's
    """
    recipe = replace(recipe, arguments={**recipe.arguments, **changes})
    given, part, held = dict(recipe.arguments), recipe.data.train, recipe.data.validation
    own = [_own(one) for one in keras.tree.flatten(given.pop("callbacks", None) or ())]
    made = [one for make in recipe.callbacks if (one := make(recipe)) is not None]
    kept = _left([*own, *made], (*WRITERS, *_unfit(model), *without))
    given["verbose"] = 0
    if part.stream is None:
        given |= {"x": part.x, "y": part.y, "sample_weight": part.weight, "batch_size": recipe.batch_size}
    else:
        given.pop("batch_size", None)
        given["x"] = part.stream
        if not isinstance(part.stream, keras.utils.PyDataset):  # Keras can't shuffle any other, and warns
            given["shuffle"] = False
    given["validation_data"] = (held.x, held.y) if held.weight is None else (held.x, held.y, held.weight)
    run = model.fit(callbacks=[*before, *kept, *callbacks], **given)
    return {name: [float(np.mean(value)) for value in values] for name, values in run.history.items()}


def _unfit(model: Any) -> list[str]:
    """Callbacks that fail with this optimizer, which an edit may have put in the place of the user's."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    config = optimizer.get_config()
    scheduled = isinstance(config.get("learning_rate"), Mapping)
    out = ["ReduceLROnPlateau", "LearningRateScheduler"] if scheduled else []
    return out if config.get("use_ema") else [*out, "SwapEMAWeights"]


def _left(callbacks: Sequence[Any], out: Sequence[str]) -> list[Any]:
    """Without those of a class of these names, or of a class made from one."""
    return [one for one in callbacks if not {base.__name__ for base in type(one).__mro__} & set(out)]


def _own(callback: Any) -> Any:
    """A copy for this one fit, so that nothing which a callback remembers passes from member to member."""
    try:
        return copy.deepcopy(callback)
    except Exception:  # noqa: BLE001  a callback may hold anything: a lock, a file, a connection
        return callback


def unknown(model: Any, arguments: Iterable[str]) -> list[str]:
    """Those of the arguments that the model's ``fit`` doesn't take."""
    takes = inspect.signature(model.fit).parameters
    if any(one.kind is one.VAR_KEYWORD for one in takes.values()):
        return []
    return [name for name in arguments if name not in takes]
