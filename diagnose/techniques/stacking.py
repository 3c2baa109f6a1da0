"""Stacked generalization: a model learns how to combine the members' predictions.

What it changes
    A small model on top takes the members' predictions as inputs and is trained on data they have not seen.

When it helps
    Members of different kinds that are good at different examples.

Settings
    3 to 10 members; on top one layer (linear or logistic), trained on holdout or out-of-fold predictions.

Risks
    Trained on the members' own training data it only trusts the most overfitted one. Keep part of the holdout to judge.
    A re-run has one number a member and class, non-negative for quantities, held near the mean; 20 rows at least.

Sources
    Wolpert, Stacked Generalization (1992). Breiman, Stacked Regressions (1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import setting, snippet
from diagnose.techniques_models import ONE_MODEL, seeded_members
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

FEWEST = 20  # validation rows below which nothing can be learnt of how to combine


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if facts.validation_rows < FEWEST:
        raise CannotEdit(f"{facts.validation_rows} validation rows are too few to fit a model on: use {FEWEST} or more")
    return ({"members": 5}, {"members": 10})


def _edit(recipe: Recipe, members: int) -> Recipe:
    """Several models from several seeds; a linear or logistic model on top, fitted on the validation rows."""
    from diagnose.recipes import blending

    return blending.blended(recipe, members, blending.stacked)


@technique(
    area="prediction",
    edits="predict",
    source="Wolpert (1992), Stacked Generalization",
    edit=_edit,
    settings=_settings,
)
def stacking(case: Case) -> Advice:
    """Five frozen members under one new output layer, trained on half of the validation data."""
    return Advice(
        f"one layer on top of {setting(case, 'members', 5)} models, trained on holdout data",
        f"{seen(case)}: a layer that learns whom to trust gives steadier answers than one run.",
        snippet(f"""
import keras

{seeded_members(case)}    members[-1].trainable = False

{ONE_MODEL}answers = keras.layers.concatenate([member(inputs) for member in members])
last = members[0].layers[-1].get_config().get("activation")
combine = keras.layers.Dense(members[0].output_shape[-1], activation=last)
stacked = keras.Model(inputs, combine(answers))
stacked.compile_from_config(members[0].get_compile_config())

half = len(x_val) // 2  # one half to combine, the other to judge
stacked.fit(x_val[:half], y_val[:half], epochs=50, verbose=0)
print(stacked.evaluate(x_val[half:], y_val[half:], return_dict=True))
"""),
    )
