"""Resampling ensemble: members from different samples of the training data (bagging).

What it changes
    Each member is trained on its own bootstrap sample, random split or fold; their predictions are averaged.

When it helps
    High variance on small data; it also yields an estimate of the spread, from the rows a member did not see.

Settings
    5 to 10 members; bootstrap (drawn with replacement, about 63% of the rows each), k folds (each member without one),
    or random splits (80% of the rows).

Risks
    Each member sees less data and is weaker alone. A fixed test set must stay outside all samples.

Sources
    Breiman, Bagging Predictors (1996). Krogh and Vedelsby, Neural Network Ensembles, Cross Validation (1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, setting, snippet
from diagnose.techniques_models import AVERAGED
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

FEWEST = 20  # training rows of which a sample is still a training set
SHARE = 0.8  # of the rows, in a random split
DRAWN = {
    "bootstrap": "np.random.default_rng(seed).integers(len(x_train), size=len(x_train))  # drawn with replacement",
    "folds": "np.flatnonzero(np.random.default_rng(0).permutation(len(x_train)) % {members} != seed)  # all folds but one",
    "splits": "np.random.default_rng(seed).permutation(len(x_train))[: int({share} * len(x_train))]  # a random part",
}
CALLED = {"bootstrap": "bootstrap samples", "folds": "k-fold samples", "splits": "random splits"}


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if facts.rows < FEWEST:
        raise CannotEdit(f"{facts.rows} training rows are too few to train on parts of them: use {FEWEST} or more")
    return [{"how": how, "members": 5} for how in DRAWN]


def _edit(recipe: Recipe, how: str, members: int) -> Recipe:
    """Several models from several seeds, each on a sample of the training rows; the validation rows stay outside."""
    from diagnose.recipes import training

    inner = training.way(recipe)

    def train(given: Recipe, seed: int) -> Any:
        once = {name: value for name, value in given.arguments.items() if name != "steps_per_epoch"}
        one = replace(given, arguments=once)  # an epoch is all rows of a sample
        return training.together(
            inner(
                one.on(lambda data, rows=rows: data.only(data.train.take(rows))),  # type: ignore[misc]
                training.member_seed(seed, at),
            )
            for at, rows in enumerate(_samples(one.data.train, how, members, seed))
        )

    streamed = "The rows come from one pass through the dataset: what it shuffles or augments itself is not repeated."
    return recipe.trained(train).noted(*([streamed] if recipe.data.train.stream is not None else ()))


def _samples(part: Any, how: str, members: int, seed: int) -> list[Any]:
    """Row indices for each member; every class in its share, but for the bootstrap, which draws without looking."""
    import numpy as np

    from diagnose.recipes.data import classes_of, folds, split_rows

    if how == "folds":
        out = folds(part, members, seed)
        return [np.setdiff1d(np.arange(part.rows), rows) for rows in out]
    seeds = [int(one) for one in np.random.SeedSequence(seed).generate_state(members)]
    if how == "splits":
        return [split_rows(part, 1 - SHARE, one, classes_of(part.y))[0] for one in seeds]
    return [np.random.default_rng(one).integers(part.rows, size=part.rows) for one in seeds]


@technique(
    area="prediction",
    edits="predict",
    source="Breiman (1996), Bagging Predictors",
    edit=_edit,
    settings=_settings,
)
def resampling_ensemble(case: Case) -> Advice:
    """Five members from five bootstrap samples, joined to one Keras model."""
    how, members = setting(case, "how", "bootstrap"), setting(case, "members", 5)
    rows = DRAWN[how].format(members=members, share=SHARE)
    return Advice(
        f"{members} models on {CALLED[how]}, predictions averaged",
        f"{seen(case)}: members that saw different samples err differently, and their average errs less.",
        snippet(f"""
import keras
import numpy as np

members = []
for seed in range({members}):
    keras.utils.set_random_seed(seed)
    rows = {rows}
    members.append(build_model())
    {fit(case, more=", verbose=0", model="members[-1]", rows="[rows]")}

{AVERAGED}
"""),
    )
