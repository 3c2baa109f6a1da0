"""Snapshot ensemble: several good, different models from one run with a cyclic learning rate.

What it changes
    The rate falls along a cosine and jumps back up, five times; at each low point the model is kept.

When it helps
    Variance between runs, and time for one training only.

Settings
    5 cycles of equal length, each long enough to converge (20 epochs and more); a high first rate, SGD 0.1 to 0.01.

Risks
    Cycles too short give weak members, too low a rate gives equal ones. The waves in the curve are meant: early
    stopping, and what else changes the rate, must be left out.

Sources
    Huang et al., Snapshot Ensembles: Train 1, Get M for Free (2017).
    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, number, rate, setting, share_of_epochs, snippet
from diagnose.techniques_models import AVERAGED, BUILT
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

CYCLES, SHORTEST = 5, 4  # cycles of the run; epochs of a cycle that can still learn something


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """From today's rate, and from higher ones: a restart must leave the minimum that was found."""
    from diagnose.recipes import CannotEdit

    cycles = min(CYCLES, facts.epochs // SHORTEST)
    if cycles < 2:
        raise CannotEdit(f"{facts.epochs} epochs are too few for cycles of {SHORTEST} or more")
    if facts.learning_rate is None:  # a schedule's own highest rate
        return ({"cycles": cycles, "learning_rate": None},)
    rates = [float(f"{factor * facts.learning_rate:.2g}") for factor in (1, 3, 10)]
    return [{"cycles": cycles, "learning_rate": rate} for rate in rates]


def _edit(recipe: Recipe, cycles: int, learning_rate: float | None = None) -> Recipe:
    """Cosine-annealed restarts within the epochs of the run; the models at the troughs predict together."""
    from diagnose.recipes import ensembles

    alone = ensembles.alone(recipe)
    return alone.trained(lambda one, seed: ensembles.cycled(one, seed, cycles, learning_rate)).noted(
        "Early stopping, if there is any, is left out: it takes the waves of the rate for the end."
    )


@technique(
    area="prediction",
    edits="predict",
    source="Huang et al. (2017), Snapshot Ensembles",
    edit=_edit,
    settings=_settings,
)
def snapshot_ensemble(case: Case) -> Advice:
    """Five cosine cycles over the run, a member at the end of each."""
    today, cycles = setting(case, "learning_rate", rate(case)), setting(case, "cycles", CYCLES)
    highest = number(today) if today else "float(model.optimizer.learning_rate)"
    cycle = share_of_epochs(case, 1 / cycles, 1)
    return Advice(
        f"cosine learning rate in {cycles} cycles, average the {cycles} models",
        f"{seen(case)}: each restart leads to another good model, and their average varies less than one.",
        snippet(f"""
import math

import keras

model = build_model()
highest = {highest}
cycle = {cycle}  # epochs a cycle: {cycles} of them in the run
kept = []
cosine = keras.callbacks.LearningRateScheduler(
    lambda epoch, rate: highest * (1 + math.cos(math.pi * (epoch % cycle) / cycle)) / 2
)
keep = keras.callbacks.LambdaCallback(
    on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()) if (epoch + 1) % cycle == 0 else None
)
{fit(case, callbacks="cosine, keep")}

members = []
for weights in kept[-{cycles}:]:
    members.append(build_model())
    {BUILT.format(model="members[-1]", indent="    ")}
    members[-1].set_weights(weights)

{AVERAGED}
"""),
    )
