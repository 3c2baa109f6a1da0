"""Loss function: the loss, the last layer and the labels must speak of the same thing.

What it changes
    The quantity that training minimises, and with it the output layer's activation and the form of the labels.

When it helps
    Nothing is learnt, the loss stays at the level of guessing, is negative, or accuracy sits at 0 in a regression.

Settings
    Two classes: Dense(1, "sigmoid") + binary_crossentropy. K classes: Dense(K, "softmax") +
    sparse_categorical_crossentropy (labels 0...K-1) or categorical_crossentropy (one-hot).
    A quantity: Dense(1) without activation + mse; Huber, mae or log-cosh with outliers.

Risks
    softmax on one unit is always 1; from_logits=True beside a softmax applies it twice. Losses of different kinds
    cannot be compared by their values: use a metric.

Sources
    Goodfellow, Bengio, Courville, Deep Learning (2016), 6.2. Huber, Robust Estimation of a Location Parameter (1964).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import BUILT, classifies, fit, metrics, snippet
from diagnose.techniques_reason import seen


@technique(area="learning", edits="compile", source="Goodfellow, Bengio, Courville (2016), Deep Learning, 6.2")
def loss_function(case: Case) -> Advice:
    """Choose loss and output activation together: by the output's width for classes, Huber for quantities."""
    quantity = classifies(case) is False
    line = "Dense(1) + Huber() or mse" if quantity else "Dense(K, softmax) + sparse_categorical_crossentropy"
    return Advice(
        line,
        f"{seen(case)}: a loss and an output that fit the labels give gradients that point somewhere.",
        snippet(f"""
import keras
import numpy as np

model = build_model()
{BUILT.format(model="model", indent="")}
{QUANTITY if quantity else CLASSES}
model.layers[-1].activation = keras.activations.get(activation)  # by hand: in the last layer
model.compile(model.optimizer, loss=loss, metrics={metrics(case)})
{fit(case)}
"""),
    )


QUANTITY = """\
loss, activation = keras.losses.Huber(), "linear"  # or "mse"; Huber forgives outliers"""
CLASSES = """\
units = model.output_shape[-1]
if units == 1:  # two classes, labels 0 and 1
    loss, activation = "binary_crossentropy", "sigmoid"
elif np.shape(y_train)[-1] == units and np.ndim(y_train) > 1:  # one-hot labels
    loss, activation = "categorical_crossentropy", "softmax"
else:  # labels 0 ... K-1, with K units
    loss, activation = "sparse_categorical_crossentropy", "softmax\""""
