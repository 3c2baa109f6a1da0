"""Changing the layers of a Keras model: others in their place, further ones between them.

Everything that is not meant to change stays: names, settings, what is frozen, how the model was compiled, and every
weight that still fits. Sequential and functional models, nested in one another or not, are put together anew
(``graph.py``), and so is a subclassed one that can be traced; of another only settings can change (``settings.py``).
Which layer plays which part is told by ``roles.py``.
"""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from diagnose.recipes import CannotEdit
from diagnose.recipes.compiled import recompile
from diagnose.recipes.graph import Edit, editable, one_line, put_anew, rebuildable
from diagnose.recipes.roles import Wiring, entrances, graph_of, hidden, outputs, unwrapped, walk

__all__ = [
    "copied", "dropout", "editable", "entered", "followed", "hidden", "inserted", "like", "outputs", "preceded",
    "rebuilt", "reconfigured", "resized", "written",
]  # fmt: skip

Layer = Any
Config = dict[str, Any]
SCALING = "Normalization Rescaling Resizing CenterCrop Pad2D ZeroPadding2D Pipeline Reshape Flatten".split()
INDEXED = "Embedding StringLookup IntegerLookup TextVectorization Hashing HashedCrossing CategoryEncoding Discretization".split()


def inserted(
    model: Any,
    layers: Sequence[Layer],
    make: Callable[[Layer], Layer | None],
    *,
    ahead: bool = False,
) -> Any:
    """The model with a new layer behind each of these (and behind their normalization and activation), of their data type.

    make   gives the new layer for an old one, or None
    ahead  in front of them instead
    Raises CannotEdit for a subclassed model.
    """
    if not layers:
        raise CannotEdit("the model has no hidden layer that this could follow")
    wiring, found = Wiring(model), {}
    for layer in layers:
        if (new := make(layer)) is not None:
            place = layer if ahead else [layer, *wiring.block(layer)][-1]
            found[id(place)] = [like(layer, new)]
    return put_anew(model, Edit(ahead=found) if ahead else Edit(behind=found))


def like(layer: Layer, new: Layer) -> Layer:
    """The new layer, with the data types of the old one (mixed precision)."""
    if not new.built:
        new.dtype_policy = layer.dtype_policy
    return new


def preceded(model: Any, make: Callable[[str], Layer | None]) -> Any:
    """The model with a new layer behind each input; ``make`` is given the input's name, "" where it has none."""
    if rebuildable(model):
        return put_anew(model, Edit(first=make))
    front = make("")
    if type(model).train_step is not keras.Model.train_step or front is None:
        raise CannotEdit(f"{type(model).__name__} is a subclass with a train_step of its own: make the change there")
    return recompile(keras.Sequential([front, model], name=model.name), like=model)


def entered(model: Any, make: Callable[[str], Layer]) -> Any:
    """The model with a new layer behind each input of quantities, and behind what scales it. Raises CannotEdit.

    make: gives the new layer; it is told the name of what stands in front of it.
    """
    indexed = CannotEdit("the model's inputs are indices or text, which a number added to them would make others")
    if not rebuildable(model):
        if any(_takes_indices(one) for one in model._flatten_layers(include_self=False)):
            raise indexed
        return preceded(model, make)
    names, behind = entrances(model, SCALING, _takes_indices)
    if not names and not behind:
        raise indexed
    more = {id(one): [make(one.name)] for one in behind}
    return put_anew(model, Edit(behind=more, first=lambda name: make(name) if name in names else None))


def _takes_indices(layer: Layer) -> bool:
    return any(type(one).__name__ in INDEXED for one in layer._flatten_layers())


def dropout(layer: Layer, rate: float, spatial: float) -> Layer:
    """Dropout for what this layer gives: of a convolution whole maps, at a rate of their own."""
    name, inner = f"{layer.name}_dropout", unwrapped(layer)
    rank = next((rank for rank in ("1D", "2D", "3D") if type(inner).__name__.endswith(rank)), None)
    if rank is None or inner is not layer or "Conv" not in type(layer).__name__ or isinstance(layer, keras.layers.RNN):
        return keras.layers.Dropout(rate, name=name)
    more = {} if rank == "1D" else {"data_format": layer.data_format}
    return getattr(keras.layers, f"SpatialDropout{rank}")(spatial, name=name, **more)


def followed(model: Any, layer: Layer) -> Any:
    """The model with a layer behind its one output, compiled as before. Raises CannotEdit for several outputs."""
    if not editable(model):
        return recompile(keras.Sequential([model, layer]), like=model)
    if len(model.outputs) != 1:
        raise CannotEdit(f"the model has {len(model.outputs)} outputs, and this edit is for one")
    whole = keras.Model(model.inputs[0] if len(model.inputs) == 1 else model.inputs, layer(model.outputs[0]))
    return recompile(whole, like=model)


def reconfigured(model: Any, layers: Sequence[Layer], change: Callable[[Layer], Config], *, fresh: bool = False) -> Any:
    """The model with other settings in these layers: ``change`` gives what differs in ``get_config()``.

    fresh: their weights are drawn anew. Raises CannotEdit.
    """
    if not layers:
        raise CannotEdit("the model has no layer that this could change")
    changes = {id(layer): change(layer) for layer in layers}
    return rebuilt(
        model, replace=lambda one: copied(one, changes[id(one)]) if id(one) in changes else None, fresh=fresh
    )


