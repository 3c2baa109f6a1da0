"""Greedy layer-wise pretraining: add and train one hidden layer at a time.

What it changes
    Each hidden layer is trained alone under a temporary output layer, then frozen; at the end all are fine-tuned.

When it helps
    Deep plain networks that do not start to learn, and little labelled data. Try ReLU, He initialization and batch
    normalization first: they made it rare.

Settings
    A few epochs for each layer (a tenth of the run), then the full number for all, at the same learning rate.

Risks
    Long and laborious; only for plain stacks of layers.

Sources
    Bengio, Lamblin, Popovici and Larochelle, Greedy Layer-Wise Training of Deep Networks (2007).
    Hinton, Osindero and Teh, A Fast Learning Algorithm for Deep Belief Nets (2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, share_of_epochs, snippet
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """A tenth of the epochs for each layer."""
    from diagnose.recipes import CannotEdit

    if not facts.editable:
        raise CannotEdit("the model is a subclass whose layers stand in its own code: train them one by one there")
    if len(facts.activations) < 2:
        raise CannotEdit("the model has fewer than two hidden layers to train one after another")
    few = max(2, min(50, round(0.1 * facts.epochs)))
    return ({"epochs": few}, {"epochs": 3 * few})


def _edit(recipe: Recipe, epochs: int) -> Recipe:
    """Each hidden layer under an output of its own, on top of the trained ones; then the training itself."""
    from diagnose.recipes import stages

    return recipe.begun(lambda model, trained: stages.layer_by_layer(model, trained, epochs))


@technique(
    area="learning",
    edits="model",
    source="Bengio et al. (2007), Greedy Layer-Wise Training",
    edit=_edit,
    settings=_settings,
)
def layer_wise_pretraining(case: Case) -> Advice:
    """Train the first layer, then the first two, ... then all."""
    few = str(case.settings["epochs"]) if case.settings else share_of_epochs(case, 0.1, 2, 50)
    return Advice(
        "train one hidden layer at a time, then fine-tune them all",
        f"{seen(case)}: a layer that is trained on top of finished ones gets gradients that a whole deep stack loses.",
        snippet(f"""
import keras

full = build_model()  # a plain stack of layers
*hidden, output = [layer for layer in full.layers if not isinstance(layer, keras.layers.InputLayer)]
for depth, newest in enumerate(hidden, start=1):
    if newest.weights:
        head = type(output).from_config({{**output.get_config(), "name": f"head_{{depth}}"}})
        stage = keras.Sequential([keras.Input(full.input_shape[1:]), *hidden[:depth], keras.layers.Flatten(), head])
        stage.compile_from_config(full.get_compile_config())
        stage.fit(x_train, y_train, epochs={few}, verbose=0)
        newest.trainable = False
for layer in hidden:
    layer.trainable = True
full.compile_from_config(full.get_compile_config())
{fit(case, model="full")}
"""),
    )
