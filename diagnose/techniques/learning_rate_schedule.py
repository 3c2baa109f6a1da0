"""Learning-rate schedule: large steps first, small ones once progress stalls.

What it changes
    The learning rate falls during training: when the watched score stops improving, it is multiplied by 0.1.

When it helps
    Runs that come close and then swing or drift: oscillating, high variance at the end, a plateau above the best.

Settings
    ReduceLROnPlateau: factor 0.1 (gentle: 0.5), patience 5 to 10 epochs, shorter than early stopping's patience.
    Alternatives: 1/t decay, cosine decay.

Risks
    With too little patience the rate dies before the work is done, and the flat tail looks like convergence.
    It cannot save a run whose first rate is far too high.

Sources
    Bottou, Stochastic Gradient Descent Tricks (2012).
    Bengio, Practical Recommendations for Gradient-Based Training of Deep Architectures (2012).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import brief, fit, number, rate, share_of_epochs, snippet, watch
from diagnose.techniques_reason import seen


@technique(area="learning", edits="fit", source="Bottou (2012), Stochastic Gradient Descent Tricks")
def learning_rate_schedule(case: Case) -> Advice:
    """Reduce on plateau of the watched curve, with a patience of a twentieth of the run (3 to 10)."""
    wait, today = share_of_epochs(case, 0.05, 3, 10), rate(case)
    least = number(today / 1000) if today else "1e-6"
    line = f"ReduceLROnPlateau({watch(case)}, factor=0.1, patience={wait})"
    return Advice(
        brief(line, f"ReduceLROnPlateau(factor=0.1, patience={wait})", "ReduceLROnPlateau(factor=0.1)"),
        f"{seen(case)}: a rate that falls by ten whenever progress stalls lets the weights settle.",
        snippet(f"""
import keras

schedule = keras.callbacks.ReduceLROnPlateau({watch(case)}, factor=0.1, patience={wait}, min_lr={least})
{fit(case, callbacks="schedule")}
# or fixed in advance: keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.01, decay_steps=10_000))
"""),
    )
