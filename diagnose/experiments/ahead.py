"""What a re-run would do: what it would try, in which order, how long it would take. Nothing of it is kept."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnose.errors import UsageError
from diagnose.experiments.candidates import Candidate, Field, field, judged
from diagnose.experiments.experiment import Experiment
from diagnose.experiments.process import Processes, TrialFailed
from diagnose.experiments.racing import KEEP, verdict_seeds
from diagnose.experiments.rerunning import Asked, check, existing, history, named, place, settings_of
from diagnose.experiments.study import Settings
from diagnose.experiments.trial import Outcome, Probe
from diagnose.experiments.writeup.words import duration, reasons
from diagnose.recipes import CannotEdit, Facts
from diagnose.renderers import Look
from diagnose.renderers.layout import plain
from diagnose.report import Report

SCHEMA = "diagnose-rerun-plan/1"
TIMES = ("members", "folds", "splits")  # settings that say how many trainings one of them takes


@dataclass(frozen=True, slots=True)
class Ahead:
    """A study that has not begun.

    report     the diagnosis that decides what is tried; ``source``: whose it is
    trainings  at most, all rounds together; of them each candidate's first ones come first
    seconds    one training of the baseline; ``whole``: about what the study takes at most
    directory  where the study would be kept
    """

    experiment: str
    probe: Probe
    settings: Settings
    report: Report | None
    source: str
    field: Field
    trainings: int
    seconds: float
    whole: float
    jobs: int
    directory: str

    def to_dict(self) -> dict[str, Any]:
        """For programs: names as in the report of the study."""
        train, choice, verdict = self.probe.rows
        return {
            "schema": SCHEMA,
            "experiment": self.experiment,
            "metric": self.settings.metric,
            "direction": self.settings.direction,
            "judged_on": "nested validation" if self.probe.nested else "test",
            "rows": {"train": train, "choice": choice, "verdict": verdict},
            "diagnosis": "unjudged" if self.report is None else self.report.diagnosis,
            "diagnosed": self.source,
            "candidates": [
                {"technique": one.technique, "settings": one.settings, "treats": list(one.treats)}
                for one in self.field.candidates
            ],
            "left_out": [{"technique": slug, "reason": reason} for slug, reason in self.field.left_out],
            "seeds": self.settings.seeds,
            "rounds": self.settings.rounds,
            "trainings_at_most": self.trainings,
            "training_seconds": round(self.seconds, 3),
            "seconds_at_most": round(self.whole, 1),
            "directory": self.directory,
        }

    def to_json(self) -> str:
        """``to_dict()`` as strict JSON."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    def told(self, look: Look = Look()) -> str:  # noqa: B008 (frozen)
        """For people."""
        from diagnose.experiments.writeup.text import hung

        train, choice, verdict = self.probe.rows
        kind = "half of the validation rows" if self.probe.nested else "the test set"
        way = "lower" if self.settings.direction == "min" else "higher"
        found = "unjudged" if self.report is None else self.report.diagnosis
        summary = self.report.findings[0].summary if self.report is not None and self.report.findings else ""
        lines = hung("Experiment", self.experiment, look)
        lines += hung("Rows", f"{train} to train on, {choice} to choose by, {verdict} for the verdict ({kind})", look)
        lines += hung("Score", f"{self.settings.metric}, {way} is better", look)
        lines += hung("Diagnosis", f"{found} ({self.source}){': ' if summary else ''}{summary}", look)
        for at, one in enumerate(self.field.candidates, start=1):
            told = f"{at}. {one.label}{', treats ' if one.treats else ''}{', '.join(one.treats)}"
            lines += hung("To try" if at == 1 else "", told, look)
        lines += (
            [] if self.field.candidates else hung("To try", "nothing: the baseline is trained, and that is all", look)
        )
        for reason in reasons(self.field.left_out):
            lines += hung("Not tried", reason, look)
        lines += hung("Trainings", self._trainings(), look)
        lines += hung("Time", self._time(), look)
        lines += hung("", f"nothing was kept; without --dry-run the study is kept in {self.directory}", look)
        return plain("\n".join(lines), look) + "\n"

    def _trainings(self) -> str:
        told = f"at most {self.trainings}: {self.settings.seeds} of the baseline"
        if self.field.candidates:
            told += f", then the candidates seed by seed, of which the worst are dropped, down to {KEEP[max(KEEP)]}"
        return told + (f"; in up to {self.settings.rounds} rounds" if self.settings.rounds > 1 else "")

    def _time(self) -> str:
        beside = f" with {self.jobs} at once" if self.jobs > 1 else ""
        return f"about {duration(self.whole)} at most{beside}; one training takes {duration(self.seconds)}"


