"""A validation loss that turned: how sure it is that it rose, and the numbers that say so."""

from __future__ import annotations

from diagnose.evidence.belief import beyond
from diagnose.evidence.shape import Shape

RISE = 0.055  # relative rise at which we are half sure: between the 3% and 10% of the definition, nearer the first
NOISES = 2.0  # rise in deviations of the noise between epochs


def risen(val: Shape) -> float:
    """Probability that the curve ends worse than its best by an amount that matters and is not noise."""
    return beyond(val.relative_rise, RISE, 0.3) * beyond(val.rise_in_noise, NOISES, 0.4)


def rise_evidence(val: Shape) -> dict[str, float]:
    """Best and end as logged, the rise as a person would compute it, and as it was judged: of the trend, and in noise."""
    return {
        "best": val.told(float(val.y[val.best_index])),
        "best_epoch": float(val.position(val.best_index)),
        "end": val.told(val.end),
        "rise": val.rise_told,
        "rise_of_trend": val.relative_rise,
        "rise_in_noise": val.rise_in_noise,
    }


def since_best(val: Shape, length: int) -> tuple[int, int]:
    """The epochs after the best one, 1-based, inclusive."""
    return min(val.position(val.best_index) + 1, length), length
