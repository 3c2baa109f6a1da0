"""Data scaling: inputs (and regression targets) around zero, with a spread near one.

What it changes
    Every feature gets mean 0 and deviation 1, measured on the training data only and applied to all data alike.

When it helps
    Losses that explode at once or never move, features in different units, raw pixels 0...255, targets in thousands.

Settings
    keras.layers.Normalization adapted on x_train, inside the model. Targets: (y - mean) / std, undone on predictions.
    Keep targets inside the output activation's range (sigmoid 0...1, tanh -1...1).

Risks
    Statistics from all the data leak the validation set. Token ids and one-hot columns are not to be scaled.
    Losses before and after scaling targets are on different scales.

Sources
    LeCun, Bottou, Orr, Müller, Efficient BackProp (1998). Brownlee, 8 Tricks for Configuring Backpropagation.
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import OLD, classifies, fit, snippet, validated
from diagnose.techniques_reason import seen

TARGETS = """\
mean, std = y_train.mean(axis=0), y_train.std(axis=0)  # predictions: model.predict(x) * std + mean
y_train = (y_train - mean) / std
"""


@technique(area="learning", edits="data", source="LeCun et al. (1998), Efficient BackProp")
def data_scaling(case: Case) -> Advice:
    """A Normalization layer in front; the targets too in a regression."""
    told = case.finding.names.get("what") == "targets"
    quantity = told or classifies(case) is False
    targets = TARGETS + ("y_val = (y_val - mean) / std\n" if validated(case) else "") if quantity else ""
    if classifies(case) is None and not told:
        targets = "# quantities to predict are scaled too: y_train = (y_train - mean) / std, y_val likewise\n"
    also = ", and the targets" if quantity else ""
    return Advice(
        "y = (y - mean) / std; model.predict(x) * std + mean"
        if told
        else f"Normalization().adapt(x_train) in front{also}",
        f"{seen(case)}: unscaled inputs or targets do this, and on one scale one learning rate fits all weights.",
        snippet(f"""
import keras

scale = keras.layers.Normalization()
scale.adapt(x_train)  # training data only
{targets}
{OLD}
inputs = keras.Input(old.input_shape[1:])
model = keras.Model(inputs, old(scale(inputs)))
model.compile_from_config(old.get_compile_config())
{fit(case)}
"""),
    )
