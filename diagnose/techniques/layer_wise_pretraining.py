"""Greedy layer-wise pretraining: add and train one hidden layer at a time.

What it changes
    Each hidden layer is trained alone under a temporary output layer, then frozen; at the end all are fine-tuned.

When it helps
    Deep plain networks that do not start to learn, and little labelled data. Try ReLU, He initialization and batch
    normalization first: they made it rare.

Settings
    A few epochs for each layer, then the full number for all, with a learning rate of a tenth.

Risks
    Long and laborious; only for plain stacks of layers.

Sources
    Bengio, Lamblin, Popovici and Larochelle, Greedy Layer-Wise Training of Deep Networks (2007).
    Hinton, Osindero and Teh, A Fast Learning Algorithm for Deep Belief Nets (2006).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, share_of_epochs, snippet
from diagnose.techniques_reason import seen


@technique(area="learning", edits="model", source="Bengio et al. (2007), Greedy Layer-Wise Training")
def layer_wise_pretraining(case: Case) -> Advice:
    """Train the first layer, then the first two, ... then all."""
    few = share_of_epochs(case, 0.1, 2, 50)
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
