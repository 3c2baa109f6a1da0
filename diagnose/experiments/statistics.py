"""Paired differences over seeds, and what they show.

Baseline and treatment share their seeds, so what the seed does to both cancels in the differences; their mean has
Student's interval (Student 1908). Where several are judged, the level of each interval is raised after Bonferroni, so
that all of them hold together as often as one was asked to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

LEAST = 3  # pairs below which an interval says nothing
CHANCE = 0.1  # one-sided p of Wilcoxon's test from which on a candidate counts as worse than the leader
PAIRS = 4  # that the test needs before its p can be below that (1/16)

Direction = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds and its interval; ``None`` where there are too few seeds for one."""

    mean: float | None
    interval: tuple[float, float] | None
    count: int

    def above(self, value: float = 0.0) -> bool:
        """Whether the whole interval lies above."""
        return self.interval is not None and self.interval[0] > value

    def below(self, value: float = 0.0) -> bool:
        """Whether the whole interval lies below."""
        return self.interval is not None and self.interval[1] < value

    def better(self, direction: Direction) -> bool:
        """Of a difference: whether it lies wholly on the better side of none."""
        return self.above() if direction == "max" else self.below()

    def needed(self, direction: Direction) -> float:
        """Of a difference: how many seeds would show one of this size; Inf where it is on the worse side or not known.

        An interval's width falls with the root of their number.
        """
        if self.interval is None or not self.mean or (self.mean > 0) != (direction == "max"):
            return math.inf
        return self.count * ((self.interval[1] - self.interval[0]) / 2 / self.mean) ** 2

    def worse(self, direction: Direction) -> bool:
        """Of a difference: whether it lies wholly on the worse side of none."""
        return self.below() if direction == "max" else self.above()


def estimate(values: Sequence[float], level: float) -> Estimate:
    """The mean and Student's interval of finite values. Values that never differ have an interval without width."""
    count = len(values)
    if not count:
        return Estimate(None, None, 0)
    mean = math.fsum(values) / count
    if count < LEAST:
        return Estimate(mean, None, count)
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in values) / (count - 1))
    from scipy.special import stdtrit  # scipy.stats takes most of a second to load, and this is all it does here

    reach = float(stdtrit(count - 1, (1 + level) / 2)) * deviation / math.sqrt(count)
    return Estimate(mean, (mean - reach, mean + reach), count)


def paired(treated: Mapping[int, float | None], base: Mapping[int, float | None], level: float) -> Estimate:
    """Treatment minus baseline over the seeds that both have a score for."""
    differences = []
    for seed, one in treated.items():
        other = base.get(seed)
        if one is not None and other is not None:
            differences.append(one - other)
    return estimate(differences, level)


def corrected(level: float, tried: float) -> float:
    """The level of one interval so that ``tried`` of them hold together at ``level`` (Bonferroni)."""
    return 1 - (1 - level) / max(1, tried)


def hopeless(scores: Mapping[int, float], leader: Mapping[int, float], direction: Direction) -> bool:
    """Whether a candidate is so far behind the leader on the seeds of both that further seeds are not worth their cost.

    With fewer than four pairs: behind in every one, and by more than the pairs differ among themselves. From there on
    by Wilcoxon's signed-rank test.
    """
    sign = 1 if direction == "max" else -1
    behind = [sign * (leader[seed] - one) for seed, one in scores.items() if seed in leader]
    if not behind or not any(behind):
        return False
    if len(behind) < PAIRS:
        return len(behind) > 1 and min(behind) > 0 and min(behind) > (max(behind) - min(behind))
    return _wilcoxon(tuple(behind)) < CHANCE


@lru_cache(maxsize=4096)  # a race is worked out again after every training
def _wilcoxon(differences: tuple[float, ...]) -> float:
    """The p value of differences that are no larger than nought."""
    from scipy.stats import wilcoxon

    return float(wilcoxon(differences, alternative="greater").pvalue)
