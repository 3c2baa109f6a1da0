"""How a model was compiled, and compiling it again with a difference.

Keras keeps what ``compile`` was given only in a private place (``_compile_config.config``); its public face,
``get_compile_config()``, gives it in writing, which cannot be read back where a loss or metric is the user's own
function. So the objects are taken, optimizer and metrics copied from their settings, and everything else is as it was.
"""

from __future__ import annotations

from typing import Any

import keras

from diagnose.recipes import CannotEdit


def arguments(model: Any) -> dict[str, Any]:
    """The arguments of this model's ``compile``, optimizer and metrics as new objects. Raises CannotEdit."""
    config = getattr(getattr(model, "_compile_config", None), "config", None)
    if not getattr(model, "compiled", False) or config is None:
        raise CannotEdit("expected a compiled model (build_model must call compile and return the model)")
    found = dict(config)
    found["optimizer"] = fresh(model.optimizer)
    found["loss"] = model.loss
    for name in ("metrics", "weighted_metrics"):
        found[name] = keras.tree.map_structure(fresh, found.get(name))
    return found


def fresh(one: Any) -> Any:
    """A copy without state of an optimizer, metric or loss; names and functions are themselves."""
    if isinstance(one, (keras.optimizers.Optimizer, keras.metrics.Metric, keras.losses.Loss)):
        return type(one).from_config(one.get_config())
    return one


def recompile(model: Any, *, like: Any = None, **changes: Any) -> Any:
    """The model, compiled as it (or ``like``) was but for the changes; a function is given the old value."""
    given = arguments(model if like is None else like)
    for name, change in changes.items():
        given[name] = change(given[name]) if callable(change) and not isinstance(change, type) else change
    model.compile(**given)
    return model


def adjusted(optimizer: Any, **settings: Any) -> Any:
    """A new optimizer of the same kind with other settings. Raises CannotEdit where it has no such setting."""
    config = optimizer.get_config()
    unknown = [name for name in settings if name not in config]
    if unknown:
        raise CannotEdit(f"the optimizer {type(optimizer).__name__} has no {unknown[0]}")
    return type(optimizer).from_config({**config, **settings})
