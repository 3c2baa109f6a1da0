"""The trials of a study, in Optuna's database: whatever was recorded stays, however a process ends.

One Optuna trial is one entry: techniques with their settings, and a seed. ``study.optimize`` drives it, because only
there a trial has a heartbeat. Three rules keep the books:

*The plan* follows from the results alone, so every worker works out the same one. Writing it is done under a lock that
the database (PostgreSQL: an advisory lock) or the file system (SQLite: a lock file) takes back when its holder dies, and
only entries are added that have no living trial, so no entry stands there twice.
*A worker that dies* has its trial marked as failed, by the heartbeat or at the next start; its entry has then no living
trial, and is planned again.
*A worker presumed dead* that finds its trial marked so has its late result refused by the database.

Optuna's own retry is not used: it adds the entry again without the lock.
"""

from __future__ import annotations

import json
import re
import threading
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from diagnose.errors import UsageError
from diagnose.experiments.trial import Outcome, Step

HEARTBEAT = 10  # seconds between two signs of life of a trial
GRACE = 60  # seconds without one after which it is presumed dead
ATTEMPTS = 5  # deaths after which an entry is given up: it is the training that kills its process
NAME = "diagnose"


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

    url  ``sqlite:///path`` (one process at a time) or ``postgresql://...`` (many machines)
    Raises UsageError for a database that can't be opened, or an SQLite file that another process works on.
    """

    def __init__(self, url: str, *, heartbeat: int = HEARTBEAT, grace: int = GRACE, name: str = NAME) -> None:
        optuna = _optuna()
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        url = _with_driver(url)
        self.url, self._name = url, name
        self._threads = threading.RLock()
        self._file = _only_user(url) if url.startswith("sqlite") else None
        try:
            self._storage = optuna.storages.RDBStorage(url, heartbeat_interval=heartbeat, grace_period=grace)
        except Exception as error:
            self.close()
            raise UsageError(f"--storage: expected a database at {hidden(url)}, found: {_last(error)}") from error

    def close(self) -> None:
        """Let the next process have the file."""
        if self._file is not None:
            self._file.release()

    @property
    def is_new(self) -> bool:
        """Whether there is no study in the database yet."""
        return self._name not in {one.study_name for one in self._storage.get_all_studies()}

    def begin(self, direction: str, header: Mapping[str, Any]) -> None:
        """Make the study, or join the one that is there. Raises UsageError where that is a study of something else."""
        optuna = _optuna()
        with self._locked():
            self._study = optuna.create_study(
                storage=self._storage,
                study_name=self._name,
                direction="minimize" if direction == "min" else "maximize",
                load_if_exists=True,
            )
            found = self._study.user_attrs.get("header")
            if found is None:
                self._study.set_user_attr("header", dict(header))
            elif found != json.loads(json.dumps(header)):
                differing = [name for name in header if found.get(name) != json.loads(json.dumps(header[name]))]
                raise UsageError(
                    f"the study at {hidden(self.url)} was begun with another {', '.join(differing)}: "
                    + "; ".join(f"{name} {found.get(name)!r}, now {header[name]!r}" for name in differing)
                )
            if self._file is not None:  # nobody else works on it: whatever runs is of a process that is dead
                self._bury()

    def join(self) -> dict[str, Any]:
        """Open the study that is there, to read it; what it was begun with. Raises UsageError where there is none."""
        if self.is_new:
            raise UsageError(f"expected a study at {hidden(self.url)}, found none")
        self._study = _optuna().load_study(study_name=self._name, storage=self._storage)
        found: dict[str, Any] = self._study.user_attrs.get("header", {})
        return found

    def plan(self, entries: Iterable[Entry]) -> int:
        """Add the entries that have no result and no living trial; how many of all wait or run now."""
        wanted = {entry.key: entry for entry in entries}
        with self._locked():
            states = self._states()
            for key, entry in wanted.items():
                if not _living(states.get(key, ())) and states.get(key, ()).count("FAIL") < ATTEMPTS:
                    attributes = {
                        "key": key,
                        "steps": [[slug, dict(one)] for slug, one in entry.steps],
                        "seed": entry.seed,
                    }
                    self._study.enqueue_trial({}, user_attrs=attributes)
            states = self._states()
        return sum(any(state in ("WAITING", "RUNNING") for state in states.get(key, ())) for key in wanted)

    def given_up(self) -> list[Entry]:
        """The entries whose process has died too often."""
        states = self._states()
        dead = {key for key, found in states.items() if not _living(found) and found.count("FAIL") >= ATTEMPTS}
        return list(
            {one.user_attrs["key"]: _entry(one) for one in self._trials() if one.user_attrs.get("key") in dead}.values()
        )

    def waiting(self) -> int:
        """How many planned entries nobody trains yet."""
        return sum(found.count("WAITING") for found in self._states().values())

    def work(self, train: Callable[[Entry], Outcome], metric: str) -> None:
        """Train the next entry that waits, and record what came of it.

        train: gives the outcome; whatever it raises leaves the entry to be planned again, and is raised.
        """
        optuna = _optuna()
        raised: list[BaseException] = []

        def objective(trial: Any) -> float:
            attributes = trial.user_attrs
            if "key" not in attributes:  # another worker was quicker
                raise optuna.TrialPruned("nothing was waiting")
            try:
                outcome = train(_entry(trial))
            except BaseException as error:
                raised.append(error)
                trial.set_user_attr("stopped", True)  # not its fault: it did not die of itself
                raise
            trial.set_user_attr("outcome", outcome.to_dict())
            value = outcome.choice.get(metric)
            if value is None:
                raise optuna.TrialPruned(outcome.failed or "no score")
            return float(value)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # heartbeats are called experimental
            try:
                self._study.optimize(objective, n_trials=1)
            except (optuna.exceptions.UpdateFinishedTrialError, ValueError):
                # presumed dead after a long silence: another has the entry, and that one's result counts
                if raised:
                    raise raised[0] from None

    def results(self) -> dict[str, tuple[Entry, Outcome]]:
        """What was recorded, by key."""
        found = {}
        for trial in self._trials():
            attributes = trial.user_attrs
            if trial.state.name in ("COMPLETE", "PRUNED") and "outcome" in attributes:
                found[attributes["key"]] = (_entry(trial), Outcome(**attributes["outcome"]))
        return found

    def _trials(self) -> list[Any]:
        found: list[Any] = self._study.get_trials(deepcopy=False)
        return found

    def _states(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for trial in self._trials():
            if "key" in trial.user_attrs:
                state = trial.state.name
                if state == "FAIL" and "stopped" in trial.user_attrs:
                    state = "STOPPED"
                found.setdefault(trial.user_attrs["key"], []).append(state)
        return found

    def _bury(self) -> None:
        optuna = _optuna()
        for trial in self._trials():
            if trial.state.name == "RUNNING":
                self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Only one worker of all machines at a time."""
        with self._threads:
            if self._file is not None:
                yield
                return
            import sqlalchemy

            with self._storage.engine.connect() as connection:
                key = zlib.crc32(f"diagnose {self._name}".encode())
                connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:key)"), {"key": key})
                try:
                    yield
                finally:
                    connection.execute(sqlalchemy.text("SELECT pg_advisory_unlock(:key)"), {"key": key})


