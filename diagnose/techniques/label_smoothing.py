"""Label smoothing (and temperature scaling): answers no surer than they deserve.

What it changes
    Smoothing by a over K classes: targets of 1 - a + a/K and a/K instead of 1 and 0, so extreme outputs no longer pay;
    a = 0.1 gives 0.95 and 0.05 for two classes, 0.91 and 0.01 for ten.
    Temperature: after training, logits are divided by one number fitted on validation data.

When it helps
    Validation loss rises while accuracy holds: the model is overconfident.

Settings
    label_smoothing=0.1 (0.05 to 0.2). A temperature is usually 1 to 3; it never changes the accuracy.

Risks
    A smoothed loss is on another scale: compare accuracy. Smoothing before distillation hurts. Fit the temperature on
    validation data, never on the test set.

Sources
    Szegedy et al., Rethinking the Inception Architecture (2016).
    Guo et al., On Calibration of Modern Neural Networks (2017).
    Müller, Kornblith and Hinton, When Does Label Smoothing Help? (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, snippet, validated
from diagnose.techniques_models import BUILT, OLD, OTHER_LOSS
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if "crossentropy" not in str(facts.head.get("loss")):
        raise CannotEdit("only a cross-entropy over one output takes smoothed labels")
    return ({"label_smoothing": 0.1}, {"temperature": True}, {"label_smoothing": 0.2})


def _edit(recipe: Recipe, label_smoothing: float = 0.0, temperature: bool = False) -> Recipe:
    """Smoothed labels in training, the user's own loss on the model that comes of it; or a temperature afterwards."""
    from diagnose.recipes import outputs, smoothing
    from diagnose.recipes.compiled import recompile

    if temperature:
        held = recipe.data.validation
        outputs.cooled(recipe.build(), 1.0)  # says at once if it can't
        return recipe.finished(lambda model: smoothing.calibrated(model, held))
    model = recipe.build()
    own, smooth = model.loss, smoothing.smoothed(model, label_smoothing)
    return recipe.recompiled(loss=lambda _: smooth).finished(lambda trained: recompile(trained, loss=lambda _: own))


@technique(
    area="generalization",
    edits="compile",
    source="Szegedy et al. (2016); Guo et al. (2017)",
    edit=_edit,
    settings=_settings,
)
def label_smoothing(case: Case) -> Advice:
    """Smoothing of 0.1 in training, or a temperature afterwards."""
    found = case.settings or {}
    heat = "temperature" in found
    share = found.get("label_smoothing", 0.1)
    line = "one temperature, fitted on validation data" if heat else f"CategoricalCrossentropy(label_smoothing={share})"
    why = f"{seen(case)}: smoothed targets, or a temperature fitted afterwards, take the excess of confidence away."
    if case.settings and not heat:
        return Advice(line, why, _found(case, share))
    return Advice(
        line,
        why,
        snippet(f"""
import keras
import numpy as np

model = build_model()
{BUILT.format(model="model", indent="")}
units = model.output_shape[-1]
{"" if heat else _smoothing(case, share)}
{fit(case)}

{"# " if heat else "# or leave training as it was and "}choose one temperature on validation data afterwards:
{TEMPERATURE}
"""),
    )


def _found(case: Case, share: float) -> str:
    """The code of what a re-run found: the user's own metrics and optimizer stay."""
    return snippet(f"""
import keras

{OLD}
units = old.output_shape[-1]
{_one_hot(case)}

model = build_model()
Loss = keras.losses.CategoricalCrossentropy if units > 1 else keras.losses.BinaryCrossentropy
loss = Loss(label_smoothing={share}, from_logits=getattr(model.loss, "from_logits", False))
{OTHER_LOSS.format(loss="loss")}
{fit(case)}
""")


def _one_hot(case: Case) -> str:
    smooth_val = "\n    y_val = keras.utils.to_categorical(y_val, units)" if validated(case) else ""
    return f"""\
if units > 1 and (y_train.ndim == 1 or y_train.shape[-1] != units):  # smoothing needs one-hot labels
    y_train = keras.utils.to_categorical(y_train, units){smooth_val}"""


def _smoothing(case: Case, share: float) -> str:
    return f"""\
{_one_hot(case)}
Loss = keras.losses.CategoricalCrossentropy if units > 1 else keras.losses.BinaryCrossentropy
model.compile(model.optimizer, loss=Loss(label_smoothing={share}), metrics=["accuracy"])"""


TEMPERATURE = """\
p = model.predict(x_val, verbose=0)  # probabilities
p = np.hstack([1 - p, p]) if units == 1 else p
truth = y_val.argmax(-1) if y_val.ndim > 1 and units > 1 else y_val.astype(int).ravel()

def loss_at(temperature):
    q = np.clip(p, 1e-7, 1) ** (1 / temperature)  # the same as logits / temperature
    return -np.log(q[np.arange(len(q)), truth] / q.sum(-1)).mean()

print("best temperature:", min(np.arange(0.5, 5, 0.05), key=loss_at))"""
