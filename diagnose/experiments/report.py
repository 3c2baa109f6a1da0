"""What a re-run found, as ``docs/contract`` writes it: frozen data, made from the results and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnose.experiments.statistics import Direction, Estimate

SCHEMA = "diagnose-rerun/1"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The user's training as it is: what is wrong with it, and how it scores on rows that chose nothing.

    no_skill  the score of a prediction that has seen nothing but the training targets
    curves    of each seed's run: {"loss": [...], "val_loss": [...]}
    scores    one a seed, in the order of the seeds
    """

    diagnosis: str
    score: Estimate
    loss: Estimate
    no_skill: float | None
    summary: str = ""
    curves: Sequence[Mapping[str, Sequence[float]]] = ()
    seconds: float = 0.0
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One technique with its settings, compared with the training that its round began with.

    steps            all techniques on top of the user's training, this one last: ((slug, settings), ...)
    difference       treatment minus baseline over the seeds of both, on rows that chose nothing
    helped           whether its corrected interval lies wholly on the better side
    loss_helped      the same of the loss
    dropped          whether the race ended for it before it had all seeds
    diagnosis        what its own runs show
    intent, expectation, finding   the write-up's sentences
    scores           one a seed, in the order of the seeds; differences: of every seed that both have a score for
    """

    technique: str
    settings: Mapping[str, Any]
    treats: tuple[str, ...]
    trials: int
    score: float | None
    difference: Estimate
    helped: bool
    loss: float | None
    loss_difference: Estimate
    loss_helped: bool
    diagnosis: str
    intent: str
    expectation: str
    finding: str
    round: int = 1
    steps: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    dropped: bool = False
    curves: Sequence[Mapping[str, Sequence[float]]] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    scores: tuple[float, ...] = ()
    differences: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As the contract has it, and what else is known."""
        return {
            "technique": self.technique,
            "settings": dict(self.settings),
            "treats": list(self.treats),
            "trials": self.trials,
            "score": self.score,
            "difference": self.difference.mean,
            "interval": _listed(self.difference),
            "helped": self.helped,
            "loss": self.loss,
            "loss_difference": self.loss_difference.mean,
            "loss_interval": _listed(self.loss_difference),
            "loss_helped": self.loss_helped,
            "diagnosis": self.diagnosis,
            "intent": self.intent,
            "expectation": self.expectation,
            "finding": self.finding,
            "round": self.round,
            "steps": [{"technique": slug, "settings": dict(settings)} for slug, settings in self.steps],
            "dropped": self.dropped,
            "notes": list(self.notes),
            "scores": list(self.scores),
            "differences": list(self.differences),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Winner:
    """What to do: the techniques, the model that they gave, and the code that makes it.

    model  path of a ``.keras`` file, or of a folder with the members and a ``predict.py``; None where it was not kept
    """

    steps: tuple[tuple[str, Mapping[str, Any]], ...]
    model: str | None
    code: str

    def to_dict(self) -> dict[str, Any]:
        """The last technique is named first: it is what this study's last round has proved."""
        slug, settings = self.steps[-1]
        return {
            "technique": slug,
            "settings": dict(settings),
            "model": self.model,
            "code": self.code,
            "steps": [{"technique": one, "settings": dict(chosen)} for one, chosen in self.steps],
        }


@dataclass(frozen=True, slots=True)
class RerunReport:
    """The whole study. ``print(report)`` tells it, ``to_dict()`` is the contract's JSON.

    metric, direction  the score that decides, and which way is better
    judged_on          "test", or "nested validation" where there was no test set
    seeds, level       how many runs of each configuration, and how often all intervals of a round hold together
    left_out           techniques that were recommended and not tried, and why
    complete           whether the study ended by itself; ``stopped`` says what ended it otherwise
    method             sentences: rows, model, seeds, settings, versions
    directory          where the study is kept
    records            every training of the study: techniques, seed, scores, seconds, versions, history; see ``export``
    """

    metric: str
    direction: Direction
    judged_on: str
    seeds: int
    level: float
    baseline: Baseline
    results: tuple[Result, ...]
    winner: Winner | None
    left_out: tuple[tuple[str, str], ...] = ()
    complete: bool = True
    stopped: str | None = None
    method: tuple[str, ...] = ()
    next_step: str = ""
    directory: str = ""
    trials: int = 0
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    records: Sequence[Mapping[str, Any]] = field(default=(), repr=False, compare=False)

    @property
    def helped(self) -> tuple[Result, ...]:
        """Every technique that was shown to help, by the score."""
        return tuple(one for one in self.results if one.helped)

    def to_dict(self) -> dict[str, Any]:
        """The contract's ``diagnose-rerun/1``."""
        return {
            "schema": SCHEMA,
            "metric": self.metric,
            "direction": self.direction,
            "judged_on": self.judged_on,
            "seeds": self.seeds,
            "level": self.level,
            "baseline": {
                "diagnosis": self.baseline.diagnosis,
                "score": self.baseline.score.mean,
                "interval": _listed(self.baseline.score),
                "loss": self.baseline.loss.mean,
                "no_skill": self.baseline.no_skill,
                "summary": self.baseline.summary,
                "scores": list(self.baseline.scores),
                "seconds": round(self.baseline.seconds, 3),
            },
            "results": [one.to_dict() for one in self.results],
            "winner": None if self.winner is None else self.winner.to_dict(),
            "left_out": [{"technique": slug, "reason": reason} for slug, reason in self.left_out],
            "complete": self.complete,
            "stopped": self.stopped,
            "method": list(self.method),
            "next_step": self.next_step,
            "directory": self.directory,
            "trials": self.trials,
            "seconds": round(self.seconds, 1),
            "versions": dict(self.versions),
        }

    def to_json(self) -> str:
        """``to_dict()`` as strict JSON."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write every training of the study to a ``.csv`` or ``.json`` file, replacing it at once.

        Raises UsageError for another ending, OSError.
        """
        from diagnose.experiments.exporting import export

        export(self.records, path)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """The matplotlib figure: differences with their intervals, and the curves before and after.

        path  a .png, .svg or .pdf file that it is written to, replacing it at once
        Raises UsageError for another ending, MissingDependency without matplotlib, OSError.
        """
        from diagnose.experiments.writeup.figure import draw

        return draw(self, path)

    def __str__(self) -> str:
        from diagnose.experiments.writeup import render

        return render("text", self).rstrip("\n")

    def _repr_html_(self) -> str:
        from diagnose.experiments.writeup.html import fragment

        return fragment(self)


def _listed(one: Estimate) -> list[float] | None:
    return None if one.interval is None else list(one.interval)
