"""One run, measured: which of its curves are judged against each other, and what each of them says."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from diagnose.curves import Curves, FloatArray, Series, Split
from diagnose.evidence import phases
from diagnose.evidence.noise import mean
from diagnose.evidence.once import once
from diagnose.evidence.shape import PERCENT, Shape, unit_of
from diagnose.inside import Inside
from diagnose.metrics import describe, tokens

FACTOR = 3.5  # validation over training loss, or its inverse, from which a constant ratio is a factor
STEADY = 0.08  # deviation of ln ratio over its mean, below which the factor is constant
MOVED = 0.01  # an accuracy that stays within a point has not moved
FEWEST = 5  # points below which no trend is judged (contract: "too-short")


def together(train: Shape, val: Shape) -> tuple[FloatArray, FloatArray] | None:
    """Both curves at the points where both are finite, (m,) each; None for fewer than five such points."""
    if (
        train.n == val.n >= FEWEST
        and train.at[0] == val.at[0]
        and train.at[-1] == val.at[-1]
        and train.n == int(train.at[-1])
    ):
        return train.y, val.y
    _, first, second = np.intersect1d(train.at, val.at, assume_unique=True, return_indices=True)
    return (train.y[first], val.y[second]) if first.size >= FEWEST else None


def log_ratio(both: tuple[FloatArray, FloatArray] | None) -> tuple[float, float] | None:
    """Mean and deviation of ln(second / first) of two curves; None where one is not positive."""
    if both is None or float(both[0].min()) <= 0 or float(both[1].min()) <= 0:
        return None
    ratio = np.log(both[1]) - np.log(both[0])
    centre = mean(ratio)
    rest = ratio - centre
    return centre, math.sqrt(float(rest @ rest) / rest.size)


def on_one_scale(drift: tuple[float, float] | None) -> bool:
    """Whether a ratio of two losses is not one constant factor: near one, or changing over the run."""
    return drift is None or abs(drift[0]) < math.log(FACTOR) or drift[1] > STEADY * abs(drift[0])


@lru_cache(maxsize=256)
def _is_accuracy(metric: str) -> bool:
    """Whether it is the accuracy of the whole model, not of one of its outputs."""
    _, family, _, exact = describe(tokens(metric))
    return exact and family == "accuracy"


class Run:
    """A run's judged curves.

    train, val      the loss each split is judged by (any metric with a direction where there is no loss); None if absent
    train_score, val_score   a further metric, accuracy first, for "the metric holds" and "stuck at one class"
    """

    def __init__(self, curves: Curves) -> None:
        self.curves = curves

    @once
    def train(self) -> Shape | None:
        """The training loss."""
        return self._pair[0]

    @once
    def val(self) -> Shape | None:
        """The validation loss, of the training loss's metric if possible."""
        return self._pair[1]

    @once
    def _pair(self) -> tuple[Shape | None, Shape | None]:
        one = self._loss("train", self.curves.of("validation", "loss"))
        other = self._loss("validation", one)
        unit = unit_of(one, other)
        train, val = (Shape(each, unit, self.cycle_end) if each else None for each in (one, other))
        if train and val and train.series.metric == val.series.metric and on_one_scale(log_ratio(together(train, val))):
            train.partner, val.partner = val, train
        return train, val

    @once
    def train_score(self) -> Shape | None:
        """The training metric."""
        return self._score("train", self.train)

    @once
    def val_score(self) -> Shape | None:
        """The validation metric."""
        return self._score("validation", self.val)

    @once
    def paired(self) -> bool:
        """Whether training and validation loss are the same metric, so that their gap means something."""
        return bool(self.train and self.val and self.train.series.metric == self.val.series.metric)

    @once
    def cycle_end(self) -> int | None:
        """The position of the last trough of a cyclic learning rate, up to which the curves are judged; None without one."""
        rates = self.curves.learning_rate
        return None if rates is None or rates.size < 8 else phases.cycle_end(rates)

    @property
    def length(self) -> int:
        """Points on the run's axis."""
        return self.curves.length

    @property
    def inside(self) -> Inside | None:
        """What was measured inside the model; None where only curves are known."""
        return self.curves.inside

    @once
    def short(self) -> bool:
        """Whether there are too few points for any trend."""
        longest = max((one.n for one in (self.train, self.val) if one), default=0)
        return longest < FEWEST

    @property
    def resumed(self) -> bool:
        """Whether it goes on from an earlier run, so that its start is not where learning began."""
        return bool(self.curves.extra.get("resumed"))

    @once
    def learnt(self) -> float:
        """The share of its first level that the training loss has shed by its end; negative when it ends worse."""
        one = self.train
        return one.fall / max(abs(one.start), one.floor, 1e-300) if one else 0.0

    @once
    def together(self) -> tuple[FloatArray, FloatArray] | None:
        """Training and validation loss at the points where both are finite, (m,) each; None unless paired."""
        return together(self.train, self.val) if self.paired and self.train and self.val else None

    @once
    def ratio_drift(self) -> tuple[float, float] | None:
        """Mean and deviation over the run of ln(validation / training loss); None unless paired and positive."""
        return log_ratio(self.together)

    @once
    def comparable(self) -> bool:
        """Whether the two losses are on one scale: the same metric, and not a constant factor apart from the first epoch on."""
        return self.paired and on_one_scale(self.ratio_drift)

    @once
    def gap(self) -> float:
        """How far the validation loss ends above the training loss, relative to the larger level; NaN unless comparable.

        One half where it is twice as high, negative where it is lower.
        """
        train, val = self.train, self.val
        if train is None or val is None or not self.comparable:
            return math.nan
        scale = max(val.scale(val.late_level), train.scale(train.late_level))
        return (val.late_level - train.late_level) / scale

    @once
    def accuracy_gained(self) -> float | None:
        """The share of what guessing leaves to gain that the training accuracy (else the validation's) gained, 0...1.

        Guessing is taken to be the lowest value, at most one half: a run that began higher had learnt before. Unless the
        accuracy never moved by a point: then it is a class's share.
        """
        values = self.accuracy(self.train_score)
        if values is None:
            values = self.accuracy(self.val_score or self.val)
        if values is None:
            return None
        low, high = max(float(values.min()), 0.0), float(values.max())
        if high - low > MOVED:
            low = min(low, 0.5)
        return (float(values[-max(3, values.size // 10) :].mean()) - low) / max(1.0 - low, 1e-9)

    def score_range(self, score: Shape) -> float:
        """What there was to gain: for an accuracy 1 minus its lowest value (at least 0.1), else the metric's own range."""
        values = self.accuracy(score)
        if values is None:
            return max(float(score.y.max() - score.y.min()), 1e-300)
        percent = 100.0 if values is not score.raw else 1.0
        return percent * max(0.1, 1.0 - float(values.min()))

    @once
    def meaningless(self) -> bool:
        """Whether accuracies are 0 throughout: a regression's, which mean nothing (a name may say that it is none)."""
        scores = [one for one in (self.train_score, self.val_score) if one and one.series.metric == "accuracy"]
        return bool(scores) and not any(one.raw.any() for one in scores)

    def accuracy(self, one: Shape | None) -> FloatArray | None:
        """The values of an accuracy as fractions; None when the curve is no accuracy."""
        if one is None or self.meaningless or not _is_accuracy(one.series.metric):
            return None
        highest = float(one.raw.max())
        if float(one.raw.min()) < 0 or highest > 100:  # whatever its name says, no accuracy is
            return None
        return one.raw / 100.0 if highest > PERCENT else one.raw

    def _loss(self, split: Split, partner: Series | None) -> Series | None:
        one = self.curves.of(split, "loss")
        if one is None and partner is not None:
            one = self.curves.of(split, partner.metric)
        if one is None or one.direction is None:
            judged = [s for s in self.curves.series if s.split == split and s.direction is not None]
            one = min(judged, key=lambda s: s.direction != "min", default=None)
        return one if one is not None and np.isfinite(one.values).any() else None

    def _score(self, split: Split, loss: Shape | None) -> Shape | None:
        others = [
            s
            for s in self.curves.series
            if s.split == split and s.direction is not None and not (loss and s is loss.series)
        ]
        preferred = [s for s in others if _is_accuracy(s.metric)] or [s for s in others if s.direction == "max"]
        for one in sorted(preferred, key=lambda s: len(s.metric)):  # "accuracy" before "head_b_accuracy"
            if np.isfinite(one.values).any():
                return Shape(one, unit_of(one), self.cycle_end)
        return None