def rebuilt(model: Any, *, replace: Callable[[Layer], Layer | None], fresh: bool = False) -> Any:
    """The model with other layers where ``replace`` gives one; they take the weights that fit, if not fresh."""
    pairs = [(one, new) for one in walk(model) if (new := replace(one)) is not None]
    made = put_anew(model, Edit(replace={id(one): new for one, new in pairs}))
    for one, new in () if fresh else pairs:
        _keep_weights(one, new)
    return made


def resized(model: Any, changes: Mapping[int, Config], edit: Edit | None = None) -> Any:
    """The model with other settings in the layers of these ``id``, on which the shapes of others depend.

    edit: what comes ahead and behind. Weights are kept where all of a layer's still have their shapes. The user's own
    layers, and frozen ones, are copied only where it doesn't work without. Raises CannotEdit.
    """
    try:
        return _resized(model, changes, edit or Edit(), lambda one: one.trainable and not _is_foreign(one))
    except CannotEdit:
        return _resized(model, changes, edit or Edit(), lambda one: True)


def _resized(model: Any, changes: Mapping[int, Config], edit: Edit, copies: Callable[[Layer], bool]) -> Any:
    replace, stuck = {}, []
    for layer in walk(model):
        try:
            if id(layer) in changes or (layer.weights and not hasattr(layer, "adapt") and copies(layer)):
                replace[id(layer)] = copied(layer, changes.get(id(layer), {}))
        except CannotEdit as error:
            if id(layer) in changes:
                raise
            stuck.append(str(error))  # it stays as it is, and that is well as long as its input keeps its shape
    try:
        new = put_anew(model, Edit(replace, edit.ahead, edit.behind))
        _try(new)
    except CannotEdit as error:
        raise CannotEdit("; ".join([*stuck, str(error)])) from error
    for layer in walk(model):
        if id(layer) in replace:
            _keep_weights(layer, replace[id(layer)])
    return new


def _try(model: Any) -> None:
    """Call the model once: a layer that tells its output's shape without looking may still not take its input."""
    shapes = [(one.shape, one.dtype) for one in model.inputs]
    if any(dtype == "string" for _, dtype in shapes):
        return
    ones = [np.ones([shape[0] or 1, *(size or 8 for size in shape[1:])], dtype) for shape, dtype in shapes]
    try:
        model(keras.tree.pack_sequence_as(graph_of(model).input, ones))
    except Exception as error:
        raise CannotEdit(f"the model does not run with the change: {one_line(error)}") from error


def _is_foreign(layer: Layer) -> bool:
    return any(not type(one).__module__.startswith("keras.") for one in layer._flatten_layers())


def copied(layer: Layer, change: Config) -> Layer:
    """A new layer with the settings of this one but for the change, not built. Raises CannotEdit, naming the layer."""
    kind = type(layer).__name__
    try:
        config = written(layer)
        unknown = [name for name in change if name not in config]
        if unknown:
            raise CannotEdit(f"the layer {layer.name} ({kind}) has no {unknown[0]}")
        with keras.saving.custom_object_scope(_own(layer)):
            return type(layer).from_config(_unbuilt({**config, **_live(layer, config), **change}))
    except (TypeError, ValueError, NotImplementedError, AttributeError, KeyError) as error:
        if isinstance(error, CannotEdit):
            raise
        why = one_line(error)
        raise CannotEdit(f"the layer {layer.name} ({kind}) can't be copied from its get_config(): {why}") from error


def written(layer: Layer) -> Config:
    """Its ``get_config()``, without Keras's warning that a lambda can't be read back: it is not, see ``_live``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: Config = layer.get_config()
    return found


def _unbuilt(config: Any) -> Any:
    """Settings without the shapes that a layer inside a wrapper was built for: it is built for those that come."""
    if isinstance(config, dict):
        return {name: _unbuilt(one) for name, one in config.items() if name != "build_config"}
    return [_unbuilt(one) for one in config] if isinstance(config, list) else config


def _live(layer: Layer, config: Config) -> Config:
    """The user's own functions and objects among a layer's settings, as they are: their writing can't be read back."""
    found = {name: getattr(layer, name, None) for name, value in config.items() if isinstance(value, (dict, str))}
    return {name: one for name, one in found.items() if _is_own(one)}


def _is_own(one: Any) -> bool:
    if isinstance(one, types.FunctionType):
        return not str(one.__module__).startswith("keras.")
    known = (keras.initializers.Initializer, keras.regularizers.Regularizer, keras.constraints.Constraint)
    return isinstance(one, known) and not type(one).__module__.startswith("keras.")


def _own(layer: Layer) -> Config:
    """The user's own classes and functions inside a layer by the names they are written down with."""
    inside: Iterable[Layer] = layer._flatten_layers()
    layers = [one for one in inside if not type(one).__module__.startswith("keras.")]
    objects = [one for each in layer._flatten_layers() for one in vars(each).values() if _is_own(one)]
    functions = {one.__name__: one for one in objects if isinstance(one, types.FunctionType)}
    classes = {type(one).__name__: type(one) for one in (*layers, *objects) if not isinstance(one, types.FunctionType)}
    return {**functions, **classes}


def _keep_weights(old: Layer, new: Layer) -> None:
    if [tuple(one.shape) for one in old.weights] == [tuple(one.shape) for one in new.weights]:
        for mine, its in zip(new.weights, old.weights, strict=True):
            mine.assign(its)
