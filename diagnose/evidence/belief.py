"""From a measure to a probability: soft thresholds that a person can check by hand."""

from __future__ import annotations

import math


def beyond(value: float, half: float, spread: float = 0.35) -> float:
    """Probability that a positive amount is large enough: one half at ``half``, 1 / (1 + exp(-ln(value / half) / spread)).

    ``spread`` is in natural logarithms: at 0.35 an amount of twice ``half`` gives 0.88, of half of it 0.12. Amounts of zero
    or less give 0, infinite ones 1, NaN 0; with nothing to reach (``half`` <= 0) any amount is enough.
    """
    if not value > 0:
        return 0.0
    if math.isinf(value) or half <= 0:
        return 1.0
    return logistic((math.log(value) - math.log(half)) / spread)


def above(value: float, half: float, spread: float) -> float:
    """The same on a plain scale, for amounts that may be negative: 1 / (1 + exp(-(value - half) / spread)); NaN gives 0."""
    return 0.0 if math.isnan(value) else logistic((value - half) / spread)


def logit(probability: float) -> float:
    """ln(p / (1 - p)), for probabilities held within 1e-9 of 0 and 1."""
    held = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(held / (1 - held))


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)) without overflow."""
    return 1.0 / (1.0 + math.exp(-x)) if x > -700 else 0.0
