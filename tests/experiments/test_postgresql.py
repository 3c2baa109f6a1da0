"""Several workers on one study, in a real PostgreSQL server that is started for these tests.

Without a server's programs (Debian: apt-get install postgresql) or the driver psycopg they are skipped.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from glob import glob
from pathlib import Path

import pytest

from diagnose.errors import UsageError
from diagnose.experiments import database
from diagnose.experiments.database import Database, LockLost
from diagnose.experiments.experiment import ExperimentFile, digest
from diagnose.experiments.store import Entry, Store
from diagnose.experiments.trial import Outcome

psycopg = pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a secret/of@ours"  # in an address: a%20secret%2Fof%40ours
PROGRAMS = shutil.which("initdb") or next(iter(sorted(glob("/usr/lib/postgresql/*/bin/initdb"))[::-1]), None)
pytestmark = [
    pytest.mark.skipif(PROGRAMS is None, reason="no PostgreSQL server is installed (apt-get install postgresql)"),
    pytest.mark.skipif(os.name != "posix", reason="signals of a POSIX system"),
]


class Server:
    """A PostgreSQL server of its own in a temporary directory, on a free port of this machine."""

    def __init__(self, folder):
        self.folder, self.bin = folder, Path(PROGRAMS).parent
        self.user = "postgres" if os.geteuid() == 0 else None  # it refuses to be run by root
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if self.user:
            shutil.chown(folder, self.user)
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self.run("initdb", "-D", self.data, "-U", "ada", "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync")
        self.start()

    @property
    def data(self):
        return self.folder / "data"

    def run(self, program, *arguments):
        command = [self.bin / program, *arguments]
        subprocess.run(
            command,
            user=self.user,
            cwd=self.folder,
            check=True,
            capture_output=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )

    def start(self):
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -F"
        self.run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, how="fast"):
        self.run("pg_ctl", "-D", self.data, "-w", "-m", how, "stop")

    def connect(self, name="postgres"):
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="ada", password=PASSWORD, dbname=name, autocommit=True
        )

    def url(self, name, password="a%20secret%2Fof%40ours"):
        return f"postgresql://ada:{password}@127.0.0.1:{self.port}/{name}"


@pytest.fixture(scope="module")
def server():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        made = Server(Path(folder))
        yield made
        made.stop("immediate")


@pytest.fixture
def url(server, request):
    """The address of a database that is empty, without a single table."""
    name = re.sub(r"\W+", "_", request.node.name).lower()
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.url(name)


# A worker as `diagnose rerun` is one, but for the trainings: each takes as long as it is told, and leaves its name. Its first
# waits until as many workers as the crowd are at theirs.
WORKER = """
    import sys, time
    from pathlib import Path
    from diagnose.experiments import harness
    from diagnose.experiments.experiment import ExperimentParts
    from diagnose.experiments.store import Entry, Store
    from diagnose.experiments.study import Settings
    from diagnose.experiments.trial import Outcome

    url, folder, seconds, name, crowd = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4], int(sys.argv[5])
    NOISE = [0.01, -0.01, 0.0, 0.02]
    FACTS = {"task": "classification", "classes": 2, "learning_rate": 0.001, "activations": ["relu"], "scaled": False}

    class Trainings:
        def __init__(self, jobs): ...
        def stop(self): ...
        def trial(self, experiment, steps, seed, metric, save, log, longest=None):
            with (folder / "trained").open("a") as file:
                file.write(f"{name} {Entry(tuple(steps), seed).key}\\n")
            while len({line.split()[0] for line in (folder / "trained").read_text().splitlines()}) < crowd:
                time.sleep(0.02)
            time.sleep(seconds)
            score = 0.6 + 0.2 * any(slug == "data-scaling" for slug, _ in steps) + NOISE[seed]
            values = {"accuracy": score, "loss": 1 - score}
            return Outcome(choice=values, verdict=values, facts=FACTS, seconds=seconds, notes=(name,))

    harness.Processes = Trainings
    harness.POLL = 0.1
    store = Store(url)
    store.begin("max", {"metric": "accuracy"})
    settings = Settings(seeds=3, named=("data-scaling", "batch-normalization"), metric="accuracy", direction="max")
    one = harness.Harness(ExperimentParts(lambda: None, None, {}), store, settings, harness.Limits(), folder)
    now = one.run()
    print(now.over, len(one.results()))
