"""Weight averaging: one model whose weights are the average over many updates (Polyak, EMA, SWA).

What it changes
    The optimizer keeps a moving average of all weights beside them; evaluation and the final model use the average.

When it helps
    The curve jumps around a good level at the end. One training, one model, no cost at prediction.

Settings
    use_ema=True, ema_momentum=0.99 (0.999 for runs of many thousand steps), SwapEMAWeights in fit.
    The average spans about 1 / (1 - momentum) updates.

Risks
    Early in a run the average lags behind. With batch normalization its statistics belong to the plain weights:
    let them run over the training data again.

Sources
    Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging (1992).
    Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization (2018).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, number, rate, snippet
from diagnose.techniques_reason import seen


@technique(area="prediction", edits="compile", source="Polyak and Juditsky (1992); Izmailov et al. (2018)")
def weight_averaging(case: Case) -> Advice:
    """A moving average of momentum 0.99 in the user's own optimizer."""
    today = rate(case)
    written = f"keras.optimizers.Adam({number(today) if today else '0.001'}, use_ema=True, ema_momentum=0.99)"
    return Advice(
        "Adam(use_ema=True), callbacks=[SwapEMAWeights()]",
        f"{seen(case)}: the average of the last weights lies between the jumps.",
        snippet(f"""
import keras

model = build_model()
# by hand: {written}
model.optimizer.use_ema = True
model.optimizer.ema_momentum = 0.99
{fit(case, callbacks="keras.callbacks.SwapEMAWeights()")}
# validation uses the averaged weights, and after fit the model holds the averaged weights
"""),
    )
