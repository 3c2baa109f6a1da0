"""``rerun()``: the whole way from the user's code to the report."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from diagnose.engine import diagnose
from diagnose.errors import MissingDependency, UsageError
from diagnose.experiments import models
from diagnose.experiments.experiment import Experiment, ExperimentFile, ExperimentParts, digest, parsed
from diagnose.experiments.harness import Harness, Limits, Watch
from diagnose.experiments.method import method
from diagnose.experiments.process import Processes, TrialFailed
from diagnose.experiments.racing import Results, scores
from diagnose.experiments.report import RerunReport
from diagnose.experiments.store import Entry, Store
from diagnose.experiments.study import Plan, Round, Settings, plan
from diagnose.experiments.summing import report_of
from diagnose.experiments.trial import Probe
from diagnose.recipes import CannotEdit
from diagnose.report import Report

DATABASE = "study.db"


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything about a re-run but the experiment itself; the options of ``diagnose rerun`` by their names."""

    history: str | os.PathLike[str] | None = None
    techniques: tuple[str, ...] = ()
    seeds: int = 5
    budget: float | None = None
    max_trials: int | None = None
    jobs: int = 1
    rounds: int = 1
    metric: str | None = None
    direction: str | None = None
    level: float = 0.95
    storage: str | None = None
    directory: str | os.PathLike[str] | None = None
    resume: bool = False


def rerun(
    experiment: str | os.PathLike[str] | Callable[[], Any],
    data: Any = None,
    *,
    fit_arguments: Mapping[str, Any] | None = None,
    pretrained: str | None = None,
    technique: str | Sequence[str] = (),
    watch: Watch = lambda standing: None,
    **options: Any,
) -> RerunReport:
    """Train the user's own model with the techniques that fit its diagnosis, and say whether they helped.

    experiment     path of a Python file with ``build_model()`` and ``load_data()``, which is run; or ``build_model``
    data           with a function: (train, validation[, test]), each (x, y[, weights]) or a dataset; or a function that
                   returns that
    fit_arguments  of ``model.fit``: epochs, batch_size, class_weight...
    pretrained     a saved Keras model for transfer learning to start from
    technique      slugs to try instead of what is recommended
    history        a history whose diagnosis is trusted; None: the baseline is trained and diagnosed
    seeds          runs of each configuration
    rounds         diagnose again and go on from the winner so often
    budget         seconds; max_trials: trainings; jobs: trainings at once
    metric         the score that decides; None: the first compiled metric, else the loss. direction: "min" or "max"
    storage        address of the database; None: an SQLite file in ``directory``
    directory      where the study is kept; resume: go on with the one that is there
    watch          called after each training with how things stand

    Raises UsageError for what can't be run, MissingDependency without Optuna and Keras.
    """
    if isinstance(options.get("budget"), str):
        raise UsageError(f"budget: expected seconds, found {options['budget']!r}")
    known = sorted({one.name for one in fields(Asked)} - {"techniques"})
    if strange := sorted(set(options) - set(known)):
        raise UsageError(f"rerun(): expected options among {', '.join(known)}, found {', '.join(strange)}")
    asked = Asked(**options, techniques=(technique,) if isinstance(technique, str) else tuple(technique))
    if callable(experiment):
        if data is None:
            raise UsageError("expected data beside build_model: (train, validation) or (train, validation, test)")
        one: Experiment = ExperimentParts(experiment, data, dict(fit_arguments or {}), pretrained)
    else:
        one = existing(experiment)
    return carry_out(one, asked, watch)


def existing(path: str | os.PathLike[str]) -> ExperimentFile:
    """The experiment of a file. Raises UsageError where there is none."""
    if not Path(path).is_file():
        raise UsageError(f"{os.fspath(path)}: expected a Python file with build_model() and load_data(), found none")
    parsed(Path(path))
    return ExperimentFile(os.fspath(path))


def carry_out(experiment: Experiment, asked: Asked, watch: Watch) -> RerunReport:
    """The study of an experiment. Raises UsageError."""
    check(asked)
    directory = place(experiment, asked)
    diagnosed = history(asked)
    new = not (directory / DATABASE).exists()
    store = _store(directory, experiment, asked)
    try:
        try:
            found = probed(experiment, asked, directory)
            settings = settings_of(asked, found, diagnosed)
            header = {"experiment": digest(experiment), "metric": found.metric, "direction": settings.direction}
            store.begin(settings.direction, header)
        except BaseException:  # nothing has begun: the next attempt finds nothing in its way
            if new:
                (directory / DATABASE).unlink(missing_ok=True)
            raise
        limits = Limits(asked.budget, asked.max_trials, asked.jobs)
        harness = Harness(experiment, store, settings, limits, directory, watch, asked.metric)
        now = harness.run()
        results = harness.results()
        known: dict[str, object] = {"directory": str(directory), "method": method(found, settings, now, results)}
        whole = report_of(now, results, settings, stopped=harness.stopped, **known)
        return _with_model(whole, now, results, experiment, asked, directory)
    finally:
        store.close()


