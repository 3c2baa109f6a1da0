"""The level of guessing: what a model scores that has learnt nothing but how many classes there are."""

from __future__ import annotations

import math

CLASSES = tuple(range(2, 21)) + (26, 27, 43, 47, 62, 100, 101, 102, 120, 196, 200, 256, 365, 1000)


def entropy_of_guessing(accuracy: float) -> tuple[int, float] | None:
    """Number of classes K and ln K, when an accuracy (0...1) is what guessing among K classes gives.

    The nearest K whose 1/K lies within a fifth of the accuracy; None when there is none. 0.5 -> (2, 0.693).
    """
    if not 0 < accuracy <= 0.6:
        return None
    classes = min(CLASSES, key=lambda k: abs(math.log(accuracy * k)))
    return (classes, math.log(classes)) if abs(math.log(accuracy * classes)) < 0.2 else None
