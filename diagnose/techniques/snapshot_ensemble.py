"""Snapshot ensemble: several good, different models from one run with a cyclic learning rate.

What it changes
    The rate falls along a cosine and jumps back up, five times; at each low point the model is kept.

When it helps
    Variance between runs, and time for one training only.

Settings
    5 cycles of equal length, each long enough to converge (20 epochs and more); a high first rate, SGD 0.1 to 0.01.

Risks
    Cycles too short give weak members, too low a rate gives equal ones. The waves in the curve are meant.

Sources
    Huang et al., Snapshot Ensembles: Train 1, Get M for Free (2017).
    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (2017).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import AVERAGED, BUILT, fit, number, rate, share_of_epochs, snippet
from diagnose.techniques_reason import seen


@technique(area="prediction", edits="predict", source="Huang et al. (2017), Snapshot Ensembles")
def snapshot_ensemble(case: Case) -> Advice:
    """Five cosine cycles over the run, a member at the end of each."""
    today = rate(case)
    highest = number(today) if today else "float(model.optimizer.learning_rate)"
    cycle = share_of_epochs(case, 0.2, 1)
    return Advice(
        "cosine learning rate in 5 cycles, average the 5 models",
        f"{seen(case)}: each restart leads to another good model, and their average varies less than one.",
        snippet(f"""
import math

import keras

model = build_model()
highest = {highest}
cycle = {cycle}  # epochs a cycle: a fifth of the run
kept = []
cosine = keras.callbacks.LearningRateScheduler(
    lambda epoch, rate: highest * (1 + math.cos(math.pi * (epoch % cycle) / cycle)) / 2
)
keep = keras.callbacks.LambdaCallback(
    on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()) if (epoch + 1) % cycle == 0 else None
)
{fit(case, callbacks="cosine, keep")}

members = []
for weights in kept[-5:]:
    members.append(build_model())
    {BUILT.format(model="members[-1]", indent="    ")}
    members[-1].set_weights(weights)

{AVERAGED}
"""),
    )
