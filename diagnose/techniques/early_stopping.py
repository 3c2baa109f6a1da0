"""Early stopping: end the training where validation was best, and keep those weights.

What it changes
    Training ends when the watched score has not improved for some epochs (patience); the best weights are restored.

When it helps
    Validation improves and then gets worse: overfit, overconfident, collapsed runs. It belongs into most trainings.

Settings
    patience about 10% of the epochs; restore_best_weights=True; epochs set large.
    Slow criteria gain about 4% on average for about 4 times the training time (Prechelt).

Risks
    Too little patience stops in a dip. The validation set has now been used to choose: report on a test set.
    The loss and the accuracy may be best at different epochs: watch the one you care for.

Sources
    Prechelt, Early Stopping, But When? (1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import brief, fit, patience, rounds, snippet, watch
from diagnose.techniques_reason import boosts, cause, library, seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    return ({"patience": max(5, round(0.1 * facts.epochs))},)


def _edit(recipe: Recipe, patience: int) -> Recipe:
    """Stop when the validation loss has not improved for some epochs, and keep the best weights."""
    import keras

    return recipe.watched(
        lambda _: keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True)
    )


@technique(
    area="generalization",
    edits="fit",
    source="Prechelt (1998), Early Stopping, But When?",
    edit=_edit,
    settings=_settings,
)
def early_stopping(case: Case) -> Advice:
    """Watch the judged curve with a patience of a tenth of the run."""
    if boosts(case):
        return _of_trees(case)
    wait, restore = patience(case), "restore_best_weights=True"
    watched = "" if watch(case) == '"val_loss"' else f"{watch(case)}, "  # Keras watches val_loss by itself
    best_at = case.curves.label(case.best_epoch)
    return Advice(
        brief(
            f"EarlyStopping({watched}patience={wait}, {restore})",
            f"EarlyStopping({watch(case)}, patience={wait})",
            f"EarlyStopping({restore})",
        ),
        f"{seen(case)}: stop there and keep the weights of {best_at}.",
        snippet(f"""
import keras

stop = keras.callbacks.EarlyStopping({watch(case)}, patience={wait}, {restore})
{fit(case, callbacks="stop")}
"""),
    )


def _of_trees(case: Case) -> Advice:
    wait, best_at = rounds(case, 0.1, 5), case.curves.label(case.best_epoch)
    written = f"callbacks=[lightgbm.early_stopping({wait})]" if library(case) == "lightgbm" else ""
    return Advice(
        written or f"early_stopping_rounds={wait}, with eval_set=[(x_val, y_val)]",
        f"{cause(case)}: stop there and predict with the trees up to {best_at}.",
        snippet(f"""
import numpy as np

model = build_booster()
model.set_params(early_stopping_rounds={wait})  # LightGBM also: fit(callbacks=[lightgbm.early_stopping({wait})])
model.fit(x_train, y_train, eval_set=[(x_val, y_val)])  # the curve that is judged comes last
best = model.best_iteration if hasattr(model, "best_iteration") else model.best_iteration_
print("best round:", best, "score:", np.round(model.score(x_val, y_val), 4))  # predicts with the best round
"""),
    )
