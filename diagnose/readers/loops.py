"""Logs of hand-written training loops: "Epoch [3/50] | train loss: 0.53, val acc: 81%", Lightning's and tqdm's bars.

Line by line: a counter says which epoch (or step) it is, "name: number" or "loss 0.53" what was measured. Lines with a
step inside the epoch are averaged, and only used when the epoch has no training loss of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from diagnose.curves import Note
from diagnose.errors import NoHistory
from diagnose.metrics import identify, tokens
from diagnose.readers.content import Content
from diagnose.readers.objects import of_records
from diagnose.readers.table import Table
from diagnose.readers.terminal import plain
from diagnose.vocabulary import COUNTERS, SPLITS

_NUMBER = r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|nan\b|inf(?:inity)?\b)"
_NAME = r"[A-Za-z][\w/@.\-]{0,60}(?:[ \t](?:[A-Za-z][\w/@.\-]{0,40}|\([A-Za-z]\w{0,20}\))){0,3}"
_END = r"(?![\w:]|\.\d)"
_PAIR = re.compile(rf"(?<![\w.])({_NAME})[ \t]?[:=][ \t]{{0,8}}({_NUMBER})(?:/(\d{{1,12}}))?{_END}", re.I)
_MEASURE = r"[A-Za-z]{0,20}(?:loss|acc|accuracy|error|auc|f1|mse|mae|rmse|iou|dice|ppl)"
_BARE = re.compile(rf"(?<![\w.])((?:[A-Za-z]\w{{0,20}}[ \t_\-])?{_MEASURE})[ \t]+({_NUMBER}){_END}", re.I)
_SECTION = re.compile(r"(?<!\w)(train|training|valid|validation|val|eval|test)(?:[ ]\w+)?[ \t]*[:|>\]]", re.I)
_OF = r"(?:[ \t]*(?:/|of)[ \t]*(\d{1,9}))?"
_EPOCH = re.compile(rf"\b(epoch|ep)s?\b[ \t]*[:=\[(#]{{0,2}}[ \t]*(\d{{1,9}})(?!\.\d|\d){_OF}", re.I)
_STEP = re.compile(r"\b(step|iter|iteration|batch|it)\b[ \t]*[:=\[(#]{0,2}[ \t]*(\d{1,12})(?!\.\d|\d)", re.I)
_INSIDE = re.compile(r"\[[ \t]*\d{1,12}/\d{1,12}[ \t]*\(")  # "[1280/60000 (2%)]"
_PROGRESS = re.compile(r"it/s|s/it|\d%\|")
_REMARK = re.compile(r"\b(best|sav(?:ed?|ing)|checkpoint|improved|early|loaded|restor)", re.I)
_NEVER = frozenset({"best", "eta", "v", "num"})
_KNOWN = ("loss", "error", "accuracy", "score")


def recognise(content: Content) -> bool:
    """Whether lines count epochs or steps, and these or later ones name a metric."""
    if not content.text:
        return False
    counting, found = False, 0
    for line in _lines(plain(content.text)):
        counting = counting or line.counted
        found += counting and any(identify(name).family in _KNOWN for name in line.pairs)
        if found > 1:
            return True
    return found > 0


def tables(content: Content) -> list[Table]:
    """The one history in the log."""
    lines = list(_lines(plain(content.text or "")))
    word = _counter(lines)
    rows = _rows(lines)
    dropped = _rare(rows)
    kept = [{name: value for name, value in row.values.items() if name not in dropped} for row in rows]
    table = of_records([{word: float(row.number), **values} for row, values in zip(rows, kept, strict=True)])
    if table is None:
        raise NoHistory("expected metrics such as loss: 0.5 for each epoch, found none", source=content.source)
    per_step = {name for row in rows for name in row.steps} - set(table.columns)
    averaged = sorted({name for row in rows for name in row.averaged})
    notes = [Note("averaged", f"{', '.join(averaged)}: the mean of the steps of each epoch")] if averaged else []
    plans = {line.planned for line in lines if line.planned}
    return [
        replace(
            table,
            producer="training log",
            source=content.source,
            axis=word,
            point=word,
            unused=(*table.unused, *sorted(dropped), *sorted(per_step)),
            planned=plans.pop() if word == "epoch" and len(plans) == 1 else None,
            notes=(*table.notes, *notes),
        )
    ]


@dataclass(slots=True)
class _Line:
    """What one line says: which epoch and step, and the metrics on it."""

    epoch: int | None
    planned: int | None
    step: int | None
    word: str
    inside: bool
    progress: bool
    pairs: dict[str, float]

    @property
    def counted(self) -> bool:
        return self.epoch is not None or self.step is not None


@dataclass(slots=True)
class _Row:
    """One epoch."""

    number: int
    values: dict[str, float] = field(default_factory=dict)
    steps: dict[str, list[float]] = field(default_factory=dict)
    averaged: list[str] = field(default_factory=list)


def _lines(text: str) -> Iterator[_Line]:
    for line in text.splitlines():
        if not line.strip() or len(line) > 5000:
            continue
        epoch, step = _EPOCH.search(line), _STEP.search(line)
        progress = _PROGRESS.search(line) is not None
        yield _Line(
            epoch=int(epoch[2]) if epoch else None,
            planned=int(epoch[3]) if epoch and epoch[3] else None,
            step=int(step[2]) if step else None,
            word=step[1].lower() if step else "",
            progress=progress,
            inside=not progress and (step is not None or _INSIDE.search(line) is not None),
            pairs=_pairs(line, opens=epoch is not None or step is not None),
        )


def _pairs(line: str, opens: bool) -> dict[str, float]:
    """name -> number for the metrics and learning rates of a line, each with the split that the line gave last."""
    remark = _REMARK.search(line) is not None
    matches = [one for one in _PAIR.finditer(line) if _is_curve(one[1])]
    if not matches and opens and not (remark and not _EPOCH.match(line.lstrip(" [("))):
        matches = [one for one in _BARE.finditer(line) if _is_curve(one[1])]
    elif remark and not opens:
        return {}
    sections = [(one.start(), one[1]) for one in _SECTION.finditer(line)]
    counters = [(one.start(), one[1]) for one in _PAIR.finditer(line) if not _is_curve(one[1])]
    found: dict[str, float] = {}
    split = ""
    marks = [*sections, *counters]
    for match in matches:
        for at, word in marks:
            if at < match.start():
                split = _split_in(word) or split
        name = match[1].strip()
        stated = _split_in(name)
        split = stated or split
        if not stated and split and identify(name).family in _KNOWN:
            name = f"{split} {name}"
        found.setdefault(name, _value(match))
        marks = [one for one in marks if one[0] > match.start()]
    return found


def _value(match: re.Match[str]) -> float:
    value = float(match[2])
    of = match[3] if match.re is _PAIR else None
    return value / float(of) if of and float(of) else value


def _is_curve(name: str) -> bool:
    bare = tuple(word for word in tokens(name) if word not in SPLITS)
    if bare in COUNTERS or _NEVER.intersection(bare):
        return False
    return identify(name).role in ("metric", "learning_rate")


def _split_in(name: str) -> str:
    return next((word for word in tokens(name) if word in SPLITS), "")


def _counter(lines: Sequence[_Line]) -> str:
    """What the log counts: epochs where any line has one beside a metric, else steps or iterations."""
    if any(line.epoch is not None for line in lines):
        return "epoch"
    return "iteration" if any(line.word.startswith("it") for line in _of_one_word(lines)) else "step"


def _rows(lines: Sequence[_Line]) -> list[_Row]:
    by_epoch = _counter(lines) == "epoch"
    rows: list[_Row] = []
    for line in lines if by_epoch else _of_one_word(lines):
        number = line.epoch if by_epoch else line.step
        if number is not None and (not rows or rows[-1].number != number):
            rows.append(_Row(number))
        if not rows:
            continue
        if by_epoch and line.inside:
            for name, value in line.pairs.items():
                rows[-1].steps.setdefault(name, []).append(value)
        else:
            _put(rows[-1], line)
    _fill(rows)
    return [row for row in rows if row.values]


def _put(row: _Row, line: _Line) -> None:
    """The first print of an epoch counts, as what follows the last one may be a test; of a bar, the last."""
    for name, value in line.pairs.items():
        if line.progress:
            row.values[name] = value
        else:
            row.values.setdefault(name, value)


def _of_one_word(lines: Sequence[_Line]) -> list[_Line]:
    """Where steps and iterations are both counted, the lines of the one that is logged with validation."""
    counted = [line for line in lines if line.step is not None and line.pairs]
    words = {line.word for line in counted}
    validated = {line.word for line in counted if any(identify(name).split == "validation" for name in line.pairs)}
    kept = validated or words
    return [line for line in counted if line.word in kept]


def _fill(rows: Sequence[_Row]) -> None:
    """Where no epoch has a training loss of its own, the mean of its steps is it."""
    own = {name for row in rows for name in row.values}
    if any(identify(name).family == "loss" and identify(name).split in (None, "train") for name in own):
        return
    for row in rows:
        for name, values in row.steps.items():
            told = name if identify(name).split else f"train {name}"
            if identify(name).role == "metric" and told not in row.values:
                row.values[told] = sum(values) / len(values)
                row.averaged.append(told)


def _rare(rows: Sequence[_Row]) -> set[str]:
    """Names that stand in one epoch of many: a test after the training, a setting printed before it."""
    count: dict[str, int] = {}
    for row in rows:
        for name in row.values:
            count[name] = count.get(name, 0) + 1
    return {name for name, times in count.items() if times == 1 and len(rows) > 2}
