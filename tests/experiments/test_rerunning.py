"""``rerun()`` on real trainings, so small that a test can wait: resumed, killed at any moment, interrupted."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from diagnose.errors import UsageError

pytest.importorskip("keras")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of a POSIX system")
proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("DIAGNOSE_KILLS", "3"))  # DIAGNOSE_KILLS=30 pytest tests/experiments -k killed: many more

EXPERIMENT = """
    import keras
    import numpy as np

    def load_data():
        random = np.random.default_rng(0)
        x = 100 * random.normal(size=(96, 2)).astype("float32")
        y = (x[:, 0] * x[:, 1] > 0).astype("float32")
        return (x[:32], y[:32]), (x[32:64], y[32:64]), (x[64:], y[64:])

    def build_model():
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1, "sigmoid")])
        model.compile(keras.optimizers.SGD(0.01), "binary_crossentropy", metrics=["accuracy"], run_eagerly=True)
        return model

    fit_arguments = {"epochs": 5, "batch_size": 32}
"""
STUDY = """
    import json, sys
    from diagnose.experiments.rerunning import rerun

    path, folder, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    report = rerun(path, directory=folder, technique="data-scaling", **{"seeds": 2, **options})
    print("REPORT", json.dumps([report.complete, report.stopped, report.trials]))
