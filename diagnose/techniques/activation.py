"""Activation: ReLU in hidden layers, so that gradients reach the early ones.

What it changes
    Hidden units' activation from sigmoid or tanh to ReLU (or leaky ReLU, GELU), with He initialization.

When it helps
    A deep network of sigmoid or tanh units whose loss stays flat: gradients vanish on their way down.
    Leaky ReLU if ReLU units died (output 0 for every input).

Settings
    activation="relu", kernel_initializer="he_normal"; "leaky_relu", "elu" or "gelu" as alternatives.
    The output layer keeps what the loss needs: sigmoid, softmax or none.

Risks
    ReLU units die at high learning rates. Recurrent layers keep tanh.

Sources
    Glorot, Bordes and Bengio, Deep Sparse Rectifier Neural Networks (2011).
    Brownlee, Visualizing the vanishing gradient problem.
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import changed_layers
from diagnose.techniques_reason import seen


@technique(area="learning", edits="model", source="Glorot, Bordes and Bengio (2011), Deep Sparse Rectifier Networks")
def activation(case: Case) -> Advice:
    """ReLU for sigmoid and tanh; leaky ReLU for ReLU, which may have died."""
    return Advice(
        'Dense(n, "relu", kernel_initializer="he_normal"), hidden',
        f"{seen(case)}: saturated sigmoid or tanh units, or dead ReLU ones, pass no gradient to earlier layers.",
        changed_layers(
            case,
            'Dense(64, activation="relu", kernel_initializer="he_normal") in hidden layers',
            'settings.get("activation") in ("sigmoid", "tanh", "relu") and not hasattr(layer, "cell")',
            'relu = "leaky_relu" if settings["activation"] == "relu" else "relu"  # relu units may have died\n'
            '        settings["activation"] = relu\n'
            '        if "kernel_initializer" in settings:\n'
            '            settings["kernel_initializer"] = "he_normal"',
        ),
    )
