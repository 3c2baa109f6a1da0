"""Writing down what predicts: one Keras model wherever it can be one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from diagnose.recipes import combining
from diagnose.recipes.compiled import recompile
from diagnose.recipes.members import apart

if TYPE_CHECKING:
    from diagnose.recipes.training import Trained

PREDICT = '''\
"""Predicts with all members: ``from predict import predict; predict(x)``.

Layers and models of your own are found if their module is imported before, or named here.
"""

import json
from pathlib import Path

import keras

from combining import combined

OWN = {}  # {"MyLayer": MyLayer}
HERE = Path(__file__).parent
SETTINGS = json.loads((HERE / "members.json").read_text())
MEMBERS = [
    keras.saving.load_model(HERE / name, custom_objects=OWN, compile=False) for name in SETTINGS["members"]
]


def predict(x):
    """The members' predictions, combined."""
    each = [member.predict(x, verbose=0) for member in MEMBERS]
    return keras.tree.map_structure(keras.ops.convert_to_numpy, combined(each, SETTINGS["combination"]))
'''


def save(trained: Trained, folder: Path, name: str = "winner") -> Path:
    """Write what predicts below the folder.

    ``name.keras`` where the members can be one Keras model; else a folder ``name`` with the members and a predict.py.
    """
    folder.mkdir(parents=True, exist_ok=True)
    members, path = apart(trained.members), folder / f"{name}.keras"
    if len(members) == 1 and trained.combine is None:
        _ready(members[0]).save(path)
        return path
    whole = joined(members, trained.combination())
    if whole is not None:
        whole.save(path)
        return path
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    names = [f"member_{at}.keras" for at in range(1, len(members) + 1)]
    for member, file in zip(members, names, strict=True):
        member.save(path / file)
    settings = {"members": names, "combination": trained.combination()}
    (path / "members.json").write_text(json.dumps(settings, indent=2) + "\n")
    (path / "predict.py").write_text(PREDICT)
    shutil.copyfile(combining.__file__, path / "combining.py")
    return path


def joined(members: list[Any], combination: Any) -> Any | None:
    """One Keras model that predicts what the members predict together, compiled as they are; None if it can't be.

    The members stand in it as models member_1, member_2...; a subclass's inputs are known to its own code alone.
    """
    if not all(_plain(member) for member in members):
        return None
    first = members[0]
    inputs = keras.tree.map_structure(
        lambda one: keras.Input(batch_shape=one.shape, dtype=one.dtype, name=one.name), _ends(first)[0]
    )
    each = [keras.Model(*_ends(member), name=f"member_{at}")(inputs) for at, member in enumerate(members, 1)]
    names = iter(getattr(first, "output_names", None) or [None])
    outputs = keras.tree.map_structure(
        lambda one: keras.layers.Identity(name=next(names), dtype=one.dtype)(one), combining.combined(each, combination)
    )
    whole = keras.Model(inputs, outputs)
    if not getattr(first, "compiled", False):
        return whole
    # nobody trains an ensemble on, and what an optimizer holds would be two or three times the weights: SGD holds nothing
    return recompile(whole, like=first, optimizer=keras.optimizers.SGD())


def _ready(model: Any) -> Any:
    """A new optimizer is built: without what it holds, loading the file would warn."""
    if getattr(model, "compiled", False) and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return model


def _plain(member: Any) -> bool:
    """Sequential or functional, and called as those are: what its graph says is what it does."""
    return bool(getattr(member, "inputs", None)) and type(member).call.__module__.startswith("keras.")


def _ends(member: Any) -> tuple[Any, Any]:
    """Its inputs and outputs as they are nested; a Sequential model, never called, has but the flat ones."""
    if isinstance(member, keras.Sequential):
        return member.inputs[0], member.outputs[0]
    return member.input, member.output
