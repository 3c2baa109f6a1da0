"""Problems of known distribution: fresh rows without limit, so that a loss can be measured on a population.

A family is a function `(world, rng, rows) -> (x, y)`. `world` is a generator that starts from the same seed whenever a
case draws rows, so what is fixed about a problem (its classes, weights, frequencies) is drawn from it first; the rows
come from `rng`. `y` are class numbers, or floats to predict. Noise on `y` is added in `samples`.
Whole families are kept apart: what is fitted on the one part can be reported on the other ("held out"); what was
looked at in both can be reported on the third ("untouched"), drawn by the case numbers from `UNTOUCHED` on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import arrays, tables, untouched

Rng = np.random.Generator
UNTOUCHED = 10_000  # the first case number of the untouched families
Draw = Callable[[Rng, Rng, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Family:
    """A problem: how its rows are drawn, what a network for it looks like, and which part it belongs to."""

    name: str
    draw: Draw
    kind: str = "table"  # table, image, sequence
    task: str = "classes"  # classes, regression
    part: str = "fit"  # one of load.PARTS


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("moons", tables.moons),
        Family("spirals", tables.spirals),
        Family("checkerboard", tables.checkerboard),
        Family("sparse-logistic", tables.sparse_logistic),
        Family("hypercube", tables.hypercube),
        Family("friedman-2", tables.friedman_2, task="regression"),
        Family("ripple", tables.ripple, task="regression"),
        Family("teacher-values", tables.teacher_values, task="regression"),
        Family("bars", arrays.bars, kind="image"),
        Family("sign-of-sum", arrays.sign_of_sum, kind="sequence"),
        Family("topics", tables.topics),
        Family("rings", tables.rings, part="held out"),
        Family("parity", tables.parity, part="held out"),
        Family("teacher-classes", tables.teacher_classes, part="held out"),
        Family("reviews", tables.reviews, part="held out"),
        Family("friedman-3", tables.friedman_3, task="regression", part="held out"),
        Family("heavy-linear", tables.heavy_linear, task="regression", part="held out"),
        Family("gratings", arrays.gratings, kind="image", part="held out"),
        Family("rhythms", arrays.rhythms, kind="sequence", part="held out"),
        Family("adding", arrays.adding, kind="sequence", task="regression", part="held out"),
        Family("waveform", untouched.waveform, part="untouched"),
        Family("display", untouched.display, part="untouched"),
        Family("arm", untouched.arm, task="regression", part="untouched"),
        Family("purchases", untouched.purchases, part="untouched"),
        Family("dots", untouched.dots, kind="image", part="untouched"),
        Family("recall", untouched.recall, kind="sequence", part="untouched"),
        Family("pendulum", untouched.pendulum, kind="sequence", task="regression", part="untouched"),
    )
}
