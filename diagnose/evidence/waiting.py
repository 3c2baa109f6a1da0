"""How long a run that still got better went without a new best: what early stopping must wait at least."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

SHARE, LEAST = 0.1, 5  # of the epochs; the usual patience
MARGIN = 1.5  # times the wait that was seen: other seeds wait longer
MOST = 1 / 3  # of the epochs: one lucky low at the end of a run that stood still asks for no more


def longest_wait(values: ArrayLike, mode: str = "min") -> int:
    """Epochs in a row that were no better than the best so far, before the best of all; NaN is no better.

    values: (n,), one an epoch. mode: "min" or "max", whichever is better.
    """
    signed = np.asarray(values, dtype=np.float64) * (1 if mode == "min" else -1)
    before = np.concatenate([[np.inf], np.fmin.accumulate(signed)[:-1]]) if signed.size else signed
    bests = np.flatnonzero(signed < np.where(np.isnan(before), np.inf, before))
    return int(np.diff(bests, prepend=-1).max()) - 1 if bests.size else 0


def patience(epochs: int, waited: int = 0) -> int:
    """Epochs that early stopping waits: a tenth of the run, at least 5, and longer than the run has waited before."""
    usual = max(LEAST, round(SHARE * epochs))
    return max(usual, min(math.ceil(MARGIN * waited), round(MOST * epochs)))
