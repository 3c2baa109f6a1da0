"""What is known of a training before a technique is tried on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import keras
import numpy as np

from diagnose.evidence.waiting import longest_wait
from diagnose.experiments.experiment import Experiment
from diagnose.experiments.trial import recipe_of
from diagnose.inspection.configuration import ends, heads
from diagnose.inspection.configuration import learning_rate as rate_now
from diagnose.inspection.parts import activation
from diagnose.inspection.sample import with_targets
from diagnose.recipes import Facts, Recipe
from diagnose.recipes.data import classes_of
from diagnose.recipes.graph import rebuildable
from diagnose.recipes.roles import activations, graph_of
from diagnose.recipes.rows import finite

CLASS_LOSSES = ("crossentropy", "focal", "hinge")
FAR = 10.0  # inputs beyond this deviation or mean are on a scale that no default rate was made for
NEAR = 0.1


def facts_of(recipe: Recipe, history: dict[str, Sequence[float]]) -> Facts:
    """The facts of a recipe; its model is built once more for it."""
    model = recipe.build()
    train, optimizer = recipe.data.train, getattr(model.optimizer, "inner_optimizer", model.optimizer)
    x, y = keras.tree.flatten(train.x), keras.tree.flatten(train.y)
    loss, classes = _loss(model), classes_of(train.y)
    classified = any(kind in loss for kind in CLASS_LOSSES) or (not loss and classes is not None)
    config = optimizer.get_config()
    watched = history.get("val_loss") or history.get("loss") or []
    flat = list(model._flatten_layers(include_self=False))
    return Facts(
        task="classification" if classified else "regression",
        classes=None if not classified or classes is None else len(np.unique(classes)),
        rows=train.rows,
        validation_rows=recipe.data.validation.rows,
        shape=tuple(x[0].shape[1:]) if len(x) == 1 else (),
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        best_epoch=int(np.nanargmin(watched)) + 1 if np.isfinite(watched).any() else 1,
        waited=longest_wait(watched),
        optimizer=type(optimizer).__name__.lower(),
        learning_rate=_rate(model, recipe, config.get("learning_rate")),
        momentum=float(config.get("momentum") or 0.0) if type(optimizer).__name__ == "SGD" else 0.0,
        clipped=any(config.get(name) for name in ("clipnorm", "clipvalue", "global_clipnorm")),
        loss=loss,
        layers=tuple(type(layer).__name__ for layer in flat),
        activations=activations(model),
        output=next((activation(one) or "" for one in ends(graph_of(model) or model)), ""),
        editable=rebuildable(model),
        pretrained=recipe.pretrained is not None,
        shuffled=train.stream is None and bool(recipe.arguments.get("shuffle", True)),
        scaled=all(_near_one(one) for one in x),
        targets_scaled=classified or all(_near_one(one) for one in y),
        head=_head(model, y),
        finite=bool(finite(train).all()),
        ran=len(watched),
        nested=any(isinstance(layer, keras.Model) for layer in model.layers),
    )


def facts(experiment: Experiment, history: dict[str, Sequence[float]]) -> dict[str, Any]:
    """The facts of an experiment that is not trained, with the history of an earlier training of it; as a dict."""
    return asdict(facts_of(recipe_of(experiment), history))


def _rate(model: Any, recipe: Recipe, given: Any) -> float | None:
    """The rate that training starts with, unless a schedule, in the optimizer or in a callback, sets it."""
    ruled = recipe.called("LearningRateScheduler") is not None
    return rate_now(model) if isinstance(given, (int, float)) and not ruled else None


def _head(model: Any, targets: Sequence[Any]) -> dict[str, Any]:
    """The fields of the one output's Head, with what is known of its targets; {} where there are several."""
    found = heads(model)
    return asdict(with_targets(found[0], targets[0])) if len(found) == len(targets) == 1 else {}


def _loss(model: Any) -> str:
    losses = keras.tree.flatten(model.loss)
    first = losses[0] if losses else ""
    name = first if isinstance(first, str) else getattr(first, "name", getattr(first, "__name__", ""))
    return {"mse": "mean_squared_error", "mae": "mean_absolute_error"}.get(name, name or "")


def _near_one(values: Any) -> bool:
    if values.dtype.kind not in "fiu" or not values.size:
        return True
    sample = np.asarray(values[:10_000], "float64")
    sample = sample.reshape(len(sample), -1)[:, :1000]
    deviation, mean = np.nanstd(sample, axis=0), np.abs(np.nanmean(sample, axis=0))
    moving = deviation > 0
    return bool((deviation[moving] < FAR).all() and (mean < FAR).all() and (deviation[moving] > NEAR * 0.1).any())
