"""What a running training is told: which findings have held long enough to speak of, and in what words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from diagnose.report import Finding, Report

# A finding is told while training runs from this confidence on, when it has held for this share of the epochs and for so
# many of them (and taken back when it has been gone as long); the report at the end has all of them. Settled on the 204
# runs published first; of all 626, 16 of 148 healthy ones are told something, and 87 of 110 that overfit are told of it.
SPEAK = 0.8
HOLD = 0.2
FEWEST_HELD = 6
INDENT = "    "
# What more epochs may cure, and what is about the end of a run: told in the report at the end only.
AT_THE_END = frozenset({"underfit-unfinished", "slow-learning", "high-variance", "lagging-averages"})


@dataclass(frozen=True, slots=True)
class News:
    """A finding that appeared, or has cleared, at an epoch (as the training numbers them, from 1).

    axis     what is counted: "epoch", "iteration"
    when     "since epoch 12", "" for the whole run
    advice   what to do first, with the code in short; "" for what has cleared
    """

    kind: Literal["appears", "clears"]
    epoch: int
    axis: str
    finding: Finding
    when: str = ""
    advice: str = ""


def message(news: Sequence[News], width: int | None = None, *, ascii_only: bool = False) -> list[str]:
    """The news of one epoch in one or two lines, each wrapped to ``width`` columns; None: as long as they are.

    The finding to act on first has the word; the others are named beside it.
    """
    from diagnose.renderers import Look
    from diagnose.renderers.layout import plain
    from diagnose.renderers.words import clean, percent

    appears = [one for one in news if one.kind == "appears"]
    clears = ", ".join(one.finding.rule for one in news if one.kind == "clears")
    head = f"diagnose: {news[0].axis} {news[0].epoch}: "
    if not appears:
        lines = [f"{head}cleared: {clears}"]
    else:
        first, *others = appears
        named = f"{first.finding.rule} {first.when + ' ' if first.when else ''}({percent(first.finding.confidence)})"
        also = "".join(f", {one.finding.rule} ({percent(one.finding.confidence)})" for one in others)
        instead = f", no longer {clears}" if clears else ""
        lines = [f"{head}{named}{also}{instead}: {first.finding.so_far}"]
        lines += [f"  do: {first.advice}"] if first.advice else []
    shown = [plain(clean(one.rstrip()), Look(plain=ascii_only)) for one in lines]
    return shown if width is None else [part for one in shown for part in _wrapped(one, width)]


def _wrapped(line: str, width: int) -> list[str]:
    """The line in lines of the screen, all but the first indented."""
    from diagnose.renderers.layout import wrap

    text = line.lstrip()
    own = line[: len(line) - len(text)]
    return [f"{INDENT if at else own}{part}" for at, part in enumerate(wrap(text, width - len(INDENT)))]


def appeared(finding: Finding, report: Report, epoch: int) -> News:
    """The news of a finding of the report."""
    from diagnose.renderers.words import since

    treats = [one for one in report.recommendations if finding.rule in one.treats]
    advice = f"{treats[0].technique.replace('-', ' ')}: {treats[0].brief}" if treats else ""
    return News("appears", epoch, report.curves.axis, finding, since(finding, report), advice)


class Debounce:
    """Which findings have appeared or cleared, and have held long enough not to flicker."""

    def __init__(self) -> None:
        self.told: dict[str, Finding] = {}
        self._since: dict[str, int] = {}
        self._gone: dict[str, int] = {}

    def settled(self, findings: Collection[Finding], length: int, min_epochs: int) -> tuple[list[str], list[str]]:
        """Of the findings after ``length`` epochs: rules to tell of now, and rules told of that are to be taken back.

        Before ``min_epochs`` only what can't wait.
        """
        sure = {one.rule: one for one in findings if one.confidence >= SPEAK and one.rule not in AT_THE_END}
        there = {one.rule for one in findings}
        self._since = {rule: self._since.get(rule, length) for rule in sure if rule not in self.told}
        self._gone = {rule: self._gone.get(rule, length) for rule in self.told if rule not in there}
        early = length < min_epochs
        new = [rule for rule, at in self._since.items() if urgent(sure[rule]) or (not early and _held(at, length))]
        if new and not early:  # one message rather than two, an epoch apart
            new += [rule for rule, since in self._since.items() if rule not in new and _held(since, length, 0.5)]
        return new, [rule for rule, since in self._gone.items() if _held(since, length)]

    def confirm(self, appeared: Mapping[str, Finding], cleared: Collection[str]) -> None:
        """What was told now."""
        self.told = {rule: one for rule, one in self.told.items() if rule not in cleared} | dict(appeared)

    def again(self, rule: str) -> None:
        """A closer look did not confirm this one: it begins to hold anew."""
        self._since.pop(rule, None)
        self._gone.pop(rule, None)


def urgent(finding: Finding) -> bool:
    """Whether it can't wait: a loss, or a weight, that is no longer a number seldom comes back."""
    return finding.rule == "non-finite-data" or (finding.rule == "diverging" and "value" in finding.names)


def _held(since: int, length: int, share: float = 1.0) -> bool:
    return length - since >= share * hold(length)


def hold(length: int) -> float:
    """For how many epochs a finding must hold, after so many."""
    return max(FEWEST_HELD, HOLD * length)