"""
TRAININGS = 4  # two seeds of the baseline and of the technique


class Study:
    """A study in a process, which can be killed; whatever it has started bears its mark."""

    def __init__(self, folder):
        self.folder, self.mark = folder, f"DIAGNOSE_TEST_{uuid.uuid4().hex}"
        self.path, self.place = folder / "experiment.py", folder / "study"
        self.path.write_text(textwrap.dedent(EXPERIMENT))
        self.begun = []

    def start(self, **options):
        one = subprocess.Popen(
            [
                sys.executable,
                "-c",
                textwrap.dedent(STUDY),
                self.path,
                self.place,
                json.dumps({"resume": True, **options}),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT), self.mark: "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.begun.append(one)
        return one

    def recorded(self, database=None):
        """{trial: (state, key, outcome as it is written)} of everything that is recorded."""
        path = database or self.place / "study.db"
        if not path.exists():
            return {}
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            rows = connection.execute(
                "SELECT trial_id, state, a.key, value_json FROM trials JOIN trial_user_attributes a USING (trial_id) "
                "WHERE state IN ('COMPLETE', 'PRUNED') AND a.key IN ('key', 'outcome') ORDER BY trial_id, a.key"
            ).fetchall()
        except sqlite3.OperationalError:  # the tables are not made yet
            return {}
        finally:
            connection.close()
        found = {}
        for trial, state, name, value in rows:
            found.setdefault(trial, {"state": state})[name] = value
        return found

    def alive(self):
        """Pids of every process that bears the mark."""
        pids = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                dead = (path / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
                if not dead and self.mark.encode() in (path / "environ").read_bytes():
                    pids.append(int(path.name))
            except OSError:
                continue
        return pids

    def trainings(self, one):
        """Pids of the trainings: each leads a process group of its own."""
        found = []
        for pid in self.alive():
            with suppress(OSError):
                if pid != one.pid and os.getpgid(pid) == pid:
                    found.append(pid)
        return found

    def end(self):
        for one in self.begun:
            one.kill()
            one.communicate()


@pytest.fixture
def study(tmp_path):
    one = Study(tmp_path)
    yield one
    one.end()


def until(true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def told(one):
    """What a study that ended by itself prints: whether it is complete, what stopped it, how many trainings it knows."""
    out, err = one.communicate(timeout=240)
    assert (one.returncode, err) == (0, ""), err
    return json.loads(out.split("REPORT ")[1])


def check_books(study, before=()):
    """Nothing that was recorded is lost or changed; no entry is recorded twice."""
    now = study.recorded()
    assert all(now.get(trial) == one for snapshot in before for trial, one in snapshot.items())
    keys = [one["key"] for one in now.values()]
    assert sorted(keys) == sorted(set(keys)) and all("outcome" in one for one in now.values())
    return now


@proc
def test_a_study_that_is_killed_again_and_again_ends_with_every_result(study):
    chance, snapshots = random.Random(5), []
    for at in range(KILLS):
        one = study.start(jobs=1 + at % 2)
        enough = min(len(study.recorded()) + 1, TRAININGS)
        if at % 3:  # in the middle of the work; else at any moment from the start
            until(lambda one=one, enough=enough: len(study.recorded()) >= enough or one.poll() is not None)
        time.sleep(chance.uniform(0, 3))
        one.kill()
        one.communicate()
        until(lambda: not study.alive(), 15)  # no training goes on for nobody
        snapshots.append(check_books(study))
    assert told(study.start()) == [True, None, TRAININGS]
    assert len(check_books(study, snapshots)) == TRAININGS
    if KILLS:
        assert any(snapshots), "no kill fell behind a result"


@proc
def test_a_killed_training_is_trained_again_and_ctrl_c_reports_what_is_known(study):
    one = study.start()
    log = study.place / "logs"
    until(lambda: log.is_dir() and any("baseline" in path.name for path in log.iterdir()))
    until(lambda: study.trainings(one))
    os.kill(study.trainings(one)[0], signal.SIGKILL)  # by the system for want of memory, say: the study goes on
    until(lambda: len(study.recorded()) >= 1 or one.poll() is not None)
    os.killpg(one.pid, signal.SIGINT)  # as a terminal does: everybody is told
    complete, stopped, known = told(one)
    assert (complete, stopped) == (False, "interrupted") and 1 <= known < TRAININGS
    until(lambda: not study.alive(), 15)
    before = check_books(study)
    assert len(before) == known
    assert {json.loads(one["outcome"])["failed"] for one in before.values()} == {None}
    assert told(study.start()) == [True, None, TRAININGS]
    check_books(study, [before])


def test_from_a_notebook_with_lambdas_closures_and_arrays(tmp_path):
    """Nothing here can be imported by another process: it travels by value. Then the budget and the resumed study."""
    import keras
    import numpy as np

    from diagnose.experiments.rerunning import rerun

    random = np.random.default_rng(0)
    x = 100 * random.normal(size=(96, 2)).astype("float32")
    y = (x[:, 0] * x[:, 1] > 0).astype("float32")
    width = 4

    def layers():
        return [keras.Input((2,)), keras.layers.Dense(width, "tanh"), keras.layers.Dense(1, "sigmoid")]

    def build():
        model = keras.Sequential(layers())
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"], run_eagerly=True)
        return model

    data = ((x[:32], y[:32]), (x[32:64], y[32:64]), (x[64:], y[64:]))
    given = {"technique": "data-scaling", "seeds": 2, "directory": tmp_path / "study", "fit_arguments": {"epochs": 3}}
    first = rerun(build, data, max_trials=2, **given)
    assert not first.complete and first.trials == 2 and first.stopped == "--max-trials 2 was reached"
    with pytest.raises(UsageError, match="--resume goes on with it"):
        rerun(build, data, **given)
    second = rerun(build, data, resume=True, jobs=2, **given)
    assert second.complete and second.trials == TRAININGS and second.baseline.score == first.baseline.score
    width = 5  # another model: not the same study
    with pytest.raises(UsageError, match="begun with another experiment"):
        rerun(build, data, resume=True, **given)
    width = 4
    with pytest.raises(UsageError, match="begun with another experiment"):
        rerun(build, ((x[:30], y[:30]), *data[1:]), resume=True, **given)


BROKEN = {
    "raises": ("raise ValueError('no such file: train.csv')", "ValueError: no such file: train.csv"),
    "dies": ("import os; os._exit(7)", "status 7"),
    "is killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL"),
    "too much memory": ("return bytearray(1 << 60)", "MemoryError"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_an_experiment_that_cannot_run_costs_one_line(tmp_path, how):
    from diagnose.experiments.rerunning import rerun

    code, said = BROKEN[how]
    path = tmp_path / "experiment.py"
    path.write_text(f"def build_model(): ...\ndef load_data():\n    {code}\n")
    with pytest.raises(UsageError, match=said) as caught:
        rerun(path)
    assert "\n" not in str(caught.value)
