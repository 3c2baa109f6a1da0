"""The answer, as frozen data: numbers and names only; renderers give it looks."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from diagnose.curves import Curves, Note
from diagnose.errors import ProblemFound
from diagnose.wording import fill

Area = Literal["learning", "generalization", "prediction"]
AREAS: tuple[Area, ...] = ("learning", "generalization", "prediction")
SCHEMA = "diagnose/1"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem judged present.

    confidence  probability that a repeated training would confirm it, 0.5...1
    curve       the curve that shows it, by the history's own name
    epochs      since which point to which, 1-based, inclusive
    harm        relative size in the user's terms: 0.51 = ends 51% above its best, or 51% is left to gain
    evidence    the numbers that decided, by name
    techniques  slugs, best first
    template    the sentence before its numbers are filled in; ``summary`` is the sentence
    looks_like  what else could look like it
    """

    rule: str
    area: Area
    confidence: float
    curve: str | None
    epochs: tuple[int, int] | None
    harm: float | None
    evidence: Mapping[str, float]
    techniques: tuple[str, ...]
    template: str = field(repr=False)
    looks_like: str = field(default="", repr=False)
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    label: Callable[[int], str] = field(default=lambda position: f"epoch {position}", repr=False, compare=False)

    @property
    def summary(self) -> str:
        """One sentence with the numbers."""
        return fill(self.template, self.evidence, self.names, self.label)

    @property
    def so_far(self) -> str:
        """The same while training runs: what a curve "ends" at it "is now"."""
        return fill(self.template, self.evidence, self.names, self.label, running=True)

    def to_dict(self) -> dict[str, Any]:
        """The finding as the contract's JSON has it."""
        return {
            "rule": self.rule,
            "area": self.area,
            "confidence": round(self.confidence, 4),
            "curve": self.curve,
            "epochs": list(self.epochs) if self.epochs else None,
            "harm": _plain(self.harm),
            "summary": self.summary,
            "evidence": {name: _plain(value) for name, value in self.evidence.items()},
            "techniques": list(self.techniques),
            "looks_like": self.looks_like,
        }


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A rule that could not be judged, and what is missing."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One technique, fitted to this history: why it treats these findings, code to paste, where it is from."""

    technique: str
    area: Area
    treats: tuple[str, ...]
    brief: str
    why: str
    code: str
    source: str

    def to_dict(self) -> dict[str, Any]:
        """The recommendation as the contract's JSON has it."""
        return {
            "technique": self.technique,
            "area": self.area,
            "treats": list(self.treats),
            "brief": self.brief,
            "why": self.why,
            "code": self.code,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Point:
    """A value on a curve: which curve, where (1-based position), how much."""

    curve: str
    epoch: int
    value: float

    def to_dict(self) -> dict[str, Any]:
        """The point as the contract's JSON has it."""
        return {"curve": self.curve, "epoch": self.epoch, "value": _plain(self.value)}


@dataclass(frozen=True)
class Report:
    """What one history shows.

    diagnosis   slug of the finding to act on first; "good-fit", "too-short" or "unjudged"
    area        the area to act on first; None without findings
    confidence  probability that ``diagnosis`` is true
    healthy     True exactly for "good-fit"; False with findings; None when it can't be told
    findings    problems judged present, the one to act on first at the head
    fine        slugs of the rules that were judged and found nothing
    best, last  of the judged curve: validation loss if there is one
    noticed     finds the notes when somebody asks
    """

    source: str
    curves: Curves
    diagnosis: str
    area: Area | None
    confidence: float
    healthy: bool | None
    findings: tuple[Finding, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    fine: tuple[str, ...] = ()
    best: Point | None = None
    last: Point | None = None
    noticed: Callable[[], tuple[Note, ...]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What was seen and is no problem; found when somebody asks."""
        return self.noticed()

    @cached_property
    def recommendations(self) -> tuple[Recommendation, ...]:
        """Techniques for every finding, the first finding's best one first."""
        from diagnose.techniques import recommend

        return recommend(self)

    def to_dict(self) -> dict[str, Any]:
        """The report as the contract's JSON has it: plain types, no NaN."""
        curves = self.curves
        return {
            "source": self.source,
            "read_as": curves.read_as,
            "epochs": curves.length,
            "axis": curves.axis_range,
            "runs": curves.runs,
            "run": curves.run,
            "columns": {
                one.name: {"split": one.split, "metric": one.metric, "direction": one.direction}
                for one in curves.series
            },
            "ignored": list(curves.ignored),
            "best": self.best.to_dict() if self.best else None,
            "last": self.last.to_dict() if self.last else None,
            "area": self.area,
            "diagnosis": self.diagnosis,
            "confidence": round(self.confidence, 4),
            "healthy": self.healthy,
            "findings": [one.to_dict() for one in self.findings],
            "notes": [
                {"note": one.note, "epochs": list(one.epochs) if one.epochs else None, "summary": one.summary}
                for one in self.notes
            ],
            "unjudged": [{"rule": one.rule, "reason": one.reason} for one in self.unjudged],
            "recommendations": [one.to_dict() for one in self.recommendations],
        }

    def to_json(self, *, indent: int | None = 2) -> str:
        """This report as strict JSON text (the object inside ``reports`` of the command's output)."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __str__(self) -> str:
        from diagnose.renderers.text import render

        return render(self)

    def _repr_html_(self) -> str:
        from diagnose.renderers.html import render

        return render(self)

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw the annotated curves; to ``path`` (.png .svg .pdf) when given. Returns the matplotlib figure."""
        from diagnose.renderers.figure import draw

        return draw(self, path)

    def raise_for(self, *problems: str) -> Report:
        """Raise ProblemFound when a finding matches: rule slugs, areas, or "any" (also meant by no argument).

        Returns the report itself, so that ``diagnose(h).raise_for("overfit").best`` reads on. Raises UsageError for a
        name that is neither a rule nor an area.
        """
        from diagnose.registry import check_names

        wanted = set(problems) or {"any"}
        check_names(wanted - {"any"}, areas=True)
        for one in self.findings:
            if wanted & {"any", one.rule, one.area}:
                raise ProblemFound(f"{self.source}: {one.rule}: {one.summary}", self)
        return self


def _plain(value: float | None) -> float | None:
    """Six significant digits; None where JSON has no number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")
