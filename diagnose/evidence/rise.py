"""A validation loss that turned: how sure it is that it rose, and the numbers that say so."""

from __future__ import annotations

from diagnose.evidence.belief import Term
from diagnose.evidence.shape import Shape

RISE = 0.055  # relative rise at which we are half sure: between the 3% and 10% of the definition, nearer the first
NOISES = 2.0  # rise in deviations of the noise between epochs
SINCE = 0.15  # share of the run that has gone by since the best epoch
TERMS = {
    "rise_of_trend": Term(RISE, 0.3),
    "rise_in_noise": Term(NOISES, 0.4),
    "share_since_best": Term(SINCE, 0.5, low=-3),
}


def rise_evidence(val: Shape) -> dict[str, float]:
    """Best and end as logged, the rise as a person would compute it, and as it was judged: of the trend, and in noise."""
    return {
        "best": val.told(float(val.y[val.best_index])),
        "best_epoch": float(val.position(val.best_index)),
        "end": val.told(val.end),
        "rise": val.rise_told,
        "rise_of_trend": val.relative_rise,
        "rise_in_noise": val.rise_in_noise,
        "share_since_best": (val.n - 1 - val.best_index) / val.n,
    }


def since_best(val: Shape, length: int) -> tuple[int, int]:
    """The epochs after the best one, 1-based, inclusive."""
    return min(val.position(val.best_index) + 1, length), length
