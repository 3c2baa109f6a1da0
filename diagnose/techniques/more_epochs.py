"""More epochs: train until validation, not the clock, says stop.

What it changes
    The number of passes over the data: set it large and let early stopping end the run.

When it helps
    Both losses were still falling when training ended.

Settings
    2x today's epochs, then 4x, with early stopping (patience about 10% of the epochs) and the best weights restored.

Risks
    A good fit trained longer overfits: never without early stopping. If twice the epochs gain less than 10%, raise
    the learning rate instead. A learning-rate schedule ends before the run does unless it is drawn out with it.

Sources
    Prechelt, Early Stopping, But When? (1998).
    Hoffer, Hubara and Soudry, Train longer, generalize better (2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import brief, epochs, fit, patience, rounds, snippet, watch
from diagnose.techniques_reason import boosts, cause, library, seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if 0 < facts.ran < facts.epochs:
        raise CannotEdit(f"something ended the training at epoch {facts.ran} of {facts.epochs}: more would not be used")
    first, second = (4, 2) if rule == "slow-learning" else (2, 4)
    return ({"times": first}, {"times": second})


def _edit(recipe: Recipe, times: int) -> Recipe:
    """More epochs with early stopping; a learning-rate schedule of the optimizer is drawn out with them."""
    import keras

    from diagnose.evidence import waiting
    from diagnose.recipes.compiled import stretched

    total = times * recipe.epochs
    stop = {"patience": waiting.patience(total), "restore_best_weights": True}
    longer = recipe.recompiled(optimizer=lambda old: stretched(old, times))
    return longer.fitted(epochs=total).watched(lambda _: keras.callbacks.EarlyStopping("val_loss", **stop))


@technique(
    area="learning",
    edits="fit",
    source="Prechelt (1998), Early Stopping, But When?",
    edit=_edit,
    settings=_settings,
)
def more_epochs(case: Case) -> Advice:
    """Twice the epochs (four times for slow learning), ended by early stopping."""
    times = (case.settings or {}).get("times") or (4 if case.finding.rule == "slow-learning" else 2)
    word = {2: "twice", 4: "four times"}.get(times, f"{times} times")
    if boosts(case):
        return _of_trees(case, times, word)
    total, wait = f"epochs={epochs(case, times)} ({times}x)", patience(case, times)
    return Advice(
        brief(f"{total}, with EarlyStopping(patience={wait})", total),
        f"{seen(case)}: {word} the epochs let it finish, and early stopping ends it in time.",
        snippet(f"""
import keras

stop = keras.callbacks.EarlyStopping({watch(case)}, patience={wait}, restore_best_weights=True)
{fit(case, times, "stop")}  # {times}x
"""),
    )


def _of_trees(case: Case, times: int, word: str) -> Advice:
    setting = "iterations" if library(case) == "catboost" else "n_estimators"
    many, wait = times * rounds(case), rounds(case, 0.1, 5)
    return Advice(
        brief(f"{setting}={many} ({times}x), early_stopping_rounds={wait}", f"{setting}={many} ({times}x)"),
        f"{cause(case)}: {word} the trees let it finish, and early stopping ends it in time.",
        snippet(f"""
import numpy as np

model = build_booster()
model.set_params({setting}={many}, early_stopping_rounds={wait})  # {times}x
model.fit(x_train, y_train, eval_set=[(x_val, y_val)])
print("score:", np.round(model.score(x_val, y_val), 4))
"""),
    )
