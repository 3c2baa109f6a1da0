"""Prechelt's criteria for the end of a training: Early Stopping, But When? (1998), section 2.

With Eva the validation error of each epoch, Eopt(t) the lowest up to epoch t, Etr the training error, and strips of k
epochs that end where t is divisible by k (k = 5 in the paper):

    generalization loss   GL(t) = 100 (Eva(t) / Eopt(t) - 1)
    training progress     P_k(t) = 1000 (sum of Etr over the strip / (k times the lowest Etr in the strip) - 1)

    GL  stop after the first epoch with GL(t) > alpha
    PQ  stop after the first end of a strip with GL(t) / P_k(t) > alpha
    UP  stop after the first end of a strip that is the alpha-th in a row with Eva(t) > Eva(t - k)

The training ends with the weights of the lowest Eva. The paper ends a run also when P_k(t) < 0.1 or at 3000 epochs,
as no criterion is sure to; here the epochs of ``fit`` do that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
import numpy as np

STRIP = 5  # epochs
CRITERIA = ("GL", "PQ", "UP")


def generalization_loss(held: Sequence[float]) -> float:
    """GL after the last of these validation errors, in percent; 0 where an error is not above 0, which has no ratio."""
    lowest = np.nanmin(held) if np.isfinite(held).any() else math.nan
    return 100.0 * (held[-1] / float(lowest) - 1.0) if lowest > 0 else 0.0


def progress(train: Sequence[float], strip: int = STRIP) -> float:
    """P_k after the last of these training errors, in per mille; Inf where the lowest is not above 0."""
    last = train[-strip:]
    lowest = min(last)
    return 1000.0 * (sum(last) / (len(last) * lowest) - 1.0) if lowest > 0 else math.inf


def stops(criterion: str, alpha: float, train: Sequence[float], held: Sequence[float], strip: int = STRIP) -> bool:
    """Whether the criterion ends the training after the last of these epochs.

    train, held: errors of every epoch so far, as many of one as of the other.
    """
    if criterion == "GL":
        return generalization_loss(held) > alpha
    epoch = len(held)
    if epoch % strip:
        return False
    if criterion == "PQ":
        # multiplied out: training that stands still has no progress to divide by
        return generalization_loss(held) > alpha * progress(train, strip)
    rises = int(alpha)
    ends = [held[at - 1] for at in range(epoch - rises * strip, epoch + 1, strip) if at > 0]
    return len(ends) == rises + 1 and all(later > former for former, later in pairwise(ends))


class Prechelt(keras.callbacks.Callback):  # type: ignore[misc, unused-ignore]
    """Ends a fit by one of the criteria and puts back the weights of the lowest validation loss.

    criterion  "GL", "PQ" or "UP"
    alpha      its threshold; for UP how many strips in a row must end higher
    """

    def __init__(self, criterion: str, alpha: float, strip: int = STRIP) -> None:
        super().__init__()
        self.criterion, self.alpha, self.strip = criterion, alpha, strip
        self._reset()

    def _reset(self) -> None:
        self.train: list[float] = []
        self.held: list[float] = []
        self.lowest = math.inf
        self.weights: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """A callback may be used for several fits."""
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Judge by the epoch's losses; an epoch without validation is none."""
        logs = logs or {}
        if "loss" not in logs or "val_loss" not in logs:
            return
        self.train.append(float(logs["loss"]))
        self.held.append(float(logs["val_loss"]))
        if self.held[-1] < self.lowest:
            self.lowest, self.weights = self.held[-1], self.model.get_weights()
        if stops(self.criterion, self.alpha, self.train, self.held, self.strip):
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Back to the best epoch."""
        if self.weights is not None:
            self.model.set_weights(self.weights)
