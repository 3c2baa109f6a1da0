"""The normal form of one run: what every reader makes, and all that the judges see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from diagnose.errors import UsageError

if TYPE_CHECKING:
    from diagnose.inside import Inside

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Split = Literal["train", "validation", "test"]
Direction = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something seen that is not a problem: ``note`` is a slug such as "resumed", ``epochs`` 1-based and inclusive."""

    note: str
    summary: str
    epochs: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One score over training time.

    ``values[i]`` was logged at position ``epochs[i]`` (1-based, strictly increasing) of the run's epoch axis; shapes
    (m,), 1 <= m <= length. Epochs without a value are left out, so a NaN or Inf in ``values`` was really logged.
    ``name`` is the history's own name, ``metric`` the field's standard one ("loss", "accuracy", "mean_squared_error");
    ``direction`` is None when it can't be told which way is better: such a series is kept but not judged.
    """

    name: str
    split: Split
    metric: str
    direction: Direction | None
    epochs: IntArray
    values: FloatArray

    def __post_init__(self) -> None:
        if self.epochs.shape != self.values.shape or self.epochs.ndim != 1:
            raise UsageError(
                f"{self.name}: expected one epoch a value, found shapes {self.epochs.shape} and {self.values.shape}"
            )
        self.epochs.flags.writeable = False
        self.values.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """One training run.

    series          every curve that was understood; names are unique
    length          points on the epoch axis (the last position); every series lives on 1..length
    source          where it is from, as the user wrote it
    producer        who wrote it ("Keras CSVLogger"), for the report's first line
    axis            what a point is: "epoch", "step", "iteration"
    numbering       (length,) the history's own numbers of the points (epochs from 0, steps by 500); None: 1..length
    learning_rate   (length,) the rate in force at each point, NaN where none was logged; None: never logged
    ignored         columns that were not used
    notes           what the reader saw that is no problem (a resume, an unknown column, several runs)
    run, runs       which run of the history this is, and how many it holds (1-based)
    planned         the number of points that were asked for, if the history says so ("Epoch 12/50")
    extra           further facts of the producer, by name
    inside          what was measured inside the model; None where only curves are known
    """

    series: tuple[Series, ...]
    length: int
    source: str = "history"
    producer: str = "history"
    axis: str = "epoch"
    numbering: FloatArray | None = None
    learning_rate: FloatArray | None = None
    ignored: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    run: int = 1
    runs: int = 1
    planned: int | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    inside: Inside | None = None

    def of(self, split: Split, metric: str) -> Series | None:
        """The first series of this split and metric, or None."""
        for one in self.series:
            if one.split == split and one.metric == metric:
                return one
        return None

    def label(self, position: int) -> str:
        """What to call a point: "epoch 12" (1-based, as progress bars count), or the history's own number: "step 500"."""
        if self.axis == "epoch" or self.numbering is None:
            return f"{self.axis} {position}"
        number = float(self.numbering[min(position, self.length) - 1])
        return f"{self.axis} {number:.15g}"

    @property
    def axis_range(self) -> str:
        """The history's own numbering: "epoch 0...119"."""
        if self.numbering is None:
            return f"{self.axis} 1...{self.length}"
        return f"{self.axis} {self.numbering[0]:.15g}...{self.numbering[-1]:.15g}"

    @property
    def read_as(self) -> str:
        """What was understood, in one line: "Keras CSVLogger, 120 epochs, loss + accuracy, with validation"."""
        metrics = sorted(dict.fromkeys(one.metric for one in self.series), key=lambda name: name != "loss")
        shown = " + ".join(metrics[:4]) + (f" + {len(metrics) - 4} more" if len(metrics) > 4 else "")
        validated = any(one.split == "validation" for one in self.series)
        points = f"{self.length:,} {self.axis}{'s' if self.length != 1 else ''}"
        if self.axis != "epoch":
            points = f"{self.length:,} points ({self.axis_range})"
        run = f", run {self.run} of {self.runs}" if self.runs > 1 else ""
        return f"{self.producer}, {points}, {shown}, {'with' if validated else 'without'} validation{run}"
