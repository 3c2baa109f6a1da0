"""From a measure to a probability: soft thresholds that a person can check by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Term:
    """One piece of evidence of a model: how a measure becomes a number that speaks for the claim, or (negative) against.

    half    the measure that speaks neither way
    spread  the distance from it that counts as one: in natural logarithms, or where ``log`` is False in the measure's unit
    low, high   what the number is held within: no evidence outweighs all others without bound
    against     a larger measure speaks against the claim
    unknown     the number where the measure can't be had (NaN)
    prior       the weight it has before any labelled run is seen
    """

    half: float
    spread: float
    low: float = -6.0
    high: float = 2.0
    log: bool = True
    against: bool = False
    unknown: float = 0.0
    prior: float = 0.5

    def __call__(self, measure: float) -> float:
        """The number: (ln(measure / half) or measure - half) / spread, held within its bounds."""
        if measure != measure:
            return self.unknown
        if not self.log:
            size = (measure - self.half) / self.spread
        elif measure > 0:
            size = (math.log(measure) - math.log(self.half)) / self.spread if measure < math.inf else math.inf
        else:
            size = -math.inf
        return min(max(-size if self.against else size, self.low), self.high)


@dataclass(frozen=True, slots=True)
class Model:
    """Named evidence to a probability: 1 / (1 + e^-(constant + sum of weight times term)).

    ``weights`` holds one non-negative number a term, and the constant; ``benchmarks/fit.py`` fits them on labelled runs.
    ``prior`` is what the constant is drawn to, as each weight is to its term's; None leaves it free.
    A verdict's evidence has the same names, so that every confidence can be worked out again by hand.
    """

    terms: Mapping[str, Term]
    weights: Mapping[str, float]
    prior: float | None = None

    def __call__(self, evidence: Mapping[str, float]) -> float:
        """The probability of the claim; a measure that ``evidence`` does not hold is unknown."""
        return logistic(self.odds(evidence))

    def odds(self, evidence: Mapping[str, float]) -> float:
        """The logarithm of the odds."""
        odds = self.weights["constant"]
        for name, term in self.terms.items():
            odds += self.weights[name] * term(evidence.get(name, math.nan))
        return odds