"""


@pytest.fixture
def workers(url, tmp_path):
    """Starts workers on the study; those that are left are ended."""
    started = []

    def start(name, seconds=0.3, heartbeat="1", crowd=1):
        command = [sys.executable, "-c", textwrap.dedent(WORKER), url, str(tmp_path), str(seconds), name, str(crowd)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DIAGNOSE_HEARTBEAT": heartbeat}
        one = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def trained(folder):
    path = folder / "trained"
    return [tuple(line.split(" ", 1)) for line in path.read_text().splitlines()] if path.exists() else []


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def ended(*ones):
    """Wait for workers; everyone has seen the study end, and said nothing else."""
    for one in ones:
        out, err = one.communicate(timeout=120)
        assert (one.returncode, err) == (0, "") and out.startswith("True ")


@pytest.fixture
def books(url):
    """The trials as the database has them: [(key, state, who recorded the outcome or None)]."""

    def read(**study):
        store = Store(url, **study)
        try:
            store.join()
            return [
                (
                    trial.user_attrs.get("key"),
                    trial.state.name,
                    next(iter((trial.user_attrs.get("outcome") or {}).get("notes", ())), None),
                )
                for trial in store._study.get_trials(deepcopy=False)
            ]
        finally:
            store.close()

    return read


def recorded(rows):
    return sorted(key for key, state, _ in rows if state in ("COMPLETE", "PRUNED"))


def test_workers_that_start_at_once_write_one_plan_and_share_the_work(workers, books, tmp_path):
    """On a database without a table, where making the tables is a race too."""
    names = ["one", "two", "three"]
    ended(*[workers(name, heartbeat="10", crowd=3) for name in names])
    rows = books()
    assert [state for _, state, _ in rows] == ["COMPLETE"] * len(rows) and None not in {key for key, _, _ in rows}
    assert len(recorded(rows)) == len(set(recorded(rows))) >= 8
    assert sorted(key for _, key in trained(tmp_path)) == recorded(rows)
    assert {name for _, _, name in rows} == set(names)


def test_the_work_of_a_worker_that_is_killed_is_done_by_the_others(workers, books, tmp_path):
    killed = workers("killed", seconds=600)
    until(lambda: trained(tmp_path))
    others = [workers("one"), workers("two")]
    until(lambda: len(trained(tmp_path)) > 2)
    killed.kill()
    ended(*others)
    rows, lost = books(), trained(tmp_path)[0][1]
    assert [state for key, state, _ in rows if key == lost] == ["FAIL", "COMPLETE"]
    assert len(recorded(rows)) == len(set(recorded(rows))) == len(rows) - 1 >= 8
    assert "killed" not in {name for _, state, name in rows if state == "COMPLETE"}


def test_the_last_entry_of_a_dead_worker_is_found_by_those_who_only_wait(workers, books, tmp_path):
    """Nothing else is left to take, so that nobody would ask Optuna for a trial."""
    killed = workers("killed", seconds=600)
    until(lambda: trained(tmp_path))
    other = workers("other", seconds=0.0)
    until(lambda: len(recorded(books())) == 2)  # the other two seeds of the baseline
    killed.kill()
    ended(other)
    assert len(recorded(books())) == len(set(recorded(books()))) >= 8


def test_the_late_result_of_a_worker_that_slept_is_refused_and_it_goes_on(workers, books, tmp_path):
    sleeper = workers("sleeper", seconds=1.0)
    until(lambda: trained(tmp_path))
    os.kill(sleeper.pid, signal.SIGSTOP)
    late = trained(tmp_path)[0][1]
    other = workers("other", seconds=1.0)
    until(lambda: ("other", late) in trained(tmp_path))  # presumed dead: somebody else trains its entry
    os.kill(sleeper.pid, signal.SIGCONT)
    ended(sleeper, other)
    rows = books()
    assert [(state, name) for key, state, name in rows if key == late] == [("FAIL", None), ("COMPLETE", "other")]
    assert len(recorded(rows)) == len(set(recorded(rows))) >= 8
    assert "sleeper" in {name for _, state, name in rows if state == "COMPLETE"}


def test_a_server_that_restarts_costs_no_result(workers, server, books, tmp_path):
    one = workers("one", seconds=1.0)
    until(lambda: len(trained(tmp_path)) == 2)
    server.stop("immediate")
    time.sleep(2)  # the training ends in the meantime
    server.start()
    ended(one)
    rows = books()
    assert len(recorded(rows)) == len(set(recorded(rows))) >= 8
    assert len(trained(tmp_path)) == len(set(trained(tmp_path))), "something was trained twice"


def test_the_lock_is_taken_from_who_is_silent(url, monkeypatch):
    monkeypatch.setattr(database, "STALLED", 1)
    first = Database(url, heartbeat=1, grace=6, name="study")
    second = Database(url, heartbeat=1, grace=6, name="study")
    with first.locked() as check:
        check()
        begun = time.monotonic()
        with second.locked() as other:  # waits until the server has had enough of the first
            other()
            assert time.monotonic() - begun > 0.5
            with pytest.raises(LockLost):
                check()
    first.close()
    second.close()


def test_who_lost_the_lock_plans_nothing_twice(url, monkeypatch):
    """A worker sleeps in the middle of writing the plan; the other writes it whole; then the first wakes up."""
    monkeypatch.setattr(database, "STALLED", 1)
    monkeypatch.setattr(database, "PAUSE", 0.01)
    first, second = Store(url, heartbeat=10), Store(url, heartbeat=10)
    for one in (first, second):
        one.begin("max", {"metric": "accuracy"})
    entries = [Entry((), seed) for seed in range(4)]
    enqueue, slept = first._study.enqueue_trial, []

    def sleepy(*arguments, **more):
        enqueue(*arguments, **more)
        if not slept:
            slept.append(second.plan(entries))  # gets the lock after a second

    first._study.enqueue_trial = sleepy
    assert first.plan(entries) == 4 and slept == [4]
    assert len(first._study.get_trials(deepcopy=False)) == 4
    first.close()
    second.close()


def test_a_wrong_password_costs_one_line(server):
    with pytest.raises(UsageError, match="password authentication failed") as caught:
        Store(server.url("postgres", password="my%20guess"))
    said = str(caught.value)
    assert "guess" not in said and "secret" not in said and "\n" not in said and ":***@127.0.0.1" in said


def test_studies_in_one_database_are_apart(url):
    """Six that begin at once, on a database without a table."""
    stores = {}
    threads = [
        threading.Thread(target=lambda name: stores.update({name: Store(url, name=name)}), args=[f"study {at}"])
        for at in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 6
    for one in list(stores.values())[2:]:
        one.close()
    first, second = list(stores.values())[:2]
    for one in (first, second):
        one.begin("max", {"metric": "accuracy"})
        one.plan([Entry((), 0)])
    first.work(lambda entry: Outcome(choice={"accuracy": 0.5}))
    assert len(first.results()) == 1 and second.results() == {}
    first.close()
    second.close()


MACHINE = """
    import json, sys
    from diagnose.experiments.rerunning import rerun

    path, folder, url = sys.argv[1:]
    report = rerun(path, directory=folder, technique="data-scaling", seeds=3, storage=url)
    print(json.dumps([report.complete, report.trials, report.winner and report.winner.model]))
