"""Data scaling: inputs (and regression targets) around zero, with a spread near one.

What it changes
    Every feature gets mean 0 and deviation 1, measured on the training data only and applied to all data alike.

When it helps
    Losses that explode at once or never move, features in different units, raw pixels 0...255, targets in thousands.

Settings
    keras.layers.Normalization adapted on x_train, inside the model. Targets: (y - mean) / std, undone on predictions.
    Keep targets inside the output activation's range (sigmoid 0.1...0.9, tanh -0.8...0.8; ReLU: y / std).

Risks
    Statistics from all the data leak the validation set. Token ids and columns of 0 and 1 stay as they are; so does what
    the model rescales itself.
    Losses before and after scaling targets are on different scales.

Sources
    LeCun, Bottou, Orr, Müller, Efficient BackProp (1998). Brownlee, 8 Tricks for Configuring Backpropagation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import classifies, fit, snippet, validated
from diagnose.techniques_models import OLD
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

TARGETS = """\
mean, std = y_train.mean(axis=0), y_train.std(axis=0)  # predictions: model.predict(x) * std + mean
y_train = (y_train - mean) / std
"""
BEHIND = """\
y_val = (y_val - mean) / std
# behind a sigmoid: low, high = y_train.min(), y_train.max(); y_train = 0.1 + 0.8 * (y_train - low) / (high - low)
"""


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """Targets are scaled where quantities are predicted, inputs where no layer of the model's does it."""
    from diagnose.recipes import CannotEdit

    labels = facts.head.get("whole") and (facts.head.get("low"), facts.head.get("high")) == (0.0, 1.0)
    quantity = facts.task == "regression" and bool(facts.head) and not labels
    inputs = not facts.has("Normalization", "Rescaling")
    if not inputs and not quantity:
        raise CannotEdit("the model scales its inputs itself already")
    if facts.has("Embedding") and facts.shape and not quantity:
        raise CannotEdit("the inputs are indices of an embedding, which have no scale")
    return ({"inputs": inputs and not (facts.has("Embedding") and facts.shape), "targets": quantity},)


def _edit(recipe: Recipe, targets: bool, inputs: bool = True) -> Recipe:
    """Normalization layers with the training rows' mean and variance; targets scaled, and predictions brought back."""
    from diagnose.recipes import CannotEdit, scaling

    try:
        recipe = scaling.inputs(recipe) if inputs else recipe
    except CannotEdit:
        if not targets:
            raise
    return scaling.targets(recipe) if targets else recipe


@technique(
    area="learning",
    edits="data",
    source="LeCun et al. (1998), Efficient BackProp",
    edit=_edit,
    settings=_settings,
)
def data_scaling(case: Case) -> Advice:
    """A Normalization layer in front; the targets too in a regression."""
    told = case.finding.names.get("what") == "targets"
    quantity = told or classifies(case) is False
    targets = TARGETS + ("y_val = (y_val - mean) / std\n" if validated(case) else "") if quantity else ""
    if classifies(case) is None and not told:
        targets = "# quantities to predict are scaled too: y_train = (y_train - mean) / std, y_val likewise\n"
    if case.settings:
        targets = TARGETS + BEHIND if case.settings["targets"] else ""
        if not case.settings["inputs"]:
            return _of_targets(case, targets)
    also = ", and the targets" if quantity else ""
    return Advice(
        "y = (y - mean) / std; model.predict(x) * std + mean"
        if told
        else f"Normalization().adapt(x_train) in front{also}",
        f"{seen(case)}: unscaled inputs or targets do this, and on one scale one learning rate fits all weights.",
        snippet(f"""
import keras

{targets}
scale = keras.layers.Normalization()
scale.adapt(x_train)  # training data only
{OLD}
inputs = keras.Input(old.input_shape[1:])
model = keras.Model(inputs, old(scale(inputs)))
model.compile_from_config(old.get_compile_config())
{fit(case)}
"""),
    )


def _of_targets(case: Case, targets: str) -> Advice:
    return Advice(
        "(y - mean) / std for the targets, undone on predictions",
        f"{seen(case)}: targets of another size do this, and on one scale one learning rate fits all weights.",
        snippet(f"""
{targets}
model = build_model()  # inputs: it scales them itself
{fit(case)}
"""),
    )
