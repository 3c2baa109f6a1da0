"""Weighted average ensemble: better members count more.

What it changes
    The members' predictions are averaged with weights that are chosen on holdout data (blending).

When it helps
    Several models are at hand and differ in quality; a plain average lets the weak ones drag it down.

Settings
    Weights not below 0 that add up to 1. A few hundred random draws, or the members' validation scores as weights.

Risks
    Weights fitted on validation data overfit it: judge on a test set. With equal members the plain average is as good.
    A re-run holds them near equal by a prior of one row a member, and needs 20 validation rows.

Sources
    Perrone and Cooper, When Networks Disagree: Ensemble Methods for Hybrid Neural Networks (1993).
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

FEWEST = 20  # validation rows that can tell members apart at all


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """More members first need more validation rows to be told apart."""
    from diagnose.recipes import CannotEdit

    if facts.validation_rows < FEWEST:
        raise CannotEdit(
            f"{facts.validation_rows} validation rows are too few to weigh members by: use {FEWEST} or more"
        )
    return ({"members": 5}, {"members": 10})


def _edit(recipe: Recipe, members: int) -> Recipe:
    """Several models from several seeds; the weights of their mean make the validation loss least."""
    from diagnose.recipes import blending

    return blending.blended(recipe, members, blending.weighted)


@technique(
    area="prediction",
    edits="predict",
    source="Perrone and Cooper (1993), When Networks Disagree",
    edit=_edit,
    settings=_settings,
)
def weighted_average_ensemble(case: Case) -> Advice:
    """Five members under one layer of weights, chosen at random on validation data."""
    return Advice(
        f"{setting(case, 'members', 5)} models, averaged with weights chosen on holdout data",
        f"{seen(case)}: an average in which better runs count more varies less than one run.",
        snippet(f"""
import keras
import numpy as np

{seeded_members(case)}
{ONE_MODEL}answers = [keras.ops.expand_dims(member(inputs), -1) for member in members]
weigh = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(1 / len(members)))
ensemble = keras.Model(inputs, keras.ops.squeeze(weigh(keras.layers.concatenate(answers)), -1))
ensemble.compile_from_config(members[0].get_compile_config())

tried = [np.full(len(members), 1 / len(members)), *np.random.default_rng(1).dirichlet(np.ones(len(members)), 30)]

def loss_with(weights):
    weigh.set_weights([weights.reshape(-1, 1)])
    return ensemble.evaluate(x_val, y_val, verbose=0, return_dict=True)["loss"]

chosen = min(tried, key=loss_with)
print("weights", chosen.round(2), "loss", loss_with(chosen))  # the report's figure comes from a test set
"""),
    )