def check(asked: Asked) -> None:
    """Raise UsageError for an option that doesn't fit, MissingDependency for a library that isn't there."""
    from diagnose import techniques

    for name in ("seeds", "rounds", "jobs"):
        if getattr(asked, name) < 1:
            raise UsageError(f"--{name}: expected at least 1, found {getattr(asked, name)}")
    for slug in asked.techniques:
        if techniques.get(slug).edit is None:
            raise UsageError(f"--technique: {slug} is to be done by hand; `diagnose explain {slug}` tells how")
    if asked.direction not in (None, "min", "max"):
        raise UsageError(f"--direction: expected min or max, found {asked.direction!r}")
    backends = ("tensorflow", "jax", "torch")
    missing = [one for one in ("keras", "optuna", "cloudpickle", "filelock") if find_spec(one) is None]
    if missing or not any(map(find_spec, backends)):
        names = ", ".join(missing) or f"one of {', '.join(backends)}"
        raise MissingDependency(f"rerun needs {names}, not installed here: pip install 'diagnose-curves[rerun]'")


def place(experiment: Experiment, asked: Asked) -> Path:
    """The study's directory: as asked, else beside the experiment under its name."""
    if asked.directory is not None:
        return Path(asked.directory)
    if isinstance(experiment, ExperimentFile):
        return Path(experiment.path).with_suffix(".rerun")
    return Path("model.rerun")


def history(asked: Asked) -> Report | None:
    """The report of the user's history, where one was named."""
    if asked.history is None:
        return None
    found = diagnose(asked.history)
    if isinstance(found, list):
        raise UsageError(f"--history: expected one history, found {len(found)} in {asked.history}")
    return found


def _store(directory: Path, experiment: Experiment, asked: Asked) -> Store:
    if asked.storage is not None:
        directory.mkdir(parents=True, exist_ok=True)
        # the same on every machine, wherever its directory is
        return Store(asked.storage, name=f"diagnose {Path(named(experiment)).stem} {digest(experiment)}")
    database = directory / DATABASE
    if database.exists() and not asked.resume:
        raise UsageError(
            f"{directory} holds a study: --resume goes on with it, --directory DIR begins another elsewhere"
        )
    directory.mkdir(parents=True, exist_ok=True)
    store = Store(f"sqlite:///{database}")
    models.forget_halves(directory)  # nobody else works here
    return store


def probed(experiment: Experiment, asked: Asked, directory: Path, *, timed: bool = False) -> Probe:
    """What is known before anything is trained. Raises UsageError."""
    log = directory / "logs" / "probe.log"
    try:
        found = Processes().call("probe", (experiment, asked.metric, timed), log)
    except TrialFailed as error:
        raise UsageError(f"{named(experiment)} can't be run: {error} (all it printed: {log})") from error
    except UsageError as error:
        name = named(experiment)
        raise error if str(error).startswith(name) else UsageError(f"{name}: {error}") from error
    assert isinstance(found, Probe)
    return found


def named(experiment: Experiment) -> str:
    """The experiment for a message: its file, or its function."""
    if isinstance(experiment, ExperimentFile):
        return experiment.path
    return getattr(experiment.build_model, "__name__", "the experiment")


def settings_of(asked: Asked, found: Probe, diagnosed: Report | None) -> Settings:
    """Raises UsageError for a score of which nobody knows which way is better."""
    direction = asked.direction or found.direction
    if direction not in ("min", "max"):
        raise UsageError(f"--direction: expected min or max, because the name {found.metric!r} doesn't tell")
    return Settings(
        seeds=asked.seeds,
        rounds=asked.rounds,
        named=asked.techniques,
        level=asked.level,
        metric=found.metric,
        direction="min" if direction == "min" else "max",
        diagnosed=diagnosed,
    )


def _with_model(
    report: RerunReport, now: Plan, results: Results, experiment: Experiment, asked: Asked, directory: Path
) -> RerunReport:
    """The report with the winner's model kept as ``winner.keras`` (or a folder); the other models are removed."""
    won = next((one for one in reversed(now.rounds) if one.winner is not None), None)
    entry = None if won is None else _typical(won, results, report.metric)
    if now.over:
        models.forget(directory, [one for one in now.entries if entry is None or one.key != entry.key])
    if entry is None or report.winner is None:
        return report
    kept = models.model_of(directory, entry)
    if kept is None and now.over:  # it was trained on another machine, or for a plan with other seeds
        log = directory / "logs" / f"{models.file_name(entry)}.log"
        save = models.save_to(directory, entry)
        with suppress(CannotEdit, TrialFailed, KeyboardInterrupt):
            Processes().trial(experiment, entry.steps, entry.seed, asked.metric, save, log)
        kept = models.model_of(directory, entry)
    if kept is None:
        return report
    return replace(report, winner=replace(report.winner, model=str(models.keep(directory, kept))))


def _typical(won: Round, results: Results, metric: str) -> Entry:
    """The winner's run that scores in the middle on the choice rows, of those it was judged by: neither luck nor bad luck."""
    assert won.winner is not None
    steps = won.winner.steps
    found = sorted(scores(results, steps, metric, seeds=won.race.judged).items(), key=lambda item: item[1])
    return Entry(steps, found[len(found) // 2][0])


def planned(settings: Settings) -> Plan:
    """The plan of a study that has no result yet."""
    return plan({}, settings)
