"""The report for a terminal: what is wrong, what was tried, what helped, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.experiments.writeup import words
from diagnose.renderers import Look
from diagnose.renderers.layout import cut, pad, paint, plain, spaced, wrap
from diagnose.renderers.words import clean, named

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport

STYLES = {"helped": "healthy", "lower loss": "healthy", "harmed": "learning", "failed": "learning"}
INDENT = 15
NAME = 20  # columns that a technique with its settings gets at least
LEAST = 8  # columns of a technique's name that tell which one it is


def write(report: RerunReport, look: Look = Look()) -> str:  # noqa: B008 (frozen)
    """As wide as the look says, but for code, which is never broken."""
    lines = hung("Baseline", clean(words.baseline(report)), look)
    if report.baseline.summary:
        lines += hung("", clean(report.baseline.summary), look)
    lines += ["", *_table(report, look)]
    for group in words.groups(report):
        lines += ["", *_group(group, report, look)]
    skipped = words.reasons(report.left_out)
    lines += [""] if skipped else []
    lines += [line for one in skipped for line in hung("Not tried", one, look)]
    lines += [""]
    for at, sentence in enumerate(report.method):
        lines += hung("" if at else "Method", clean(sentence), look)
    lines += hung("" if report.method else "Method", words.trained(report), look)
    lines += ["", *_verdict(report, look)]
    return plain("\n".join(lines), look) + "\n"


def hung(name: str, text: str, look: Look, *, inner: int = 0) -> list[str]:
    """Text under a name in the margin."""
    margin = INDENT if look.width >= 60 else 4 + inner
    rows = wrap(text, look.width - margin)
    head = paint(pad(" " * inner + name, margin), "bold" if not inner else "dim", look)
    if spaced(" " * inner + name) >= margin:
        return [head, *(" " * margin + row for row in rows)]
    return [f"{head if not at else ' ' * margin}{row}" for at, row in enumerate(rows)]


def _table(report: RerunReport, look: Look) -> list[str]:
    if not report.results:
        return ["Nothing was tried." if report.complete else "Nothing was tried yet."]
    rows = [(name, score, difference) for name, _, score, difference, _ in words.rows(report)]
    outcomes = [ending for *_, ending in words.rows(report)]
    metric = clean(report.metric)
    scored = max(spaced(metric), *(spaced(row[1]) for row in rows))
    changed = max(len("difference"), *(spaced(row[2]) for row in rows))
    room = look.width - scored - changed - max(map(spaced, outcomes)) - 6
    narrow = room < NAME  # the difference gets a line of its own then
    room = look.width - scored - 2 if narrow else room
    width = min(room, max(len("technique"), *(spaced(row[0]) for row in rows)))
    head = f"{pad('technique', width)}  {metric:>{scored}}"
    lines = [paint(head if narrow else f"{head}  difference", "dim", look)]
    for (name, score, difference), ending in zip(rows, outcomes, strict=True):
        shown = f"{pad(_short(name, width, look), width)}  {score:>{scored}}"
        told = f"{pad(difference, changed)}  {paint(ending, STYLES.get(ending, 'dim'), look)}"
        below = [f"  {row}" for row in wrap(told, look.width - 2)]
        lines += [shown, *below] if narrow else [f"{shown}  {told}".rstrip()]
    return lines


def _short(name: str, width: int, look: Look) -> str:
    """The technique is cut before its settings are: they tell two rows of one technique apart."""
    technique, _, settings = name.partition(" ")
    room = width - spaced(settings) - 1
    if spaced(name) <= width or not settings or room < LEAST:
        return cut(name, width, plain=look.plain)
    return f"{cut(technique, room, plain=look.plain)} {settings}"


def _group(group: words.Group, report: RerunReport, look: Look) -> list[str]:
    title = named(group.technique).upper() + (f"   round {group.number}" if group.number > 1 else "")
    lines = [paint(title, "bold", look)]
    lines += hung("Intent", group.intent, look, inner=2)
    lines += hung("Expectation", group.expectation, look, inner=2)
    scale = words.Scale(report)
    lines += _drawn("Before", scale.line(words.before(report, group.results[0])), look)
    for one in group.results:
        lines += ["", *(f"  {row}" for row in wrap(words.settings(one), look.width - 2))]
        if words.outcome(one) != "failed":
            lines += _drawn("After", scale.line(one.curves), look)
            lines += hung("Method", words.method(one, report), look, inner=2)
            lines += hung("Result", clean(words.result(one, report)), look, inner=2)
        lines += hung("Finding", clean(one.finding), look, inner=2)
        lines += [line for note in one.notes for line in hung("Note", clean(note), look, inner=2)]
    return lines


def _drawn(name: str, curve: str, look: Look) -> list[str]:
    return [] if look.plain or not curve else hung(name, curve, look, inner=2)


def _verdict(report: RerunReport, look: Look) -> list[str]:
    lines = []
    if report.stopped is not None:
        lines += hung("Ended early", f"{clean(report.stopped)}: this is what is known so far", look)
    if report.winner is None:
        lines += hung("Winner", "none", look)
    else:
        lines += hung("Winner", words.steps(report.winner.steps), look)
        if report.winner.model is not None:
            lines += hung("Model", clean(report.winner.model), look)
        lines += [paint("Code", "bold", look), *_code(report.winner.code)]
    return [*lines, *hung("Next", clean(report.next_step), look)]


def _code(code: str) -> Sequence[str]:
    return [f"    {line}".rstrip() for line in code.rstrip("\n").split("\n")]
