"""Input noise: a little random noise on the inputs, new in every batch.

What it changes
    A GaussianNoise layer in front (or between hidden layers), active in training only.

When it helps
    Overfitting on few examples of continuous features.

Settings
    stddev 0.1 for standardised inputs; try 0.01 to 0.3.

Risks
    Meaningless for token ids and one-hot columns; scale the inputs first. Training loss looks worse than it is.

Sources
    Bishop, Training with Noise is Equivalent to Tikhonov Regularization (1995).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 7.5.
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import OLD, fit, snippet
from diagnose.techniques_reason import seen


@technique(area="generalization", edits="model", source="Bishop (1995), Training with Noise")
def input_noise(case: Case) -> Advice:
    """Gaussian noise of deviation 0.1 in front of the model."""
    return Advice(
        "layers.GaussianNoise(0.1) as the first layer",
        f"{seen(case)}: examples that look a little different each time cannot be learnt by heart.",
        snippet(f"""
import keras

# by hand: keras.layers.GaussianNoise(0.1) right behind keras.Input(...); inputs with deviation 1
{OLD}
inputs = keras.Input(old.input_shape[1:])
model = keras.Model(inputs, old(keras.layers.GaussianNoise(0.1)(inputs)))
model.compile_from_config(old.get_compile_config())
{fit(case)}
"""),
    )