def _entry(trial: Any) -> Entry:
    steps = tuple((slug, settings) for slug, settings in trial.user_attrs["steps"])
    return Entry(steps, trial.user_attrs["seed"])


def _living(states: Sequence[str]) -> bool:
    return any(one not in ("FAIL", "STOPPED") for one in states)


def hidden(url: str) -> str:
    """A database's address without its password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def _with_driver(url: str) -> str:
    """The address for the driver that is installed. Raises UsageError for a kind of database that is not supported."""
    if url.startswith("sqlite:///"):
        return url
    if not url.startswith(("postgresql://", "postgresql+")):
        raise UsageError(f"--storage: expected sqlite:///FILE or postgresql://..., found {hidden(url)}")
    if url.startswith("postgresql://") and not find_spec("psycopg2"):
        return url.replace("postgresql://", "postgresql+psycopg://", 1)
    return url


def _optuna() -> Any:
    from diagnose.errors import MissingDependency

    try:
        import optuna
    except ModuleNotFoundError as error:
        raise MissingDependency("rerun needs Optuna: pip install 'diagnose-curves[rerun]'") from error
    return optuna


def _last(error: BaseException) -> str:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _only_user(url: str) -> Any:
    """A lock beside the SQLite file, for as long as this process lives."""
    from filelock import FileLock, Timeout

    path = Path(url.removeprefix("sqlite:///"))
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"{path}: another re-run works on this study; wait for it, or name another directory"
        ) from None
    return lock
