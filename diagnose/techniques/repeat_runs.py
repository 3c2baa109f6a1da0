"""Repeat runs: several seeds, mean and spread, before one run is believed.

What it changes
    What you report, not the model: the mean of several trainings and how far they lie apart.

When it helps
    Runs that end far apart; any comparison of two settings; small validation sets.

Settings
    5 seeds at least, 10 to 30 for small differences. The error of a mean is the deviation / sqrt(runs).
    Two settings differ for certain only if their difference is large against that error.

Risks
    The best of many seeds is luck: never report it as the result. A fixed seed hides variance, it does not lower it.

Sources
    Bouthillier et al., Accounting for Variance in Machine Learning Benchmarks (2021).
    Brownlee, Framework for Better Deep Learning.
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import best, fit, snippet
from diagnose.techniques_reason import seen


@technique(area="prediction", edits="fit", source="Bouthillier et al. (2021), Accounting for Variance")
def repeat_runs(case: Case) -> Advice:
    """Five seeds, mean and standard deviation, each run kept for diagnose --repeats."""
    return Advice(
        "5 seeds with set_random_seed(seed): mean and deviation",
        f"{seen(case)}: the mean and the spread of several seeds show how much of one result is chance.",
        snippet(f"""
import keras
import numpy as np

scores = []
for seed in range(5):
    keras.utils.set_random_seed(seed)
    model = build_model()
    log = keras.callbacks.CSVLogger(f"seed-{{seed}}.csv")
    history = {fit(case, callbacks="log", more=", verbose=0")}
    scores.append({best(case)})
print(f"{{np.mean(scores):.4f}} +- {{np.std(scores, ddof=1):.4f}}")
# then: diagnose --repeats seed-*.csv
"""),
    )
