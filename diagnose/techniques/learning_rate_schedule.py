"""Learning-rate schedule: large steps first, small ones once progress stalls.

What it changes
    The learning rate falls during training: when the watched score stops improving, it is multiplied by 0.1.

When it helps
    Runs that come close and then swing or drift: oscillating, high variance at the end, a plateau above the best.

Settings
    ReduceLROnPlateau: factor 0.1 (gentle: 0.5), patience 5 to 10 epochs, shorter than early stopping's patience.
    1/t decay: the first rate / (1 + t / tau), halved after tau epochs (a tenth of the run). Or cosine decay.

Risks
    With too little patience the rate dies before the work is done, and the flat tail looks like convergence.
    It cannot save a run whose first rate is far too high. Not on top of a schedule that is there already.

Sources
    Bottou, Stochastic Gradient Descent Tricks (2012).
    Bengio, Practical Recommendations for Gradient-Based Training of Deep Architectures (2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import brief, fit, number, rate, share_of_epochs, snippet, watch
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

FALLING = """\
keras.callbacks.LearningRateScheduler(
    lambda epoch, now, first=[]: (first.append(now) or first[0]) / (1 + epoch / {halved})  # first: the optimizer's rate
)"""


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if facts.learning_rate is None:
        raise CannotEdit("the learning rate follows a schedule already")
    wait = max(3, min(10, round(0.05 * facts.epochs)))
    halved = max(1, round(0.1 * facts.epochs))
    return (
        {"kind": "plateau", "factor": 0.1, "patience": wait},
        {"kind": "1/t", "halved_after": halved},
        {"kind": "plateau", "factor": 0.5, "patience": wait},
    )


def _edit(recipe: Recipe, kind: str, factor: float = 0.1, patience: int = 5, halved_after: float = 1.0) -> Recipe:
    """A callback that lowers the rate; the optimizer stays as it is, and its rate is the first one.

    kind "plateau": times factor when the validation loss has not improved for patience epochs; "1/t": the rate of epoch
    t (from 0) is the first one / (1 + t / halved_after).
    """
    import keras

    from diagnose.recipes import CannotEdit

    other = recipe.called("ReduceLROnPlateau", "LearningRateScheduler")
    if other is not None:
        raise CannotEdit(f"the training has a {other} already")
    if kind == "plateau":
        return recipe.watched(
            lambda _: keras.callbacks.ReduceLROnPlateau("val_loss", factor=factor, patience=patience, min_lr=0.0)
        )

    def falling(_: Recipe) -> object:
        first: list[float] = []

        def rate(epoch: int, now: float) -> float:
            first.append(float(now))
            return first[0] / (1 + epoch / halved_after)

        return keras.callbacks.LearningRateScheduler(rate)

    return recipe.watched(falling)


@technique(
    area="learning",
    edits="fit",
    source="Bottou (2012), Stochastic Gradient Descent Tricks",
    edit=_edit,
    settings=_settings,
)
def learning_rate_schedule(case: Case) -> Advice:
    """Reduce on plateau of the watched curve, with a patience of a twentieth of the run (3 to 10)."""
    found = case.settings or {}
    wait, today = found.get("patience") or share_of_epochs(case, 0.05, 3, 10), rate(case)
    factor = found.get("factor", 0.1)
    least = number(today / 1000) if today else "1e-6"
    line = f"ReduceLROnPlateau({watch(case)}, factor={factor}, patience={wait})"
    made = f"keras.callbacks.ReduceLROnPlateau({watch(case)}, factor={factor}, patience={wait}, min_lr={least})"
    if found.get("kind") == "1/t":
        made = FALLING.format(halved=found["halved_after"])
        line = f"the first rate times 1 / (1 + epoch / {found['halved_after']})"
    return Advice(
        brief(line, f"ReduceLROnPlateau(factor={factor}, patience={wait})", f"ReduceLROnPlateau(factor={factor})"),
        f"{seen(case)}: a rate that {'falls' if found else 'falls by ten whenever progress stalls'} lets the weights settle.",
        snippet(f"""
import keras

schedule = {made}
{fit(case, callbacks="schedule")}
# or fixed in advance: keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.01, decay_steps=10_000))
"""),
    )
