"""Horizontal ensemble: the models of one run's last epochs answer together.

What it changes
    The weights at the end of each of the last epochs are kept, and their predictions are averaged.

When it helps
    The curve jumps from epoch to epoch at the end, and training several times is too dear.

Settings
    The last 10 to 50 epochs, or every second one; all past the point where the mean stopped improving.

Risks
    Members of one run resemble each other: less gain than from separate runs. Of no use where the run has overfitted:
    with early stopping that goes back to the best epoch, take the epochs up to that one.

Sources
    Xie, Xu and Chuang, Horizontal and Vertical Ensemble with Deep Representation for Classification (2013).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, setting, share_of_epochs, snippet
from diagnose.techniques_models import AVERAGED, BUILT
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

FEWEST = 10  # epochs of a run whose end can be told from its beginning


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """A tenth of the run, then a quarter; never the half in which it still learnt."""
    from diagnose.recipes import CannotEdit

    if facts.epochs < FEWEST:
        raise CannotEdit(f"{facts.epochs} epochs are too few to take members from their end: use {FEWEST} or more")
    found = [max(5, round(0.1 * facts.epochs)), max(10, round(0.25 * facts.epochs))]
    return [{"last": last} for last in sorted({min(one, 50, facts.epochs // 2) for one in found})]


def _edit(recipe: Recipe, last: int) -> Recipe:
    """The models of the last epochs, up to the one that the training ends with, predict together."""
    from diagnose.recipes import ensembles

    return ensembles.alone(recipe).trained(lambda one, seed: ensembles.course(one, seed, ensembles.Keep(last)))


@technique(
    area="prediction",
    edits="predict",
    source="Xie, Xu and Chuang (2013), Horizontal and Vertical Ensemble",
    edit=_edit,
    settings=_settings,
)
def horizontal_ensemble(case: Case) -> Advice:
    """Members from the last tenth of the run, at least 5."""
    many = str(setting(case, "last", share_of_epochs(case, 0.1, 5, 50)))
    last = f"the last {many} epochs' models" if many.isdigit() else "the last epochs' models"
    return Advice(
        f"average predictions of {last}",
        f"{seen(case)}: averaging the last epochs' models cancels what each of them has by chance.",
        snippet(f"""
import keras

model = build_model()
kept = []
keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()))
{fit(case, callbacks="keep")}

members = []
for weights in kept[-{many}:]:  # the last epochs
    members.append(build_model())
    {BUILT.format(model="members[-1]", indent="    ")}
    members[-1].set_weights(weights)

{AVERAGED}
"""),
    )
