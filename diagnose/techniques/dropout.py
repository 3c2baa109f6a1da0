"""Dropout: switch off random units in training.

What it changes
    In each training step a share of a layer's outputs is set to 0 and the rest scaled up; all work in inference.

When it helps
    Overfitting of a network that is large enough. With early stopping.

Settings
    0.5 for hidden layers, 0.2 for inputs or small networks. Widen the layer by 1 / (1 - rate). Recurrent: dropout=0.2.

Risks
    Training needs longer, and its loss is inflated: validation may look better than training. Generally not together
    with batch normalization. Never behind the output layer.

Sources
    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import added_layers, patience, validated, watch
from diagnose.techniques_reason import seen


@technique(area="generalization", edits="model", source="Srivastava et al. (2014), Dropout")
def dropout(case: Case) -> Advice:
    """Half of every hidden layer's outputs, with early stopping."""
    stop = f"keras.callbacks.EarlyStopping({watch(case)}, patience={patience(case)}, restore_best_weights=True)"
    return Advice(
        "Dropout(0.5) behind hidden layers, with early stopping",
        f"{seen(case)}: units that must do without one another cannot conspire to learn single examples by heart.",
        added_layers(
            case,
            "layers.Dropout(0.5) in a line of its own behind each hidden layer (0.2 in small networks)",
            "keras.layers.Dropout(0.5)",
            stop=stop if validated(case) else "",
        ),
    )
