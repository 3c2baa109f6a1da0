"""The trials of a study, in Optuna's database: whatever was recorded stays, however a process ends.

One Optuna trial is one entry: techniques with their settings, and a seed. ``study.optimize`` drives it, because only
there a trial has a heartbeat. Four rules keep the books:

*The plan* follows from the results alone, so every worker works out the same one. Writing it, and taking an entry from
it, is done under a lock (``database.py``), and only entries are added that have no living trial: none stands there
twice, and nobody takes one that another has.
*A worker that dies* has its trial marked as failed, by the heartbeat or at the next start; its entry has then no living
trial, and is planned again.
*A worker presumed dead* that finds its trial marked so has its late result refused by the database.
*A result* counts once its trial is finished. The database finishes a trial once only, so there is one for each entry.

Optuna's own retry is not used: it adds the entry again without the lock.
"""

from __future__ import annotations

import json
import math
import os
import platform
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from diagnose.errors import MissingDependency, UsageError
from diagnose.experiments.database import Check, Database, unreachable
from diagnose.experiments.trial import Outcome, Step

HEARTBEAT = 10  # seconds between two signs of life of a trial; DIAGNOSE_HEARTBEAT=N sets another
MISSED = 6  # signs of life that are missing when a trial is presumed dead
ATTEMPTS = 5  # deaths after which an entry is given up: it is the training that kills its process
NAME = "diagnose"
RECORDED = ("COMPLETE", "PRUNED")  # states of a trial whose result counts; pruned: it has no score


@dataclass(frozen=True, slots=True)
class Entry:
    """One planned training: techniques with their settings on top of one another, and a seed. None: the baseline."""

    steps: tuple[Step, ...]
    seed: int

    @property
    def label(self) -> str:
        """For people: "dropout rate=0.5"; "baseline"."""
        return label(self.steps)

    @property
    def key(self) -> str:
        """One entry, one key."""
        return f"{self.label} #{self.seed}"


def label(steps: Sequence[Step]) -> str:
    """For people: "dropout rate=0.5 + early-stopping patience=10"; "baseline" without techniques."""
    told = [" ".join([slug, *(f"{name}={value}" for name, value in settings.items())]) for slug, settings in steps]
    return " + ".join(told) or "baseline"


