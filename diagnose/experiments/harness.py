"""The study carried out: plan, train, record, until nothing is left to do or somebody ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from diagnose.errors import UsageError
from diagnose.experiments import models
from diagnose.experiments.experiment import Experiment
from diagnose.experiments.process import Killed, Processes, Stopped, TrialFailed
from diagnose.experiments.racing import Results
from diagnose.experiments.store import ATTEMPTS, Entry, Store
from diagnose.experiments.study import Plan, Settings, plan
from diagnose.experiments.trial import Outcome
from diagnose.recipes import CannotEdit

POLL = 0.5  # seconds between two looks at a study on which others work
# A training that hangs is ended: after so many times the baseline's duration, and this many seconds besides.
LONGEST, AND = 50, 60


@dataclass(frozen=True, slots=True)
class Limits:
    """Where to stop: seconds of the whole run, trainings made in it, how many at once."""

    seconds: float | None = None
    trials: int | None = None
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What a progress line shows: trainings done and expected, seconds left, the study so far, what was asked."""

    done: int
    expected: int
    left: float | None
    plan: Plan
    results: Results
    last: tuple[Entry, Outcome] | None
    settings: Settings


Watch = Callable[[Standing], None]


class Harness:
    """Carries out one study with as many threads as trainings may run at once.

    store     begun already
    directory where the models that the trials give are kept, and their logs
    watch     told after each training
    """

    def __init__(
        self,
        experiment: Experiment,
        store: Store,
        settings: Settings,
        limits: Limits,
        directory: Path,
        watch: Watch = lambda standing: None,
        metric: str | None = None,
    ) -> None:
        self._experiment, self._store, self._settings, self._limits = experiment, store, settings, limits
        self._directory, self._watch, self._metric = directory, watch, metric
        self._processes = Processes(limits.jobs)
        self._begun = time.monotonic()
        self._trained, self._running = 0, 0
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._given_up: dict[str, tuple[Entry, Outcome]] = {}
        self._planned: tuple[int, Plan] | None = None
        self.stopped: str | None = None

    def run(self) -> Plan:
        """Work until the study is over, a limit is reached or ``stop`` is called; where it stands then.

        Raises UsageError where the user's own training can't be run.
        """
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._limits.jobs)]
        timer = None
        if self._limits.seconds is not None:
            timer = threading.Timer(self._limits.seconds, self.stop, ["the budget was used up"])
            timer.daemon = True
            timer.start()
        try:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                threads[0].join(0.1)
                for thread in threads[1:]:
                    thread.join(0.01)
        except KeyboardInterrupt:
            self.stop("interrupted")
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        finally:
            if timer is not None:
                timer.cancel()
        if self._error is not None:
            raise self._error
        return self._standing()[1]

    def stop(self, why: str) -> None:
        """End the trainings that run; what was recorded stays."""
        if self.stopped is None:
            self.stopped = why
        self._processes.stop()

    def results(self) -> Results:
        """What was recorded, and the entries that were given up as failed."""
        found = dict(self._store.results())
        for entry in self._store.given_up():
            failed = f"the process that trained it died {ATTEMPTS} times"
            if not entry.steps:
                raise UsageError(f"the training itself can't be run: {failed}")
            found.setdefault(entry.key, self._given_up.setdefault(entry.key, (entry, Outcome(failed=failed))))
        return found

    def _standing(self) -> tuple[Results, Plan]:
        """The results, and what follows from them; they only ever grow, so as many are the same ones."""
        results = self.results()
        if self._planned is None or self._planned[0] != len(results):
            self._planned = len(results), plan(results, self._settings)
        return results, self._planned[1]

    def _work(self) -> None:
        try:
            while self.stopped is None and self._error is None and self._next():
                pass
        except BaseException as error:  # noqa: BLE001 - raised by ``run``
            self._error = error
            self._processes.stop()

    def _next(self) -> bool:
        """Train one more; whether there may be another."""
        with self._lock:
            _, now = self._standing()
            self._tidy(now)
            if now.over:
                return False
            limit = self._limits.trials
            if limit is not None and self._trained >= limit:
                self.stopped = self.stopped or f"--max-trials {limit} was reached"
                return False
            mine = limit is None or self._trained + self._running < limit
            if mine:
                self._store.plan(now.entries)
                self._running += 1
        done = self._once() if mine else None
        if done is None:  # what is left is being trained elsewhere; its results decide what comes next
            time.sleep(POLL)
        return True

    def _once(self) -> tuple[Entry, Outcome] | None:
        done = None
        try:
            done = self._store.work(self._train)
        except Stopped:
            pass
        finally:
            with self._lock:
                self._running -= 1
                self._trained += done is not None
        if done is not None:
            with self._lock:
                self._tell(*done)
        return done

    def _train(self, entry: Entry) -> Outcome:
        begun = time.monotonic()
        try:
            try:
                return self._trial(entry)
            except Killed:  # perhaps not for its own sake; the second time it is
                return self._trial(entry)
        except (CannotEdit, TrialFailed) as error:
            if not entry.steps:
                raise UsageError(
                    f"the training itself can't be run: {error} (all it printed: {self._log(entry)})"
                ) from error
            return Outcome(
                failed=str(error), unfit=isinstance(error, CannotEdit), seconds=round(time.monotonic() - begun, 3)
            )

    def _trial(self, entry: Entry) -> Outcome:
        known = [outcome.seconds for one, outcome in self._store.results().values() if not one.steps]
        longest = LONGEST * max(known) + AND if entry.steps and known else None
        save = models.save_to(self._directory, entry)
        return self._processes.trial(
            self._experiment, entry.steps, entry.seed, self._metric, save, self._log(entry), longest
        )

    def _log(self, entry: Entry) -> Path:
        return self._directory / "logs" / f"{models.file_name(entry)}.log"

    def _tidy(self, now: Plan) -> None:
        """A model that can't win any more is removed."""
        for at in now.rounds:
            done = [*at.race.dropped, *(one for one in at.field.candidates if at.race.over and one != at.winner)]
            gone = {repr(one.steps) for one in done}
            models.forget(self._directory, [entry for entry in at.race.entries if repr(entry.steps) in gone])

    def _tell(self, entry: Entry, outcome: Outcome) -> None:
        results, now = self._standing()
        open_entries = sum(one.key not in results for one in now.entries)
        left = open_entries + now.ahead
        if self._limits.trials is not None:
            left = min(left, self._limits.trials - self._trained)
        spent = time.monotonic() - self._begun
        seconds = left * spent / self._trained if left else 0.0
        if self._limits.seconds is not None:
            seconds = min(seconds, max(0.0, self._limits.seconds - spent))
        self._watch(
            Standing(len(results), len(results) + left, seconds, now, results, (entry, outcome), self._settings)
        )