"""
EXPERIMENT = """
    import keras
    import numpy as np

    def load_data():
        random = np.random.default_rng(0)
        x = 10_000 + 100 * random.normal(size=(600, 2)).astype("float32")
        y = (x[:, 0] > x[:, 1]).astype("float32")
        return (x[:200], y[:200]), (x[200:400], y[200:400]), (x[400:], y[400:])

    def build_model():
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    fit_arguments = {"epochs": 20}
"""


@pytest.mark.skipif("DIAGNOSE_LONG" not in os.environ, reason="a minute long: DIAGNOSE_LONG=1 pytest tests/experiments")
def test_three_machines_with_real_trainings_one_of_which_is_killed(url, tmp_path, books):
    path = tmp_path / "experiment.py"
    path.write_text(textwrap.dedent(EXPERIMENT))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DIAGNOSE_HEARTBEAT": "2"}
    names = ["one", "two", "three"]
    machines = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(MACHINE), path, tmp_path / name, url],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]

    def at_work():
        return [at for at, name in enumerate(names) if list((tmp_path / name).glob("logs/*seed*"))]

    until(at_work, 240)
    killed = machines.pop(at_work()[0])  # in the middle of its first training
    killed.kill()
    killed.communicate()
    told = [one.communicate(timeout=400) for one in machines]
    assert [err for _, err in told] == ["", ""]
    answers = [json.loads(out) for out, _ in told]
    assert [(complete, trials) for complete, trials, _ in answers] == [(True, 6)] * 2
    for _, _, model in answers:  # each has the winner's, trained again where the other machine has it
        assert Path(model).is_file() and model.endswith("winner.keras")
    rows = books(name=f"diagnose experiment {digest(ExperimentFile(str(path)))}")
    assert "FAIL" in {state for _, state, _ in rows}
    assert len(recorded(rows)) == len(set(recorded(rows))) == 6 and None not in {key for key, _, _ in rows}
