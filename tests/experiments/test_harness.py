"""Who trains what, when it ends, and what is left on the disk. The trainings are made up; test_rerunning has real ones."""

import threading
import time
from pathlib import Path

import pytest

from diagnose.errors import UsageError
from diagnose.experiments import harness
from diagnose.experiments.experiment import ExperimentParts
from diagnose.experiments.harness import Harness, Limits
from diagnose.experiments.process import Killed, Stopped, TrialFailed
from diagnose.experiments.store import ATTEMPTS, Store
from diagnose.experiments.study import Settings
from diagnose.experiments.trial import Outcome

NOISE = [0.01, -0.01, 0.0, 0.02, -0.02]
FACTS = {"task": "classification", "classes": 2, "learning_rate": 0.001, "activations": ["relu"], "scaled": False}
TECHNIQUES = ("batch-normalization", "data-scaling")
SETTINGS = Settings(seeds=3, named=TECHNIQUES, metric="accuracy", direction="max")
EXPERIMENT = ExperimentParts(lambda: None, None, {})


def outcome(steps, seed, model=None):
    score = 0.6 + 0.2 * any(slug == "data-scaling" for slug, _ in steps) + NOISE[seed]
    values = {"accuracy": score, "loss": 1 - score}
    return Outcome(choice=values, verdict=values, facts={} if steps else FACTS, seconds=0.01, model=model)


class Trainings:
    """In place of the processes: what a trial does is a function of the entry, and how often it was trained is known."""

    def __init__(self, act=lambda entry, stopped: None):
        self.act, self.trained, self.limits, self.stopped = act, [], [], threading.Event()
        self._lock = threading.Lock()

    def __call__(self, jobs):
        self.stopped.clear()
        return self

    def stop(self):
        self.stopped.set()

    def trial(self, experiment, steps, seed, metric, save, log, seconds=None):
        with self._lock:
            self.trained.append((tuple(slug for slug, _ in steps), seed))
            self.limits.append(seconds)
        self.act(self.trained[-1], self.stopped)
        if save is not None:
            Path(save).parent.mkdir(exist_ok=True, parents=True)
            Path(f"{save}.keras").touch()
        return outcome(steps, seed, save)


@pytest.fixture
def carried_out(tmp_path, monkeypatch):
    """Carries a study out as far as its limits let it; the harness, and the states of its trials by key."""

    def run(trainings, *, limits=None, settings=SETTINGS, watch=lambda standing: None):
        monkeypatch.setattr(harness, "Processes", trainings)
        monkeypatch.setattr(harness, "POLL", 0.01)
        store = Store(f"sqlite:///{tmp_path / 'study.db'}")
        try:
            store.begin("max", {"metric": "accuracy"})
            one = Harness(EXPERIMENT, store, settings, limits or Limits(), tmp_path, watch)
            try:
                one.now = one.run()
            finally:
                one.trials = store._study.get_trials(deepcopy=False)
            return one
        finally:
            store.close()

    return run


def finished(one):
    return sorted(trial.user_attrs["key"] for trial in one.trials if trial.state.name in ("COMPLETE", "PRUNED"))


def test_a_study_ends_by_itself(carried_out):
    one = carried_out(Trainings())
    assert one.now.over and one.stopped is None
    assert one.now.rounds[0].winner.technique == "data-scaling"


@pytest.mark.parametrize("jobs", [2, 5])
def test_many_at_once_train_everything_once(carried_out, jobs):
    together = []

    def act(entry, stopped):
        time.sleep(0.02)
        together.append(threading.active_count())

    alone, trainings = Trainings(), Trainings(act)
    one = carried_out(trainings, limits=Limits(jobs=jobs))
    assert one.now.over and len(set(trainings.trained)) == len(trainings.trained) > 6
    assert all("key" in trial.user_attrs for trial in one.trials), "trials that nobody has planned"
    assert sorted(trainings.trained) == sorted(set(trainings.trained)) and not alone.trained


def test_the_order_makes_no_difference(tmp_path, monkeypatch):
    """One at a time, or five at once: the same entries are trained and the same results recorded."""
    sets = []
    for jobs in (1, 5):
        trainings = Trainings(lambda entry, stopped: time.sleep(0.01 * (hash(entry) % 3)))
        monkeypatch.setattr(harness, "Processes", trainings)
        monkeypatch.setattr(harness, "POLL", 0.01)
        store = Store(f"sqlite:///{tmp_path / str(jobs)}.db")
        store.begin("max", {"metric": "accuracy"})
        Harness(EXPERIMENT, store, SETTINGS, Limits(jobs=jobs), tmp_path).run()
        sets.append({key: found.choice for key, (_, found) in store.results().items()})
        store.close()
    assert sets[0] == sets[1]


