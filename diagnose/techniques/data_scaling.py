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

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import OLD, classifies, fit, snippet, validated
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

TARGETS = """\
mean, std = y_train.mean(axis=0), y_train.std(axis=0)  # predictions: model.predict(x) * std + mean
y_train = (y_train - mean) / std
"""


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """Targets are scaled in a regression alone."""
    from diagnose.recipes import CannotEdit

    quantity = facts.task == "regression"
    if facts.has("Normalization") and not quantity:
        raise CannotEdit("the model begins with a Normalization layer: its inputs are scaled already")
    if facts.has("Embedding"):
        raise CannotEdit("the inputs are indices of an embedding, which have no scale")
    return ({"targets": quantity},)


def _edit(recipe: Recipe, targets: bool) -> Recipe:
    """A Normalization layer adapted to the training rows; targets standardised, and predictions brought back."""
    import keras
    import numpy as np

    from diagnose.recipes import layers

    x = np.asarray(recipe.data.train.array, "float64")
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    scaled = recipe.remodelled(
        lambda model: layers.preceded(model, lambda name: keras.layers.Normalization(mean=mean, variance=variance))
    )
    return _with_targets(scaled) if targets else scaled


def _with_targets(recipe: Recipe) -> Recipe:
    import keras
    import numpy as np

    from diagnose.recipes import layers

    y = np.asarray(recipe.data.train.targets, "float64")
    mean, deviation = y.mean(axis=0), np.where(y.std(axis=0) > 0, y.std(axis=0), 1.0)
    data = recipe.data
    return recipe.on(
        lambda _: data.only(
            *(part.with_y((np.asarray(part.targets) - mean) / deviation) for part in (data.train, data.validation))
        )
    ).finished(lambda model: layers.followed(model, keras.layers.Rescaling(deviation.tolist(), mean.tolist())))


@technique(
    area="learning",
    edits="data",
    source="LeCun et al. (1998), Efficient BackProp",
    edit=_edit,
    settings=_settings,
)
def data_scaling(case: Case) -> Advice:
    """A Normalization layer in front; the targets too in a regression."""
    quantity = classifies(case) is False
    targets = TARGETS + ("y_val = (y_val - mean) / std\n" if validated(case) else "") if quantity else ""
    if classifies(case) is None:
        targets = "# quantities to predict are scaled too: y_train = (y_train - mean) / std, y_val likewise\n"
    also = ", and the targets" if quantity else ""
    return Advice(
        f"Normalization().adapt(x_train) in front{also}",
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
