"""Activity regularization: a penalty on what layers put out, for sparse representations.

What it changes
    The loss gets a penalty on the sum of hidden outputs, so that few units are active for any one example.

When it helps
    Overfitting of wide layers; autoencoders whose code should be sparse.

Settings
    activity_regularizer=L1(1e-4) on hidden layers; 1e-3 to 1e-5 on a log scale.

Risks
    Too much and units die. Like weight penalties it is inside the logged loss: compare metrics, not losses.

Sources
    Glorot, Bordes and Bengio, Deep Sparse Rectifier Neural Networks (2011).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 7.10.
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import changed_layers
from diagnose.techniques_reason import seen


@technique(area="generalization", edits="model", source="Glorot, Bordes and Bengio (2011); Deep Learning (2016), 7.10")
def activity_regularization(case: Case) -> Advice:
    """L1 of 1e-4 on the outputs of every hidden layer."""
    return Advice(
        "activity_regularizer=L1(1e-4) in hidden layers",
        f"{seen(case)}: when few units may be active at a time, less of the training set's noise finds room.",
        changed_layers(
            case,
            "Dense(64, activity_regularizer=keras.regularizers.L1(1e-4)) in hidden layers",
            '"activity_regularizer" in settings',
            'settings["activity_regularizer"] = keras.regularizers.L1(1e-4)',
        ),
    )