@pytest.mark.parametrize(("jobs", "limit"), [(1, 2), (3, 2), (5, 4), (2, 1)])
def test_the_number_of_trainings_is_of_this_invocation(carried_out, jobs, limit):
    done = 0
    while True:
        trainings = Trainings(lambda entry, stopped: time.sleep(0.02))
        one = carried_out(trainings, limits=Limits(trials=limit, jobs=jobs))
        done += len(trainings.trained)
        assert len(finished(one)) == done
        if one.now.over:
            break
        assert len(trainings.trained) == limit and one.stopped == f"--max-trials {limit} was reached"
    assert done >= 8


def test_the_budget_ends_what_runs_and_that_is_no_death(carried_out):
    def slow(entry, stopped):
        if entry[0]:
            assert stopped.wait(30)
            raise Stopped("the study ended")

    for _ in range(ATTEMPTS + 1):
        hanging = Trainings(slow)
        begun = time.monotonic()
        one = carried_out(hanging, limits=Limits(seconds=1, jobs=2))
        assert one.stopped == "the budget was used up" and not one.now.over
        assert time.monotonic() - begun < 20
    again = Trainings()
    one = carried_out(again)
    assert one.now.over and one.stopped is None and not one._store.given_up()
    assert {found.failed for _, found in one.results().values()} == {None}


def test_what_ended_while_the_study_was_stopped_is_recorded(carried_out):
    """The result was there: it is not thrown away because the budget ends in the same moment."""
    trainings = Trainings(lambda entry, stopped: stopped.wait(30))
    one = carried_out(trainings, limits=Limits(seconds=0.5))
    assert len(finished(one)) == 1


def test_a_killed_training_is_trained_once_more(carried_out):
    def act(entry, stopped):
        if trainings.trained.count(entry) == 1 and entry[1] == 0:
            raise Killed("ended by SIGKILL")

    trainings = Trainings(act)
    one = carried_out(trainings)
    assert one.now.over and {found.failed for _, found in one.results().values()} == {None}
    assert trainings.trained.count(((), 0)) == 2 and trainings.trained.count((("data-scaling",), 0)) == 2


def test_a_training_killed_twice_has_failed(carried_out):
    def act(entry, stopped):
        if entry[0] == ("data-scaling",):
            raise Killed("ended by SIGKILL (out of memory?)")

    trainings = Trainings(act)
    one = carried_out(trainings)
    assert one.now.over and one.now.rounds[0].winner is None
    assert trainings.trained.count((("data-scaling",), 0)) == 2 and (("data-scaling",), 1) not in trainings.trained
    failed = [found.failed for _, found in one.results().values() if found.failed]
    assert failed == ["ended by SIGKILL (out of memory?)"]


@pytest.mark.parametrize("kind", [Killed, TrialFailed])
def test_when_the_users_own_training_fails_the_study_says_so(carried_out, kind):
    def act(entry, stopped):
        raise kind("ValueError: no such column")

    with pytest.raises(UsageError, match="the training itself can't be run: ValueError: no such column"):
        carried_out(Trainings(act))
    assert carried_out(Trainings()).now.over  # once it is mended, the study goes on


def test_a_training_that_hangs_is_given_many_times_the_baselines_duration(carried_out):
    trainings = Trainings()
    carried_out(trainings)
    given = dict(zip(trainings.trained, trainings.limits, strict=True))
    assert {given[(), seed] for seed in range(3)} == {None}
    assert given[("data-scaling",), 0] == pytest.approx(harness.LONGEST * 0.01 + harness.AND)


def test_who_watches_can_break_off_without_losing_a_result(carried_out):
    def watch(standing):
        raise RuntimeError("the terminal is gone")

    with pytest.raises(RuntimeError, match="the terminal is gone"):
        carried_out(Trainings(), watch=watch)
    one = carried_out(Trainings(), limits=Limits(trials=1))
    assert len(finished(one)) == 2


def test_who_watches_is_told_how_things_stand(carried_out):
    seen = []
    one = carried_out(Trainings(), watch=seen.append)
    assert [standing.done for standing in seen] == list(range(1, len(one.trials) + 1))
    assert all(standing.expected >= standing.done and standing.left >= 0 for standing in seen)
    assert seen[-1].expected == seen[-1].done and seen[-1].left == 0 and seen[-1].plan.over
    assert [standing.last[0].key for standing in seen[:3]] == ["baseline #0", "baseline #1", "baseline #2"]


def test_models_that_cannot_win_are_removed_at_once(carried_out, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.keras").touch()
    (tmp_path / "models" / "batch-normalization_seed0.keras").touch()  # not written by a study, whatever it is called
    on_disk = []

    def watch(standing):
        race = standing.plan.rounds[0].race if standing.plan.rounds else None
        on_disk.append((race, {path.name for path in (tmp_path / "models").iterdir()}))

    one = carried_out(Trainings(), watch=watch)
    left = {path.name for path in (tmp_path / "models").iterdir()}
    assert {"mine.keras", "batch-normalization_seed0.keras"} <= left
    assert len(left) == 2 + SETTINGS.seeds and sum(name.startswith("data-scaling") for name in left) == 3
    assert not any(name.startswith("baseline") for _, names in on_disk for name in names)
    assert one.now.over
