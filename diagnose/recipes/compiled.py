"""How a model was compiled, and compiling it again with a difference.

Keras keeps what ``compile`` was given only in a private place (``_compile_config.config``); its public face,
``get_compile_config()``, gives it in writing, which cannot be read back where a loss or metric is the user's own
function. So the objects are taken, optimizer and metrics copied from their settings, and everything else is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras

from diagnose.recipes import CannotEdit

# What counts steps in the learning-rate schedules of Keras.
STEPS = ("decay_steps", "first_decay_steps", "warmup_steps", "boundaries")


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
    return exchanged(optimizer, lambda one: _with(one, settings))


def exchanged(optimizer: Any, change: Callable[[Any], Any]) -> Any:
    """Another optimizer made of this one; where a loss scale is wrapped around it, it is wrapped around the new one."""
    inner = getattr(optimizer, "inner_optimizer", None)
    if inner is None:
        return change(optimizer)
    scale = {name: optimizer.get_config()[name] for name in ("initial_scale", "dynamic_growth_steps")}
    return type(optimizer)(change(inner), **scale)


def _with(optimizer: Any, settings: Mapping[str, Any]) -> Any:
    config = optimizer.get_config()
    unknown = [name for name in settings if name not in config]
    if unknown:
        raise CannotEdit(f"the optimizer {type(optimizer).__name__} has no {unknown[0]}")
    return type(optimizer).from_config({**config, **settings})


def stretched(optimizer: Any, times: float) -> Any:
    """The optimizer with its learning-rate schedule, if it has one of Keras's, drawn out over so many times the steps."""

    def longer(one: Any) -> Any:
        rate = one.get_config().get("learning_rate")
        if not isinstance(rate, Mapping):
            return one
        config = {name: _times(value, times) if name in STEPS else value for name, value in rate["config"].items()}
        return _with(one, {"learning_rate": {**rate, "config": config}})

    return exchanged(optimizer, longer)


def _times(steps: Any, times: float) -> Any:
    return [round(one * times) for one in steps] if isinstance(steps, (list, tuple)) else round(steps * times)
