"""Gradient clipping: no update may be larger than a limit.

What it changes
    Gradients longer than the limit are scaled back (clipnorm) or cut value by value (clipvalue) before the step.

When it helps
    Losses that explode, become NaN, or break down after a single bad batch; recurrent networks; unbounded targets.

Settings
    clipnorm=1.0, or clipvalue=0.5; global_clipnorm=1.0 keeps the direction over all layers.

Risks
    It hides causes: look for unscaled data and a learning rate too high first. NaN in the data stays NaN.

Sources
    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks (2013).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 10.11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, number, rate, snippet
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


LIMITS = ("clipnorm", "clipvalue", "global_clipnorm")


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if facts.clipped:
        raise CannotEdit("the optimizer clips its gradients already")
    return ({"clipnorm": 1.0}, {"clipvalue": 0.5}, {"global_clipnorm": 1.0})


def _edit(recipe: Recipe, **limit: float) -> Recipe:
    """One of the three limits; an optimizer takes no two of them."""
    from diagnose.recipes.compiled import adjusted

    none = dict.fromkeys(LIMITS)
    return recipe.recompiled(optimizer=lambda old: adjusted(old, **{**none, **limit}))


@technique(
    area="learning",
    edits="compile",
    source="Pascanu, Mikolov and Bengio (2013)",
    edit=_edit,
    settings=_settings,
)
def gradient_clipping(case: Case) -> Advice:
    """clipnorm 1.0 on the user's own optimizer."""
    today, (limit, value) = rate(case), next(iter((case.settings or {"clipnorm": 1.0}).items()))
    written = f"keras.optimizers.Adam(learning_rate={number(today) if today else '0.001'}, {limit}={value})"
    return Advice(
        f"Adam(learning_rate=..., {limit}={value}){'' if case.settings else ', or clipvalue=0.5'}",
        f"{seen(case)}: a limit on the gradient's length keeps one bad batch from throwing the weights away.",
        snippet(f"""
import keras

model = build_model()
model.optimizer.{limit} = {value}  # by hand: {written}
{fit(case, callbacks="keras.callbacks.TerminateOnNaN()")}
"""),
    )