def look_ahead(experiment: str | os.PathLike[str], techniques: Sequence[str] = (), **options: Any) -> Ahead:
    """What ``rerun`` of a file would do with these options.

    The diagnosis is that of ``history``; without one the baseline is trained once, in a directory that is removed then.
    Raises like ``rerun``.
    """
    asked = Asked(**options, techniques=tuple(techniques))
    one = existing(experiment)
    check(asked)
    diagnosed = history(asked)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        found: Probe = _called(one, "probe", (one, asked.metric, diagnosed is not None), log)
        settings = settings_of(asked, found, diagnosed)
        report: Report | None = diagnosed
        if diagnosed is not None:
            facts = Facts(**_called(one, "facts", (one, _watched(diagnosed)), log))
            source = f"of {diagnosed.source}"
            seconds = (found.epoch_seconds or 0.0) * found.epochs
        else:
            outcome: Outcome = _called(one, "run", (one, [], 0, asked.metric, None), log)
            facts, seconds = outcome.known(), outcome.seconds
            report, source = judged([outcome]), "of one training of the baseline, made for this and not kept"
    tried = field(report, facts, named=settings.named)
    trainings, weight = _counted(tried.candidates, facts, settings)
    whole = weight * seconds / asked.jobs
    if asked.max_trials is not None:
        whole *= min(1.0, asked.max_trials / trainings)
        trainings = min(trainings, asked.max_trials)
    return Ahead(
        experiment=named(one),
        probe=found,
        settings=settings,
        report=report,
        source=source,
        field=tried,
        trainings=trainings,
        seconds=seconds,
        whole=whole if asked.budget is None else min(whole, asked.budget),
        jobs=asked.jobs,
        directory=str(place(one, asked)),
    )


def _called(experiment: Experiment, name: str, arguments: Sequence[Any], log: Path) -> Any:
    try:
        return Processes().call(name, arguments, log)
    except (TrialFailed, CannotEdit) as error:
        raise UsageError(f"{named(experiment)} can't be run: {error}") from error


def _watched(report: Report) -> dict[str, list[float]]:
    curve = report.curves.of("validation", "loss") or report.curves.of("train", "loss")
    return {} if curve is None else {"val_loss": curve.values.tolist()}


def _counted(candidates: Sequence[Candidate], facts: Facts, settings: Settings) -> tuple[int, float]:
    """Trainings at most, and how many of the baseline's they take the time of."""
    judged = verdict_seeds(candidates, settings.seeds, bool(settings.named))
    alive, raced = len(candidates), 0
    for count in range(1, (judged.start or settings.seeds) + 1):
        raced += alive
        alive = min(alive, KEEP.get(count, KEEP[max(KEEP)]))
    if judged.start:
        raced += alive * settings.seeds + judged.stop - settings.seeds
    raced += (alive + 1) * settings.seeds if alive else 0  # where it takes a second look
    each = math.fsum(_times(one, facts) for one in candidates) / max(1, len(candidates))
    return settings.seeds + settings.rounds * raced, settings.seeds + settings.rounds * raced * each


def _times(one: Candidate, facts: Facts) -> float:
    """How many trainings of the baseline one of this candidate takes the time of, roughly."""
    members = max((int(one.settings[name]) for name in TIMES if isinstance(one.settings.get(name), int)), default=1)
    epochs = one.settings.get("epochs")
    return members * (epochs / facts.epochs if isinstance(epochs, int) and facts.epochs else 1.0)
