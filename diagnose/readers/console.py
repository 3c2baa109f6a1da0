"""What Keras prints while it trains: versions 2 and 3, verbose 1 and 2, also pasted with the line breaks lost.

The text is cut at its "Epoch 3/50" headers. Inside an epoch the bar may be redrawn hundreds of times; the last complete
one counts, and one that begins anew or has another number of steps is an evaluation of something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from diagnose.curves import Note
from diagnose.errors import NoHistory
from diagnose.readers.content import Content
from diagnose.readers.objects import of_records
from diagnose.readers.table import Table
from diagnose.readers.terminal import plain

_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|nan|inf(?:inity)?)"
_HEADER = re.compile(r"\bEpoch[ \t]+(\d{1,9})[ \t]*/[ \t]*(\d{1,9})(?![\d/]|:? ?\[)")
_BAR = re.compile(r"(?<![\w/.%])(\d{1,12})/(\d{1,12}|Unknown)(?=\s*(?:\[[=>.\-]|[━╸╺]|-\s|\d+m?s\b))")
_METRIC = re.compile(rf"[-–—][ \t]+([A-Za-z_][\w/.()@]*):[ \t]*({_NUMBER})(?=\s|$|-|–|—)", re.I)
_STOPPED = re.compile(r"\bEpoch[ \t]+0*(\d{1,9}):[ \t]*early stopping")
_REDUCED = re.compile(rf"\bReduceLROnPlateau reducing learning rate to ({_NUMBER})(?<!\.)")
_SCHEDULED = re.compile(rf"\bEpoch[ \t]+0*(\d{{1,9}}): *LearningRateScheduler \w+ learning rate to ({_NUMBER})(?<!\.)")
_RATES = ("lr", "learning_rate")


def recognise(content: Content) -> bool:
    """Whether the text has Keras' metrics, " - loss: 0.5", behind a header or a bar."""
    text = content.text or ""
    if "loss: " not in text and not _METRIC.search(text):
        return False
    cleaned = plain(text)
    return _METRIC.search(cleaned) is not None and (_HEADER.search(cleaned) or _BAR.search(cleaned)) is not None


def tables(content: Content) -> list[Table]:
    """The one history in the text, whose runs begin where the epochs go back."""
    text = plain(content.text or "")
    epochs = _epochs(text)
    rows, notes = _complete(epochs)
    if not rows:
        raise NoHistory("expected epochs with metrics such as - loss: 0.5, found none complete", source=content.source)
    _set_rates(rows, text)
    starts, numbers = _runs(rows)
    table = of_records([{"epoch": number, **one.metrics} for number, one in zip(numbers, rows, strict=True)])
    if table is None:
        raise NoHistory("expected metrics for each epoch, found none", source=content.source)
    plans = {one.planned for one in rows if one.planned and one.planned >= max(numbers)}
    return [
        replace(
            table,
            producer="Keras console output",
            source=content.source,
            axis="epoch",
            point="epoch",
            starts=starts,
            planned=plans.pop() if len(plans) == 1 else None,
            notes=(*notes, *_stops(rows)),
        )
    ]


@dataclass(slots=True)
class _Bar:
    """One drawing of the progress bar; no counts for the lines of old versions, which have none."""

    at: int | None
    of: int | None
    metrics: dict[str, float]

    @property
    def complete(self) -> bool:
        return self.at is None or self.at == self.of


@dataclass(slots=True)
class _Epoch:
    """What was printed between one header and the next."""

    number: int | None
    planned: int | None
    text: str
    bars: list[_Bar]
    metrics: dict[str, float]


def _epochs(text: str) -> list[_Epoch]:
    headers = list(_HEADER.finditer(text))
    if not headers:
        return _headless(text)
    found = []
    first = int(headers[0][1])
    if first > 1:  # the paste begins inside an epoch
        found.append(_epoch(first - 1, int(headers[0][2]), text[: headers[0].start()]))
    ends = [*(one.start() for one in headers), len(text)][1:]
    for header, end in zip(headers, ends, strict=True):
        found.append(_epoch(int(header[1]), int(header[2]), text[header.end() : end]))
    return found


