"""Weight regularization: a penalty on large weights (weight decay, L2).

What it changes
    The loss gets a penalty, factor x sum of squared weights, so that only weights that earn it grow large.

When it helps
    Overfitting: training goes on improving while validation gets worse. The first choice, with early stopping.

Settings
    L2(0.01) to L2(1e-5) on a log scale; start at 1e-3. L1 instead where few inputs matter. AdamW(weight_decay=0.004).

Risks
    Too much and the model underfits. Keras adds the penalty to loss and val_loss: compare with a metric, or with
    losses from predictions, not with the old run's loss.

Sources
    Krogh and Hertz, A Simple Weight Decay Can Improve Generalization (1992).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 7.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import boosters, number
from diagnose.techniques_models import changed_layers
from diagnose.techniques_reason import boosts, cause, seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    return ({"l2": 1e-3}, {"l2": 1e-2}, {"l2": 1e-4}, {"l1": 1e-4})


def _edit(recipe: Recipe, l2: float = 0.0, l1: float = 0.0) -> Recipe:
    """On every trained kernel, in place of the penalty it has; not on biases."""
    import keras

    from diagnose.recipes import settings

    def penalty() -> object:
        return (
            keras.regularizers.L1L2(l1, l2)
            if l1 and l2
            else keras.regularizers.L1(l1)
            if l1
            else keras.regularizers.L2(l2)
        )

    return recipe.remodelled(lambda model: settings.regularized(model, penalty))


@technique(
    area="generalization",
    edits="model",
    source="Krogh and Hertz (1992), A Simple Weight Decay",
    edit=_edit,
    settings=_settings,
)
def weight_regularization(case: Case) -> Advice:
    """L2 of 1e-3 on the weights of every layer."""
    if boosts(case):
        return Advice(
            "reg_lambda=10, then 100 (it is often 0 to 3)",
            f"{cause(case)}: a penalty on large leaf values keeps the trees from bending around single examples.",
            boosters("(1, 10, 100)", "reg_lambda=choice")
            + "# next: min_child_weight=10 (XGBoost), min_child_samples=50 (LightGBM), min_data_in_leaf=50 (CatBoost)\n",
        )
    penalty, others = _penalty(case)
    return Advice(
        f"kernel_regularizer={penalty} in each layer{'; 1e-2...1e-5' if others else ''}",
        f"{seen(case)}: a penalty on large weights keeps the model from bending itself around single examples.",
        changed_layers(
            case,
            f"Dense(64, kernel_regularizer=keras.regularizers.{penalty}) in each layer{others}",
            '"kernel_regularizer" in settings',
            f'settings["kernel_regularizer"] = keras.regularizers.{penalty}',
            output=True,
        ),
    )


def _penalty(case: Case) -> tuple[str, str]:
    """The regularizer as it is written, and what else to try where nothing has been tried yet."""
    found = case.settings
    if found is None:
        return "L2(1e-3)", "; try 1e-2 to 1e-5"
    if found.get("l1") and found.get("l2"):
        return f"L1L2({number(found['l1'])}, {number(found['l2'])})", ""
    return (f"L1({number(found['l1'])})" if found.get("l1") else f"L2({number(found['l2'])})"), ""
