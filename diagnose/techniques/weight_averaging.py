"""Weight averaging: one model whose weights are the average over many updates (Polyak, EMA, SWA).

What it changes
    The optimizer keeps a moving average of all weights beside them; evaluation and the final model use the average.

When it helps
    The curve jumps around a good level at the end. One training, one model, no cost at prediction.

Settings
    use_ema=True, ema_momentum=0.99 (0.999 for runs of many thousand steps), SwapEMAWeights in fit.
    The average spans about 1 / (1 - momentum) updates. Or the mean of the last quarter of the epochs' weights.

Risks
    Early in a run the average lags behind. With batch normalization its statistics belong to the plain weights:
    let them run over the training data again. Early stopping must compare and restore averaged weights
    (SwapEMAWeights(swap_on_epoch=True) in front of it).

Sources
    Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging (1992).
    Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization (2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, number, rate, setting, snippet
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

SPANS = {0.999: 1000, 0.99: 100, 0.9: 10}  # momentum: updates that the average spans
TAIL = """\
import keras
import numpy as np

model = build_model()
kept = []
keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()))
{fitted}
model.set_weights([np.mean(ones, axis=0) for ones in zip(*kept[-{last}:])])
# with batch normalization, let its statistics run over the training data again: they belong to the plain weights
"""


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """The longest moving average that spans a tenth of the updates at most; then the last quarter of the epochs."""
    from diagnose.recipes import CannotEdit

    updates = facts.epochs * -(-facts.rows // facts.batch_size)
    found: list[Settings] = []
    found += [{"momentum": one} for one, span in SPANS.items() if span <= 0.1 * updates][:1]
    if facts.epochs >= 8:
        found.append({"last": min(50, round(0.25 * facts.epochs))})
    if not found:
        raise CannotEdit(f"{updates} updates in {facts.epochs} epochs are too few to average over their end")
    return found


def _edit(recipe: Recipe, momentum: float | None = None, last: int | None = None) -> Recipe:
    """One model whose weights are a moving average over the updates, or the mean of the last epochs' weights."""
    from diagnose.recipes import ensembles

    return ensembles.alone(recipe).trained(lambda one, seed: ensembles.one_of_many(one, seed, last or 1, momentum))


@technique(
    area="prediction",
    edits="compile",
    source="Polyak and Juditsky (1992); Izmailov et al. (2018)",
    edit=_edit,
    settings=_settings,
)
def weight_averaging(case: Case) -> Advice:
    """A moving average of momentum 0.99 in the user's own optimizer."""
    last, momentum = setting(case, "last", None), setting(case, "momentum", 0.99)
    if last is not None:
        return _of_epochs(case, last)
    today = rate(case)
    written = f"keras.optimizers.Adam({number(today) if today else '0.001'}, use_ema=True, ema_momentum={momentum})"
    return Advice(
        "Adam(use_ema=True), callbacks=[SwapEMAWeights()]",
        f"{seen(case)}: the average of the last weights lies between the jumps.",
        snippet(f"""
import keras

model = build_model()
# by hand: {written}
model.optimizer.use_ema = True
model.optimizer.ema_momentum = {momentum}
{fit(case, callbacks="keras.callbacks.SwapEMAWeights()")}
# validation uses the averaged weights, and after fit the model holds the averaged weights
"""),
    )


def _of_epochs(case: Case, last: int) -> Advice:
    return Advice(
        f"the mean of the last {last} epochs' weights, as one model",
        f"{seen(case)}: the average of the last weights lies between the jumps.",
        snippet(TAIL.format(fitted=fit(case, callbacks="keep"), last=last)),
    )