def _headless(text: str) -> list[_Epoch]:
    """Only bars were pasted: each complete one is an epoch, if they all count to the same number."""
    bars = [bar for bar in _bars(text) if bar.complete and bar.metrics]
    if len(bars) < 2 or len({bar.of for bar in bars}) > 1:
        return []
    return [_Epoch(None, None, "", [bar], {}) for bar in bars]


def _epoch(number: int, planned: int, text: str) -> _Epoch:
    return _Epoch(number, planned, text, _bars(text), {})


def _bars(text: str) -> list[_Bar]:
    marks = list(_BAR.finditer(text))
    found = []
    before = _metrics(text[: marks[0].start()] if marks else text)
    if before:
        found.append(_Bar(None, None, before))
    ends = [*(one.start() for one in marks), len(text)][1:]
    for mark, end in zip(marks, ends, strict=True):
        of = None if mark[2] == "Unknown" else int(mark[2])
        found.append(_Bar(int(mark[1]), of, _metrics(text[mark.end() : end])))
    return found


def _metrics(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in _METRIC.findall(text):
        if name != "ETA":
            found.setdefault(name, float(value))
    return found


def _complete(epochs: Sequence[_Epoch]) -> tuple[list[_Epoch], list[Note]]:
    """The epochs that ran to their end, and a note of the last one if it did not."""
    ever = any(bar.complete and bar.metrics for one in epochs for bar in one.bars)
    rows = []
    for one in epochs:
        bar = _last(one.bars, ever)
        if bar is not None:
            one.metrics = bar.metrics
            rows.append(one)
    cut = [one for one in epochs if one not in rows and one.number is not None]
    if not cut:
        return rows, []
    listed = ", ".join(str(one.number) for one in cut[:5]) + (", ..." if len(cut) > 5 else "")
    return rows, [Note("cut-off", f"epoch {listed}: the log breaks off before its end, so it is left out")]


def _last(bars: Sequence[_Bar], ever_complete: bool) -> _Bar | None:
    """The epoch's last word: the fullest complete bar of the training itself."""
    own: list[_Bar] = []
    for bar in bars:
        if bar.at is None:
            own = own or [bar]
            continue
        if own and (bar.of != own[0].of or bar.at < (own[-1].at or 0)):
            break
        own.append(bar)
    full = [bar for bar in own if bar.metrics and (bar.complete or bar.of is None or not ever_complete)]
    if not full:
        return None
    most = max(len(bar.metrics) for bar in full)
    return next(bar for bar in reversed(full) if len(bar.metrics) == most)


def _set_rates(rows: Sequence[_Epoch], text: str) -> None:
    """The learning rate from the messages of its callbacks, where the metrics don't have it."""
    if any(name in one.metrics for one in rows for name in _RATES):
        return
    scheduled = {int(number): float(value) for number, value in _SCHEDULED.findall(text)}
    rate: float | None = None
    for one in rows:
        if one.number in scheduled:
            rate = scheduled[one.number]
        if rate is not None:
            one.metrics["learning_rate"] = rate
        reduced = _REDUCED.findall(one.text)
        if reduced:
            rate = float(reduced[-1])


def _runs(rows: Sequence[_Epoch]) -> tuple[tuple[int, ...], list[int]]:
    """Where runs begin, and the number of each epoch. "Epoch 1/1" again and again is one run in a loop."""
    if all(one.number is None for one in rows) or (len(rows) > 1 and all(one.planned == 1 for one in rows)):
        return (), list(range(1, len(rows) + 1))
    numbers = [one.number or 0 for one in rows]
    return tuple(at for at in range(1, len(numbers)) if numbers[at] <= numbers[at - 1]), numbers


def _stops(rows: Sequence[_Epoch]) -> list[Note]:
    """Early stopping, by the place of its message: old versions print the number of the epoch before."""
    found = []
    for at, one in enumerate(rows, start=1):
        if one.number is not None and _STOPPED.search(one.text):
            told = Note("early-stopping", f"training was stopped early, at epoch {one.number} of {one.planned}")
            found.append(told if at < len(rows) else replace(told, epochs=(one.number, one.number)))
    return found[-1:]
