"""Resplit: a shuffled, stratified, larger validation set, or repeated k-fold.

What it changes
    Which examples are for training and which for validation, so that both are samples of the same thing.

When it helps
    Validation jumps around, is easier than training, or stays far from it because the split was by order.

Settings
    20 to 30% for validation, stratified by class, shuffled. Under about 1,000 examples: 5-fold repeated 3 times.
    The error of an accuracy p on n examples is about sqrt(p (1 - p) / n): 0.03 at p = 0.9, n = 100.

Risks
    Keras' validation_split takes the last rows before shuffling. Same patient, user or video: split by group.
    Time series: the last part stays the validation set.

Sources
    Kohavi, A Study of Cross-Validation and Bootstrap for Accuracy Estimation and Model Selection (1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.metrics import is_accuracy
from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import best_judged, classifies, fit_judged, snippet
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


FEW = 1000  # rows below which folds are used instead of one split


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """More rows for the side that was found too small, classes and chance alike on both."""
    from diagnose.recipes import CannotEdit

    if facts.task == "regression" and facts.has("LSTM", "GRU", "SimpleRNN", "Bidirectional", "RNN", "ConvLSTM2D"):
        raise CannotEdit("windows of one series may overlap, and would stand on both sides of a random split")
    share = 0.3 if rule in ("unrepresentative-validation", "validation-easier", "suspected-leak") else 0.2
    split, folds = {"share": share}, {"folds": 5}
    return (folds, split) if facts.rows + facts.validation_rows < FEW else (split, folds)


def _edit(recipe: Recipe, share: float | None = None, folds: int | None = None) -> Recipe:
    """Training and validation rows drawn anew from both together, by class; the trial's seed draws them or picks the fold."""
    from diagnose.recipes import rows

    rows.free(recipe.build(), "another split")
    return rows.resplit(recipe, share, folds)


@technique(
    area="generalization",
    edits="data",
    source="Kohavi (1995), A Study of Cross-Validation and Bootstrap",
    edit=_edit,
    settings=_settings,
)
def resplit(case: Case) -> Advice:
    """Put the parts together and split anew, several times."""
    found = case.settings or {}
    if "folds" in found:
        return _in_folds(case, found["folds"])
    share = found.get("share", 0.3)
    labels = any(is_accuracy(one.metric) for one in case.curves.series)  # quantities can't be stratified
    quantity = classifies(case) is False
    few = "y if y.ndim == 1 and len(np.unique(y)) <= 20 else None  # None: quantities are not stratified"
    return Advice(
        f"train_test_split(x, y, test_size={share}{', stratify=y' if labels else ''})",
        f"{seen(case)}: a larger, shuffled{', stratified' if labels else ''} validation set measures what training sets"
        " out to learn.",
        snippet(f"""
import numpy as np
from sklearn.model_selection import train_test_split

x, y = np.concatenate([x_train, x_val]), np.concatenate([y_train, y_val])
{"" if quantity else f"classes = {few}"}
scores = []
for seed in range(5):  # on little data: Repeated{"" if quantity else "Stratified"}KFold(n_splits=5, n_repeats=3)
    x_train, x_val, y_train, y_val = train_test_split(
        x, y, test_size={share}{"" if quantity else ", stratify=classes"}, random_state=seed
    )
    model = build_model()
    history = {fit_judged(case, more=", verbose=0")}
    scores.append({best_judged(case)})
print(f"{{np.mean(scores):.4f}} +- {{np.std(scores, ddof=1):.4f}}")
"""),
    )


def _in_folds(case: Case, folds: int) -> Advice:
    kind = "KFold" if classifies(case) is False else "StratifiedKFold"
    return Advice(
        f"{kind}({folds}): each part is the validation set once",
        f"{seen(case)}: every example is measured on once, and no one split decides.",
        snippet(f"""
import numpy as np
from sklearn.model_selection import {kind}

x, y = np.concatenate([x_train, x_val]), np.concatenate([y_train, y_val])
scores = []
for train, val in {kind}({folds}, shuffle=True, random_state=1).split(x, y):
    x_train, x_val, y_train, y_val = x[train], x[val], y[train], y[val]
    model = build_model()
    history = {fit_judged(case, more=", verbose=0")}
    scores.append({best_judged(case)})
print(f"{{np.mean(scores):.4f}} +- {{np.std(scores, ddof=1):.4f}}")
"""),
    )
