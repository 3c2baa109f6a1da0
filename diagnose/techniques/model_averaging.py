"""Model averaging ensemble: train several times, average the predictions.

What it changes
    Prediction: five to ten models of the same configuration from different seeds answer together.

When it helps
    Runs end far apart, or the epoch at which you stop decides the result. The first choice for variance.

Settings
    5 to 10 members. Quantities and probabilities are averaged; where models give logits, their probabilities are:
    the mean of logits lets one member that is wrong and very sure outvote the others.

Risks
    Training and prediction cost as many times as much. Members that all make the same mistake gain nothing.

Sources
    Hansen and Salamon, Neural Network Ensembles (1990).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 7.11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import setting, snippet
from diagnose.techniques_models import AVERAGED, seeded_members
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    return ({"members": 5}, {"members": 10})


def _edit(recipe: Recipe, members: int) -> Recipe:
    """Several models from several seeds, their predictions averaged."""
    from diagnose.recipes import training

    inner = training.way(recipe)
    return recipe.trained(
        lambda one, seed: training.together(inner(one, training.member_seed(seed, at)) for at in range(members))
    )


@technique(
    area="prediction",
    edits="predict",
    source="Hansen and Salamon (1990), Neural Network Ensembles",
    edit=_edit,
    settings=_settings,
)
def model_averaging(case: Case) -> Advice:
    """Five members from five seeds, joined to one Keras model."""
    return Advice(
        f"train {setting(case, 'members', 5)} times, average the predictions",
        f"{seen(case)}: the average of several runs varies far less than any one of them.",
        snippet(f"""
import keras

{seeded_members(case)}
{AVERAGED}
"""),
    )
