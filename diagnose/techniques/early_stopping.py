"""Early stopping: end the training where validation was best, and keep those weights.

What it changes
    Training ends when the watched score has not improved for some epochs (patience); the best weights are restored.

When it helps
    Validation improves and then gets worse: overfit, overconfident, collapsed runs. It belongs into most trainings.

Settings
    patience 10% of the epochs, more where the run waited longer for a new best; restore_best_weights=True; epochs large.
    Prechelt's criteria: GL > 5 (validation loss 5% over its lowest), PQ > 2 (that over the progress in training), UP 4
    (higher after 4 strips of 5 epochs). GL finds a good solution most often, PQ the best average where overfitting is
    slight, else UP. Slow ones gain about 4% on average for about 4 times the training time.

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
from diagnose.techniques_code import brief, fit, fit_judged, patience, rounds, snippet, watch
from diagnose.techniques_reason import boosts, cause, library, seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


# Of each criterion a slow setting among Prechelt's: a loss over mini-batches is noisier than the ones he measured.
SLOW = {"GL": 5.0, "PQ": 2.0, "UP": 4}
CRITERIA = {
    "GL": ("loss > {alpha}", "the validation loss is too far over its lowest"),
    "PQ": (
        "end and loss > {alpha} * 1000 * (np.mean(strip) / min(strip) - 1)",
        "it is so far over its lowest that the progress in training is not worth it",
    ),
    "UP": (
        "end and len(ends) > {rises} and np.all(np.diff(ends) > 0)",
        "it was higher at the ends of several strips of five epochs in a row",
    ),
}
SHORT = 30  # epochs below which no strips of five can rise often enough to be told from noise


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """Patience, then a criterion: UP where it overfits, else PQ; GL finds a good solution most often."""
    first: Settings = {"patience": facts.patience}
    if facts.epochs < SHORT:
        return (first,)
    second = "UP" if rule in ("overfit", "overconfident", "collapse") else "PQ"
    return (first, *({"criterion": name, "alpha": SLOW[name]} for name in (second, "GL")))


def _edit(recipe: Recipe, patience: int | None = None, criterion: str | None = None, alpha: float = 0.0) -> Recipe:
    """Stop when the validation loss has not improved for some epochs, or by Prechelt's criterion; keep the best weights."""
    import keras

    from diagnose.recipes import CannotEdit
    from diagnose.recipes.stopping import Prechelt

    for own in keras.tree.flatten(recipe.arguments.get("callbacks") or []):
        if isinstance(own, keras.callbacks.EarlyStopping) and own.restore_best_weights:
            raise CannotEdit("the training stops early and keeps the best weights already")
    if criterion is not None:
        return recipe.watched(lambda _: Prechelt(criterion, alpha))
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
    found = case.settings or {}
    if "criterion" in found:
        return _by_criterion(case, found["criterion"], found["alpha"])
    wait, restore = found.get("patience") or patience(case), "restore_best_weights=True"
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


def _by_criterion(case: Case, criterion: str, alpha: float) -> Advice:
    best_at = case.curves.label(case.best_epoch)
    rule, text = CRITERIA[criterion]
    return Advice(
        f"stop by Prechelt's {criterion} with {alpha:g}, keep the best weights",
        f"{seen(case)}: stop there and keep the weights of {best_at}.",
        snippet(f"""
import keras
import numpy as np

class Stop(keras.callbacks.Callback):
    \"\"\"Prechelt (1998), {criterion}: {text}.\"\"\"

    def on_train_begin(self, logs=None):
        self.train, self.held = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.train.append(logs["loss"])
        self.held.append(logs["val_loss"])
        if self.held[-1] <= min(self.held):
            self.weights = self.model.get_weights()
        loss = 100 * (self.held[-1] / min(self.held) - 1)  # percent over the lowest
        strip, ends = self.train[-5:], self.held[4::5][-{int(alpha) + 1}:]
        end = len(self.held) % 5 == 0
        self.model.stop_training |= bool({rule.format(alpha=f"{alpha:g}", rises=int(alpha))})

    def on_train_end(self, logs=None):
        self.model.set_weights(self.weights)

{fit_judged(case, callbacks="Stop()")}
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