class Store:
    """A study in a database, made there if it is new.

    url        ``sqlite:///path`` (one process at a time) or ``postgresql://...`` (many machines)
    heartbeat  seconds between two signs of life of a trial; None: as DIAGNOSE_HEARTBEAT says, else 10
    Raises UsageError for a database that can't be opened, or an SQLite file that another process works on.
    """

    def __init__(self, url: str, *, heartbeat: int | None = None, name: str = NAME) -> None:
        optuna = _optuna()
        self._verbosity = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        beat = _heartbeat() if heartbeat is None else heartbeat
        self._database = Database(url, heartbeat=beat, grace=MISSED * beat, name=name)
        self._name = name
        self._threads = threading.RLock()
        self._known: dict[int, tuple[Entry, Outcome]] = {}

    def close(self) -> None:
        """Let the next process have the file."""
        self._database.close()
        _optuna().logging.set_verbosity(self._verbosity)

    @property
    def is_new(self) -> bool:
        """Whether there is no study in the database yet."""
        return self._name not in {one.study_name for one in self._database.storage.get_all_studies()}

    def begin(self, direction: str, header: Mapping[str, Any]) -> None:
        """Make the study, or join the one that is there. Raises UsageError where that is a study of something else.

        header: what makes it this study, in JSON; "metric" among it, the score that is recorded as a trial's value
        """
        self._database.patiently(lambda: self._begin(direction, json.loads(json.dumps(header))))

    def _begin(self, direction: str, header: Mapping[str, Any]) -> None:
        with self._locked():
            self._study = _optuna().create_study(
                storage=self._database.storage,
                study_name=self._name,
                direction="minimize" if direction == "min" else "maximize",
                load_if_exists=True,
            )
            found = self._study.user_attrs.get("header")
            if found is None:
                self._study.set_user_attr("header", header)
            elif found != header:
                differing = " and another ".join(name for name in header if found.get(name) != header[name])
                raise UsageError(
                    f"the study at {self._database.place} was begun with another {differing}: "
                    "go on with that one, or begin a study in another --directory"
                )
            self._metric = header["metric"]
            self._bury(everybody=self._database.kind == "sqlite")  # nobody else works on the file

    def join(self) -> dict[str, Any]:
        """Open the study that is there, to read it; what it was begun with. Raises UsageError where there is none."""
        if self.is_new:
            raise UsageError(f"expected a study at {self._database.place}, found none")
        self._study = _optuna().load_study(study_name=self._name, storage=self._database.storage)
        found: dict[str, Any] = self._study.user_attrs.get("header", {})
        return found

    def plan(self, entries: Iterable[Entry]) -> int:
        """Add the entries that have no result and no living trial; how many of all wait or run now."""
        wanted = {entry.key: entry for entry in entries}
        return self._database.patiently(lambda: self._plan(wanted))

    def _plan(self, wanted: Mapping[str, Entry]) -> int:
        with self._locked() as check:
            self._bury()
            states = _states(self._trials())
            for key, entry in wanted.items():
                found = states.setdefault(key, [])
                if not _living(found) and found.count("FAIL") < ATTEMPTS:
                    check()
                    steps = [[slug, dict(settings)] for slug, settings in entry.steps]
                    self._study.enqueue_trial({}, user_attrs={"key": key, "steps": steps, "seed": entry.seed})
                    found.append("WAITING")
        return sum("WAITING" in states[key] or "RUNNING" in states[key] for key in wanted)

    def given_up(self) -> list[Entry]:
        """The entries whose process has died too often."""
        trials = self._database.patiently(self._trials)
        states = _states(trials)
        dead = {key for key, found in states.items() if not _living(found) and found.count("FAIL") >= ATTEMPTS}
        return list({_key(one): _entry(one) for one in trials if _key(one) in dead}.values())

    def work(self, train: Callable[[Entry], Outcome]) -> tuple[Entry, Outcome] | None:
        """Take the next entry that waits, train it, and record what came of it; None when there is nothing to take.

        train: gives the outcome; whatever it raises leaves the entry to be planned again, and is raised.
        """
        taken: list[Any] = []
        raised: list[BaseException] = []
        done: list[tuple[Entry, Outcome]] = []
        lock = ExitStack()

        def objective(trial: Any) -> float:
            with lock:  # until here: whoever holds it knows that a trial without a worker is of one that died
                entry = self._take(trial)
            taken.append(trial)
            try:
                outcome = train(entry)
            except BaseException as error:
                raised.append(error)
                trial.set_user_attr("stopped", True)  # not its fault: it did not die of itself
                raise
            done.append((entry, outcome))
            trial.set_user_attr("outcome", outcome.to_dict())
            return self._value(trial)

        try:
            with lock:
                lock.enter_context(self._locked())
                if any(one.state.name == "WAITING" for one in self._trials()):
                    self._study.optimize(objective, n_trials=1)
        except unreachable():
            if taken:
                raise
        except (_optuna().exceptions.UpdateFinishedTrialError, ValueError):
            if raised:
                raise raised[0] from None
            if not taken or not self._database.storage.get_trial(taken[0]._trial_id).state.is_finished():
                raise
            # presumed dead after a long silence: another has the entry, and that one's result counts
        return done[0] if done else None

    def _take(self, trial: Any) -> Entry:
        """Its entry; the first sign of life and the worker's name are there before the lock is given back."""
        self._database.storage.record_heartbeat(trial._trial_id)
        trial.set_user_attr("worker", f"{platform.node()} {os.getpid()}")
        return _entry(trial)

    def _value(self, trial: Any) -> float:
        """The score that decides. Raises TrialPruned where there is none: Optuna would take the trial for failed."""
        outcome = trial.user_attrs["outcome"]
        value = outcome["choice"].get(self._metric)
        if value is None or not math.isfinite(value):
            raise _optuna().TrialPruned(outcome["failed"] or "no score")
        return float(value)

    def results(self) -> dict[str, tuple[Entry, Outcome]]:
        """What was recorded, by key."""
        found: dict[str, tuple[Entry, Outcome]] = {}
        for trial in self._database.patiently(self._trials):
            if trial.state.name in RECORDED and "outcome" in trial.user_attrs:
                if trial.number not in self._known:  # it never changes any more
                    self._known[trial.number] = (_entry(trial), Outcome(**trial.user_attrs["outcome"]))
                found.setdefault(trial.user_attrs["key"], self._known[trial.number])
        return found

    def _trials(self) -> list[Any]:
        found: list[Any] = self._study.get_trials(deepcopy=False)
        return found

    def _bury(self, *, everybody: bool = False) -> None:
        """Mark the trials of the dead as failed. To be called under the lock."""
        optuna = _optuna()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            optuna.storages.fail_stale_trials(self._study)
        states = optuna.trial.TrialState
        for trial in self._trials():
            if trial.state is states.RUNNING and (everybody or "worker" not in trial.user_attrs):
                if "outcome" not in trial.user_attrs:
                    if everybody and not trial.user_attrs.get(
                        "steps"
                    ):  # without a baseline there is no study to resume
                        self._database.storage.set_trial_user_attr(trial._trial_id, "stopped", True)
                    self._study.tell(trial.number, state=states.FAIL)
                    continue
                try:  # everything was written but that it is over
                    self._study.tell(trial.number, self._value(trial))
                except optuna.TrialPruned:
                    self._study.tell(trial.number, state=states.PRUNED)

    @contextmanager
    def _locked(self) -> Iterator[Check]:
        """Only one thread of one worker of all machines at a time."""
        with self._threads, self._database.locked() as check:
            yield check


def _states(trials: Iterable[Any]) -> dict[str, list[str]]:
    """The states of each entry's trials. A trial that was stopped has failed through no fault of its own."""
    found: dict[str, list[str]] = {}
    for trial in trials:
        if (key := _key(trial)) is not None:
            stopped = trial.state.name == "FAIL" and "stopped" in trial.user_attrs
            found.setdefault(key, []).append("STOPPED" if stopped else trial.state.name)
    return found


def _living(states: Sequence[str]) -> bool:
    return any(one not in ("FAIL", "STOPPED") for one in states)


def _key(trial: Any) -> str | None:
    return trial.user_attrs.get("key")  # type: ignore[no-any-return]


def _entry(trial: Any) -> Entry:
    steps = tuple((slug, settings) for slug, settings in trial.user_attrs["steps"])
    return Entry(steps, trial.user_attrs["seed"])


def _heartbeat() -> int:
    given = os.environ.get("DIAGNOSE_HEARTBEAT", str(HEARTBEAT))
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"DIAGNOSE_HEARTBEAT: expected whole seconds, at least 1, found {given!r}")
    return int(given)


def _optuna() -> Any:
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise MissingDependency("rerun needs Optuna: pip install 'diagnose-curves[rerun]'") from error
    return optuna
