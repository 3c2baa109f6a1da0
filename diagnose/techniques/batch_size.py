"""Batch size: how many examples decide one update.

What it changes
    Small batches: noisy gradients, many updates an epoch, a regularizing effect. Large ones: exact, slow per epoch.

When it helps
    Larger for curves that swing; smaller for slow learning, or for overfit with very large batches.

Settings
    1 (online), 32 (Keras' default), the full set; try 8, 32, 128. Powers of two are habit, not law.
    If you multiply the batch by k, try the learning rate times k (up to warm-up and stability).

Risks
    Below about 8, batch normalization's statistics become poor. Fewer updates an epoch need more epochs: compare by
    updates or by time, not by epochs alone.

Sources
    Masters and Luschi, Revisiting Small Batch Training for Deep Neural Networks (2018).
    Goyal et al., Accurate, Large Minibatch SGD (2017). LeCun et al., Efficient BackProp (1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import best, fit, snippet
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

LARGER = {"oscillating", "diverging", "high-variance", "collapse", "unrepresentative-validation", "run-variance"}


LADDER = (8, 32, 128, 512)
MANY = 4096  # rows from which on the whole set as one batch is no setting to try


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """The nearest steps of the ladder, up for unsteady runs, down for slow or stuck ones."""
    from diagnose.recipes import CannotEdit

    today, ladder = facts.batch_size, {*LADDER, *([facts.rows] if facts.rows <= MANY else [])}
    larger = sorted(one for one in ladder if today < one <= facts.rows)
    smaller = sorted((one for one in ladder if one < min(today, facts.rows)), reverse=True)
    wanted = larger if rule in LARGER else [*smaller, *larger[:1]]
    if not wanted:
        raise CannotEdit(f"batches of {today} are the {'largest' if rule in LARGER else 'smallest'} to try")
    return [{"batch_size": one} for one in wanted[:3]]


def _edit(recipe: Recipe, batch_size: int) -> Recipe:
    """Other batches; an epoch keeps its rows."""
    from diagnose.recipes import rows

    rows.free(recipe.build(), "another batch size")
    return rows.rebatched(recipe, batch_size)


@technique(
    area="learning",
    edits="fit",
    source="Masters and Luschi (2018), Revisiting Small Batch Training",
    edit=_edit,
    settings=_settings,
)
def batch_size(case: Case) -> Advice:
    """Larger for unsteady runs, smaller for slow or stuck ones."""
    steady = case.finding.rule in LARGER
    sizes: tuple[int, ...] = (128, 512, 32) if steady else (8, 128, 32)
    effect = "more examples calm each update" if steady else "smaller batches give more updates an epoch"
    if case.settings:
        size = case.settings["batch_size"]
        code = snippet(f"model = build_model()\n{fit(case, more=f', batch_size={size}')}")
        return Advice(f"batch_size={size} in fit (Keras' default is 32)", f"{seen(case)}: {effect}.", code)
    return Advice(
        f"batch_size={sizes[0]} in fit (Keras' default is 32), then {sizes[1]}",
        f"{seen(case)}: {effect}.",
        snippet(f"""
import keras

for size in {sizes}:  # Keras' default is 32
    keras.utils.set_random_seed(1)
    model = build_model()
    history = {fit(case, more=", batch_size=size, verbose=0")}
    print(size, {best(case)})
"""),
    )
