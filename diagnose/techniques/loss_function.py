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

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import brief, classifies, fit, metrics, snippet
from diagnose.techniques_models import BUILT, OTHER_LOSS
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


QUANTITIES = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")
OTHERS = {
    "mean_squared_error": ("huber", "mean_absolute_error"),
    "mean_absolute_error": ("huber", "mean_squared_error"),
}


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """What makes loss, output and labels agree; for quantities also losses that forgive outliers."""
    from diagnose.recipes import CannotEdit
    from diagnose.recipes.agreement import needed

    if not facts.head:
        raise CannotEdit("the model has several outputs: look at the loss of each by hand")
    fix = needed(facts.head)
    loss = fix.get("loss", facts.head["loss"])
    if "crossentropy" in loss or "hinge" in loss:
        if not fix:
            raise CannotEdit("loss, output and labels agree already")
        return (fix,)
    others = [{**fix, "loss": one} for one in OTHERS.get(loss, QUANTITIES[:2])]
    return [fix, *others][:3] if fix else others


def _edit(
    recipe: Recipe,
    activation: str | None = None,
    loss: str | None = None,
    units: int | None = None,
    from_logits: bool = True,
) -> Recipe:
    """Another activation at the output, another loss, or both. The score stays that of the user's loss and metrics."""
    from diagnose.recipes import outputs

    return outputs.agreed(recipe, activation, loss, units, from_logits)


@technique(
    area="learning",
    edits="compile",
    source="Goodfellow, Bengio, Courville (2016), Deep Learning, 6.2",
    edit=_edit,
    settings=_settings,
)
def loss_function(case: Case) -> Advice:
    """Choose loss and output activation together: by the output's width for classes, Huber for quantities."""
    if case.settings:
        return _found(case, case.settings)
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


def _found(case: Case, settings: Settings) -> Advice:
    """The code of what a re-run found to agree: the user's own metrics and optimizer stay."""
    loss, function = settings.get("loss"), settings.get("activation")
    told = [f"activation={function!r}"] if function else []
    told += [f"loss={loss!r}"] if loss else []
    told += ["from_logits=False"] if settings.get("from_logits") is False else []
    change, written = "", f"{loss!r}" if loss else ""
    if "units" in settings:
        told.insert(0, f"Dense({settings['units']})")
        change = f"# by hand: make the last layer Dense({settings['units']}, activation={function!r})\n"
    elif function:
        change = f"model.layers[-1].activation = keras.activations.get({function!r})  # by hand: in the last layer\n"
    if loss == "huber":
        change += "spread = 1.4826 * np.median(np.abs(y_train - np.median(y_train, axis=0)))\n"
        written = "keras.losses.Huber(delta=1.345 * spread)"
    if settings.get("from_logits") is False:
        written = 'type(model.loss).from_config({**model.loss.get_config(), "from_logits": False})'
    compiled = OTHER_LOSS.format(loss=written) if written else "model.compile_from_config(model.get_compile_config())"
    return Advice(
        brief(" + ".join(told), told[-1]),
        f"{seen(case)}: a loss and an output that fit the labels give gradients that point somewhere.",
        snippet(f"""
import keras
{"import numpy as np" if "np." in change else ""}

model = build_model()
{change}{compiled}
{fit(case)}
"""),
    )
