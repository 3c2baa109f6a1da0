"""The core of every callback: epochs in, news out, a report at any time."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from diagnose.curves import Curves, Direction, FloatArray
from diagnose.errors import UsageError
from diagnose.evidence.run import FEWEST
from diagnose.judging import judge
from diagnose.live.condensed import Condensed
from diagnose.live.history import History, numbers
from diagnose.live.news import FEWEST_HELD, SPEAK, Debounce, News, appeared, hold
from diagnose.readers.assemble import assemble
from diagnose.readers.saved import went_on
from diagnose.readers.table import BoolArray, Table
from diagnose.registry import check_names
from diagnose.report import Report

MIN_EPOCHS = 12  # fewer tell little, and the first epochs of a healthy training are unlike the rest
JUMP = 8.0  # multiple of the usual change between epochs that is worth a look at once
WATCHED = ("val_loss", "eval_loss", "loss")  # the first that is logged tells when to look at once
Columns = tuple[dict[str, FloatArray], dict[str, BoolArray]]


class Live:
    """One training, watched.

    select, ignore   slugs of the only rules to judge, or of those to leave out
    min_epochs       epochs before the first word (a loss that is NaN is told at once)
    source, producer what the report calls the training, and who wrote its numbers
    axis             what a row is: "epoch", "step", "iteration"
    first            the training's own number (from 1) of the first epoch seen
    planned          how many epochs were asked for, where that is known
    directions       name -> "min" | "max" where the training itself says so
    inside           called for the evidence from inside the model (``Curves.inside``) whenever it is judged

    Raises UsageError for a rule that doesn't exist.
    """

    def __init__(
        self,
        *,
        select: Collection[str] = (),
        ignore: Collection[str] = (),
        min_epochs: int = MIN_EPOCHS,
        source: str = "training",
        producer: str = "training",
        axis: str = "epoch",
        first: int = 1,
        planned: int | None = None,
        directions: Mapping[str, Direction] | None = None,
        inside: Callable[[], Any] | None = None,
    ) -> None:
        check(select, ignore, min_epochs)
        self.select, self.ignore, self.min_epochs = tuple(select), tuple(ignore), min_epochs
        self.source, self.producer, self.axis = source, producer, axis
        self.first, self.planned, self.directions, self.inside = first, planned, dict(directions or {}), inside
        self.splits: dict[str, tuple[str, str]] = {}  # name -> split and bare metric, where the names don't tell
        self.kind = ""  # "boosting": no neural network
        self.history = History()
        self.condensed = Condensed()
        self.unused: set[str] = set()
        self._debounce = Debounce()
        self._attention = _Attention()
        self._judged = 0
        self._report: tuple[int, Report] | None = None

    @property
    def length(self) -> int:
        """Epochs seen."""
        return self.history.length

    @property
    def epoch(self) -> int:
        """The training's own number, from 1, of the last epoch seen."""
        return self.first + self.length - 1

    @property
    def told(self) -> tuple[str, ...]:
        """The rules that it has told of and not taken back."""
        return tuple(self._debounce.told)

    def append(self, logs: Mapping[str, Any] | None) -> None:
        """One epoch's numbers; what is not a single number is left out."""
        values, others = numbers(logs)
        self.unused |= others
        self.history.append(values)
        self.condensed.append(values)
        self._attention.look(values, self.length)

    @property
    def startled(self) -> bool:
        """Whether the last epoch's numbers jumped beyond the usual change, or are no numbers for the first time."""
        return self._attention.startled

    def news(self) -> list[News]:
        """What has appeared or cleared since it was last asked; judges when that is due, at most once an epoch.

        It is due every half of the time that a finding must hold, so that one which comes and goes is seen to.
        """
        length = self.length
        early = max(FEWEST, self.min_epochs - FEWEST_HELD)
        due = length >= early and length - self._judged >= hold(length) / 2
        if not length or self._judged == length or not (due or self._attention.wanted):
            return []
        self._judged, self._attention.wanted = length, False
        whole = self.condensed.width == 1
        screened = self.report() if whole else self._judge(self.condensed.columns())
        new, gone = self._debounce.settled(screened.findings, length, self.min_epochs)
        if not new and not gone:
            return []
        return self._confirmed(self.report(), new, gone)

    def _confirmed(self, report: Report, new: list[str], gone: list[str]) -> list[News]:
        """The condensed history says where to look; what is told is what the whole history shows."""
        found = {one.rule: one for one in report.findings}
        right = {rule: found[rule] for rule in new if rule in found and found[rule].confidence >= SPEAK}
        over = [rule for rule in gone if rule not in found]
        for rule in {*new, *gone} - right.keys() - {*over}:
            self._debounce.again(rule)
        told = [News("clears", self.epoch, self.axis, self._debounce.told[rule]) for rule in over]
        self._debounce.confirm(right, over)
        return told + [appeared(one, report, self.epoch) for one in report.findings if one.rule in right]

    def report(self) -> Report:
        """The verdict on the whole history so far. Raises NoHistory before the first epoch."""
        if self._report is None or self._report[0] != self.length:
            self._report = (self.length, self._judge(self.history.columns()))
        return self._report[1]

    def _judge(self, columns: Columns) -> Report:
        return judge([self._curves(columns)], self.select, self.ignore)

    def _curves(self, columns: Columns) -> Curves:
        curves = assemble(self.table(columns))[-1]
        inside = self.inside() if self.inside is not None else None
        return curves if inside is None else replace(curves, inside=inside)

    def table(self, columns: Columns | None = None) -> Table:
        """The whole history (or the given columns of it) as a reader would hand it over."""
        values, missing = columns or self.history.columns()
        notes, extra = went_on(self.first)
        return Table(
            values,
            missing,
            producer=self.producer,
            source=self.source,
            point=self.axis,
            directions={name: way for name, way in self.directions.items() if name in values},
            unused=tuple(sorted(self.unused - values.keys())),
            planned=self.planned,
            splits={name: split for name, split in self.splits.items() if name in values},
            notes=notes,
            extra={**extra, "kind": self.kind} if self.kind else extra,
        )

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the whole history, and what was seen inside the model, to a file that ``diagnose`` reads again.

        Written at once or not at all. Raises UsageError where there is a file that wasn't saved so, unless ``overwrite``;
        NoHistory before the first epoch; OSError.
        """
        from diagnose.live.saving import save

        seen = self.inside() if self.inside is not None else None
        data = seen.to_dict() if seen is not None else None
        save(path, self.table(), first=self.first, inside=data, overwrite=overwrite)


def check(select: Collection[str], ignore: Collection[str], min_epochs: int) -> None:
    """Raise UsageError for arguments that don't fit."""
    if isinstance(select, str) or isinstance(ignore, str):
        raise UsageError('expected select and ignore as collections of rule slugs, found a string: write ["overfit"]')
    check_names([*select, *ignore])
    if isinstance(min_epochs, bool) or not isinstance(min_epochs, int) or min_epochs < 1:
        raise UsageError(f"expected min_epochs as a number from 1, found {min_epochs!r}")


class _Attention:
    """Whether something happened that is worth judging at once, at the price of a few comparisons an epoch."""

    def __init__(self) -> None:
        self.wanted = self.startled = False
        self._lost = False
        self._best, self._best_at = math.inf, 0
        self._last, self._change = math.nan, math.nan

    def look(self, values: Mapping[str, float], length: int) -> None:
        """A value that is no number, a new best after a pause, a jump beyond the usual change between epochs."""
        self.startled = False
        if not self._lost and any(not math.isfinite(one) for one in values.values()):
            self.startled = self._lost = True
        self.wanted |= self.startled
        value = next((values[name] for name in WATCHED if name in values), None)
        if value is None or not math.isfinite(value):
            return
        if value < self._best:
            self.wanted |= length - self._best_at > hold(length) / 2 and self._best_at > 0
            self._best, self._best_at = value, length
        change = abs(value - self._last)
        self.startled |= change > JUMP * self._change  # False while either is NaN
        self.wanted |= self.startled
        if not math.isnan(change):
            self._change = change if math.isnan(self._change) else 0.9 * self._change + 0.1 * change
        self._last = value
