"""From a recipe to a trained predictor: one model fitted once, or several members that predict together."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from diagnose.recipes import Recipe
from diagnose.recipes.data import Tree

ROWS = 4096  # a batch of predictions: large enough to be quick, small enough to fit
# Callbacks of the user's that write to the user's files: no trial may overwrite what a training of his has left.
WRITERS = ("ModelCheckpoint", "CSVLogger", "BackupAndRestore", "TensorBoard", "SwapEMAWeights")


@dataclass(frozen=True)
class Combination:
    """``[prediction of each member] -> prediction``, and how it is written down for the one who uses it.

    settings  JSON that ``code`` finds in ``SETTINGS``
    code      the last lines of a function in which ``each`` is the list of the members' predictions: ``return ...``
    """

    function: Callable[[list[Tree]], Tree]
    settings: dict[str, Any]
    code: str


@dataclass
class Trained:
    """What predicts: one model, or members and how their predictions are combined.

    members    Keras models
    histories  of each fit: {"loss": [...], "val_loss": [...]}
    weights    of the members in the mean, None: all alike
    combine    how the members' predictions become one, where a weighted mean is not it (stacking)
    """

    members: Sequence[Any]
    histories: Sequence[dict[str, list[float]]]
    weights: Sequence[float] | None = None
    combine: Combination | None = None
    notes: tuple[str, ...] = field(default=())

    def predict(self, x: Tree) -> Tree:
        """Predictions in inference mode, a tree of arrays of one row an example."""
        return self.combined([predict(member, x) for member in self.members])

    def combined(self, each: list[Tree]) -> Tree:
        """One prediction of the members' predictions."""
        if self.combine is not None:
            return self.combine.function(each)
        if len(each) == 1:
            return each[0]
        return keras.tree.map_structure(lambda *ones: np.average(ones, axis=0, weights=self.weights), *each)


def predict(model: Any, x: Tree) -> Tree:
    """The model's predictions as arrays."""
    return keras.tree.map_structure(np.asarray, model.predict(x, batch_size=ROWS, verbose=0))


def train(recipe: Recipe, seed: int) -> Trained:
    """The recipe carried out from this seed."""
    keras.utils.set_random_seed(seed)
    if recipe.train is not None:
        return recipe.train(recipe, seed)
    return train_once(recipe, seed)


def train_once(recipe: Recipe, seed: int) -> Trained:
    """One model, built and fitted once."""
    keras.utils.set_random_seed(seed)
    model = recipe.build()
    history = fit(model, recipe)
    return Trained([finished(model, recipe)], [history])


def member_seed(seed: int, member: int) -> int:
    """The seed of a member: the first one's is the trial's own; no two trials share another."""
    return seed if member == 0 else 1_000_003 * (seed + 1) + member


def together(each: Iterable[Trained], weights: Sequence[float] | None = None) -> Trained:
    """Several trainings as one predictor, the mean of all members."""
    ones = list(each)
    return Trained(
        [member for one in ones for member in one.members],
        [history for one in ones for history in one.histories],
        weights,
    )


def finished(model: Any, recipe: Recipe) -> Any:
    """The model that predicts, after the recipe's last steps."""
    for step in recipe.finish:
        model = step(model)
    return model


def fit(model: Any, recipe: Recipe, **changes: Any) -> dict[str, list[float]]:
    """Fit the model as the recipe says, with other arguments where given; the history as lists.

    callbacks=[...] among the changes come behind the recipe's own.
    """
    recipe = replace(recipe, arguments={**recipe.arguments, **{k: v for k, v in changes.items() if k != "callbacks"}})
    given = dict(recipe.arguments)
    own = [one for one in keras.tree.flatten(given.pop("callbacks", None) or []) if type(one).__name__ not in WRITERS]
    made = [make(recipe) for make in recipe.callbacks]
    given.setdefault("verbose", 0)
    if recipe.data.train.stream is None:
        given["batch_size"] = recipe.batch_size
        given |= {"x": recipe.data.train.x, "y": recipe.data.train.y, "sample_weight": recipe.data.train.weight}
    else:
        given.pop("batch_size", None)
        given["x"] = recipe.data.train.stream
        if not isinstance(given["x"], keras.utils.PyDataset):
            given["shuffle"] = False  # of any other stream Keras only warns that it can't
    held = recipe.data.validation
    given["validation_data"] = (held.x, held.y) if held.weight is None else (held.x, held.y, held.weight)
    run = model.fit(callbacks=[*own, *made, *changes.get("callbacks", ())], **given)
    return {name: [float(np.mean(value)) for value in values] for name, values in run.history.items()}


def fit_names() -> set[str]:
    """The names of the arguments that ``fit`` takes."""
    return set(inspect.signature(keras.Model.fit).parameters) - {"self", "x", "y"}


PREDICT = '''\
"""Predicts with all members: ``from predict import predict; predict(x)``."""

import json
from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).parent
SETTINGS = json.loads((HERE / "members.json").read_text())
MEMBERS = [keras.saving.load_model(HERE / name) for name in SETTINGS["members"]]


def predict(x):
    """The members' predictions, combined."""
    each = [member.predict(x, verbose=0) for member in MEMBERS]
    {body}
'''
MEAN = 'return np.average(each, axis=0, weights=SETTINGS["weights"])'


def save(trained: Trained, folder: Path, name: str = "winner") -> Path:
    """Write what predicts below the folder: ``name.keras``, or a folder ``name`` with the members and a predict.py."""
    folder.mkdir(parents=True, exist_ok=True)
    if len(trained.members) == 1 and trained.combine is None:
        path = folder / f"{name}.keras"
        trained.members[0].save(path)
        return path
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    names = [f"member_{at}.keras" for at in range(1, len(trained.members) + 1)]
    for member, file in zip(trained.members, names, strict=True):
        member.save(path / file)
    weights = None if trained.weights is None else [float(one) for one in trained.weights]
    settings = {"members": names, "weights": weights, **(trained.combine.settings if trained.combine else {})}
    (path / "members.json").write_text(json.dumps(settings, indent=2) + "\n")
    body = trained.combine.code if trained.combine else MEAN
    (path / "predict.py").write_text(PREDICT.replace("{body}", body.replace("\n", "\n    ")))
    return path
