"""Shuffling: a new random order of the examples in every epoch.

What it changes
    The order in which examples arrive, so that neighbours are as unlike as possible.

When it helps
    Data sorted by class, time or source: the loss swings or jumps with the order of the file.

Settings
    Arrays: fit(shuffle=True), the default. tf.data: dataset.shuffle(10_000) before batch; fit does not shuffle it.
    validation_split takes the last rows unshuffled: shuffle before it.

Risks
    Stateful recurrent models and forecasts need the order inside a sequence: shuffle whole sequences only.

Sources
    LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), 4.2. Bottou, Stochastic Gradient Descent Tricks (2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, snippet
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if facts.shuffled:
        raise CannotEdit("fit shuffles the rows in every epoch already")
    return ({},)


def _edit(recipe: Recipe) -> Recipe:
    """All rows in a new order in every epoch: fit does it with arrays, the stream itself where it is one of tf.data."""
    from diagnose.recipes import rows

    rows.free(recipe.build(), "shuffling")
    return rows.shuffled(recipe)


@technique(
    area="learning",
    edits="data",
    source="LeCun et al. (1998), Efficient BackProp, 4.2",
    edit=_edit,
    settings=_settings,
)
def shuffling(case: Case) -> Advice:
    """Shuffle once, inputs and labels together, and in every epoch."""
    return Advice(
        "dataset.shuffle(10_000).batch(32); arrays: shuffle=True",
        f"{seen(case)}: in a random order every batch resembles the whole set, so updates stop pulling to and fro.",
        snippet(f"""
import numpy as np

order = np.random.default_rng(1).permutation(len(x_train))
x_train, y_train = x_train[order], y_train[order]  # inputs and labels in the same new order
{fit(case, more=", shuffle=True")}
# a tf.data.Dataset: dataset.shuffle(10_000, reshuffle_each_iteration=True).batch(32)
"""),
    )
