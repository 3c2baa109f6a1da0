"""Resampling ensemble: members from different samples of the training data (bagging).

What it changes
    Each member is trained on its own bootstrap sample, random split or fold; their predictions are averaged.

When it helps
    High variance on small data; it also yields an estimate of the spread, from the rows a member did not see.

Settings
    5 to 10 members; bootstrap (drawn with replacement, about 63% of the rows each), or k folds.

Risks
    Each member sees less data and is weaker alone. A fixed test set must stay outside all samples.

Sources
    Breiman, Bagging Predictors (1996). Krogh and Vedelsby, Neural Network Ensembles, Cross Validation (1995).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import AVERAGED, epochs, snippet
from diagnose.techniques_reason import seen


@technique(area="prediction", edits="predict", source="Breiman (1996), Bagging Predictors")
def resampling_ensemble(case: Case) -> Advice:
    """Five members from five bootstrap samples, joined to one Keras model."""
    return Advice(
        "5 models on bootstrap samples, predictions averaged",
        f"{seen(case)}: members that saw different samples err differently, and their average errs less.",
        snippet(f"""
import keras
import numpy as np

members = []
for seed in range(5):
    keras.utils.set_random_seed(seed)
    rows = np.random.default_rng(seed).integers(len(x_train), size=len(x_train))  # drawn with replacement
    members.append(build_model())
    members[-1].fit(x_train[rows], y_train[rows], epochs={epochs(case)}, verbose=0)

{AVERAGED}
"""),
    )
