"""Batch normalization: keep every layer's inputs on one scale while the layers below change.

What it changes
    A layer that standardises its inputs over each batch, then scales and shifts them by two learnt numbers a unit.

When it helps
    Slow or stuck learning in networks of several layers; rates can be higher and initialization matters less.

Settings
    BatchNormalization() behind each hidden layer, before or after its activation. Batches of 16 and more.
    momentum=0.9 instead of 0.99 when an epoch has few steps, so that the moving averages keep up.

Risks
    Not together with dropout by default. Below batches of about 8 its statistics are noise. It behaves differently
    in training and inference: validation may lag in the first epochs. Freeze it when fine-tuning.

Sources
    Ioffe and Szegedy, Batch Normalization (2015). Brownlee, Using Normalization Layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_models import added_layers, changed_layers
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

SMALL = 8  # rows a batch below which its statistics are noise


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if facts.batch_size < SMALL:
        raise CannotEdit(
            f"batches of {facts.batch_size} rows are too small for statistics of a batch: use {SMALL} or more"
        )
    if facts.has("BatchNormalization", "LayerNormalization", "GroupNormalization"):
        raise CannotEdit("the model is normalized already")
    if facts.has("Dropout", "SpatialDropout1D", "SpatialDropout2D"):
        raise CannotEdit("the model has dropout, which shifts what batch normalization measures: use one of the two")
    return ({"momentum": 0.9},)


def _edit(recipe: Recipe, momentum: float) -> Recipe:
    """Behind each hidden layer's activation; not inside recurrent layers."""
    import keras

    from diagnose.recipes import layers

    def normalized(model: object) -> object:
        return layers.inserted(
            model,
            layers.hidden(model),
            lambda layer: keras.layers.BatchNormalization(momentum=momentum, name=f"{layer.name}_normalized"),
        )

    return recipe.remodelled(normalized)


@technique(
    area="learning",
    edits="model",
    source="Ioffe and Szegedy (2015), Batch Normalization",
    edit=_edit,
    settings=_settings,
)
def batch_normalization(case: Case) -> Advice:
    """A BatchNormalization layer behind each hidden layer; or those that are there, made to keep up."""
    if case.finding.rule == "lagging-averages":
        return Advice(
            "BatchNormalization(momentum=0.9) instead of 0.99",
            f"{seen(case)}: with a momentum of 0.9 they are those of the last ten batches or so.",
            changed_layers(
                case,
                "BatchNormalization(momentum=0.9)",
                'type(layer).__name__ == "BatchNormalization"',
                'settings["momentum"] = 0.9',
            ),
        )
    return Advice(
        "BatchNormalization() behind each hidden layer",
        f"{seen(case)}: standardised layer inputs keep gradients alive and let the model learn faster.",
        added_layers(
            case,
            "layers.BatchNormalization() in a line of its own behind each hidden layer",
            "keras.layers.BatchNormalization(momentum=0.9)",
        ),
    )
