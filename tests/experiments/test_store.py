"""The books of a study on a real SQLite file. What trains is made up: the books are under test."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from wsgiref.util import setup_testing_defaults

import optuna
import pytest

from diagnose.errors import UsageError
from diagnose.experiments import database, store
from diagnose.experiments.database import hidden
from diagnose.experiments.store import ATTEMPTS, Entry, Store
from diagnose.experiments.trial import Outcome

HEADER = {"experiment": "abc", "metric": "accuracy"}
DROPOUT = ("dropout", {"rate": 0.5})


@pytest.fixture
def file(tmp_path):
    return tmp_path / "study.db"


@pytest.fixture
def opened(file):
    """Opens the study; whatever is open at the end is closed."""
    made = []

    def make(**header):
        one = Store(f"sqlite:///{file}")
        made.append(one)
        one.begin("max", {**HEADER, **header})
        return one

    yield make
    for one in made:
        one.close()


def entries(count, *steps):
    return [Entry(tuple(steps), seed) for seed in range(count)]


def trained(entry):
    return Outcome(choice={"accuracy": 0.5 + entry.seed / 100, "loss": 1.0}, run={"columns": {"loss": [1.0, 0.5]}})


def states(one):
    return [trial.state.name for trial in one._study.get_trials(deepcopy=False)]


def test_planning_twice_adds_nothing(opened):
    one = opened()
    assert one.plan(entries(3)) == 3 and one.plan(entries(3)) == 3
    assert states(one) == ["WAITING"] * 3
    assert one.plan(entries(4)) == 4 and states(one) == ["WAITING"] * 4


def test_what_has_a_result_is_not_planned_again(opened):
    one = opened()
    one.plan(entries(2))
    assert one.work(trained)[0] == Entry((), 0)
    assert one.plan(entries(2)) == 1 and states(one) == ["COMPLETE", "WAITING"]


def test_an_entry_comes_back_as_it_was_planned(opened):
    one, wanted = opened(), Entry((DROPOUT, ("learning-rate", {"learning_rate": 0.001})), 4)
    one.plan([wanted])
    seen = []
    assert one.work(lambda entry: seen.append(entry) or trained(entry))[0] == wanted
    assert seen == [wanted] and list(one.results()) == ["dropout rate=0.5 + learning-rate learning_rate=0.001 #4"]


def test_without_anything_to_take_nothing_is_added(opened):
    one = opened()
    assert one.work(trained) is None
    one.plan(entries(1))
    one.work(trained)
    assert one.work(trained) is None and states(one) == ["COMPLETE"]


def test_results_survive_and_are_the_same(opened, file):
    one = opened()
    full = Outcome(
        choice={"accuracy": 0.75, "loss": None},
        verdict={"accuracy": 0.7, "loss": 1e300},
        run={
            "columns": {"loss": [1.0, "NaN", "Infinity", "-Infinity"]},
            "inside": {"dense": {"gradient": [None, 0.25]}},
        },
        metric="accuracy",
        nested=True,
        seconds=1.25,
        epochs=4,
        notes=("members: 5",),
        versions={"keras": "3"},
        facts={"shape": [2], "learning_rate": 0.1},
        model="models/über.keras",
    )
    one.plan([Entry((DROPOUT,), 0)])
    one.work(lambda entry: full)
    one.close()
    ((entry, found),) = opened().results().values()
    assert entry == Entry((DROPOUT,), 0)
    assert found.to_dict() == json.loads(json.dumps(full.to_dict()))
    assert found.run["columns"]["loss"] == [1.0, "NaN", "Infinity", "-Infinity"]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_training_without_a_score_has_a_result_all_the_same(opened, value):
    """Optuna takes a trial whose value is not a number for failed: it would be trained again and again."""
    one = opened()
    one.plan(entries(1))
    one.work(lambda entry: Outcome(choice={"accuracy": value}))
    assert states(one) == ["PRUNED"] and list(one.results()) == ["baseline #0"] and one.plan(entries(1)) == 0


def test_a_failed_training_has_a_result(opened):
    one = opened()
    one.plan(entries(1))
    one.work(lambda entry: Outcome(failed="ValueError: no"))
    assert one.results()["baseline #0"][1].failed == "ValueError: no" and one.plan(entries(1)) == 0


def test_what_is_raised_leaves_the_entry_to_be_planned_again(opened):
    one = opened()

    def broken(entry):
        raise UsageError("stop here")

    for _ in range(ATTEMPTS + 2):  # being stopped is no death, however often
        one.plan(entries(1))
        with pytest.raises(UsageError, match="stop here"):
            one.work(broken)
    assert one.given_up() == [] and one.plan(entries(1)) == 1
    assert one.work(trained) is not None and len(one.results()) == 1


def test_a_training_whose_process_dies_is_given_up_after_some_attempts(opened):
    entry = Entry((DROPOUT,), 0)
    for _ in range(ATTEMPTS):
        one = opened()  # whatever runs in the file is of a process that is dead
        assert one.given_up() == [] and one.plan([entry]) == 1
        die_in_the_middle(one)
        one.close()
    one = opened()
    assert one.given_up() == [entry] and one.plan([entry]) == 0
    assert states(one) == ["FAIL"] * ATTEMPTS and one.results() == {}


def die_in_the_middle(one):
    """Leave the entry as a process that is killed leaves it: taken, and running."""
    trial = next(trial for trial in one._study.get_trials(deepcopy=False) if trial.state.name == "WAITING")
    storage = one._database.storage
    storage.set_trial_state_values(trial._trial_id, optuna.trial.TrialState.RUNNING)
    storage.set_trial_user_attr(trial._trial_id, "worker", "elsewhere 1")


def test_what_was_written_whole_when_the_process_died_is_not_trained_again(opened):
    one = opened()
    one.plan(entries(2))
    for outcome in (trained(Entry((), 0)), Outcome(failed="too slow")):
        trial = next(trial for trial in one._study.get_trials(deepcopy=False) if trial.state.name == "WAITING")
        one._database.storage.set_trial_state_values(trial._trial_id, optuna.trial.TrialState.RUNNING)
        one._database.storage.set_trial_user_attr(trial._trial_id, "outcome", outcome.to_dict())
    one.close()
    one = opened()
    assert states(one) == ["COMPLETE", "PRUNED"] and one.plan(entries(2)) == 0
    assert one.results()["baseline #0"][1].choice["accuracy"] == 0.5 and one.results()["baseline #1"][1].failed


def test_who_dies_while_taking_an_entry_leaves_it_to_the_others(opened):
    """Taken, but not yet with a sign of life: Optuna never calls such a trial dead."""
    one = opened()
    one.plan(entries(1))
    trial = one._study.get_trials(deepcopy=False)[0]
    one._database.storage.set_trial_state_values(trial._trial_id, optuna.trial.TrialState.RUNNING)
    assert one.plan(entries(1)) == 1 and states(one) == ["FAIL", "WAITING"]


def test_a_late_result_is_refused(opened):
    """Somebody was presumed dead in the middle, and somebody else has trained the entry."""
    one = opened()
    one.plan(entries(1))

    def late(entry):
        running = next(trial for trial in one._study.get_trials(deepcopy=False) if trial.state.name == "RUNNING")
        one._study.tell(running.number, state=optuna.trial.TrialState.FAIL)
        one.plan(entries(1))
        one.work(lambda again: Outcome(choice={"accuracy": 0.9}))
        return Outcome(choice={"accuracy": 0.1})

    # Optuna takes the inner work for nested: a worker of its own has a thread of its own
    inner = one.work
    one.work = lambda train: in_thread(lambda: inner(train))
    inner(late)
    assert states(one) == ["FAIL", "COMPLETE"]
    assert one.results()["baseline #0"][1].choice == {"accuracy": 0.9}


def in_thread(act):
    found = []
    thread = threading.Thread(target=lambda: found.append(act()))
    thread.start()
    thread.join()
    return found[0]


def test_an_error_of_its_own_passes_even_when_presumed_dead(opened):
    one = opened()
    one.plan(entries(1))

    def late(entry):
        running = one._study.get_trials(deepcopy=False)[0]
        one._study.tell(running.number, state=optuna.trial.TrialState.FAIL)
        raise UsageError("stop here")

    with pytest.raises(UsageError, match="stop here"):
        one.work(late)


def test_nobody_takes_what_another_has(opened):
    """Four threads, sixteen entries: each is trained once."""
    one, seen, lock = opened(), [], threading.Lock()
    one.plan(entries(16))

    def train(entry):
        with lock:
            seen.append(entry.key)
        return trained(entry)

    def worker():
        while one.work(train) is not None:
            one.plan(entries(16))

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(entry.key for entry in entries(16))
    assert states(one) == ["COMPLETE"] * 16


@pytest.mark.parametrize(("change", "named"), [({"experiment": "xyz"}, "experiment"), ({"metric": "loss"}, "metric")])
def test_another_study_is_not_gone_on_with(opened, change, named):
    opened().close()
    with pytest.raises(UsageError, match=f"begun with another {named}: go on with that one"):
        opened(**change)


def test_two_at_once_on_a_file(opened, file):
    opened()
    with pytest.raises(UsageError, match="another re-run works on this study"):
        opened()
    code = f"from diagnose.experiments.store import Store; Store('sqlite:///{file}')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "another re-run works on this study" in done.stderr.splitlines()[-1]


def test_it_is_new_until_it_is_begun(file):
    one = Store(f"sqlite:///{file}")
    assert one.is_new
    with pytest.raises(UsageError, match="expected a study at"):
        one.join()
    one.begin("min", HEADER)
    assert not one.is_new
    one.close()
    one = Store(f"sqlite:///{file}")
    assert one.join() == HEADER and one.results() == {}
    one.close()


def test_optuna_speaks_again_afterwards(file):
    before = optuna.logging.get_verbosity()
    one = Store(f"sqlite:///{file}")
    one.close()
    assert optuna.logging.get_verbosity() == before


@pytest.mark.parametrize(
    "url", ["mysql://user:secret@host/db", "sqlite://", "sqlite:///:memory:", "study.db", "redis://:secret@host"]
)
def test_other_databases_are_refused_without_telling_a_password(url):
    with pytest.raises(UsageError, match="expected sqlite:///FILE or postgresql://") as caught:
        Store(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:secret@host:5432/db", "postgresql://ada:***@host:5432/db"),
        ("postgresql://ada:s@e:c/ret@host/db", "postgresql://ada:***@host/db"),
        ("postgresql://ada@host/db", "postgresql://ada@host/db"),
        ("postgresql:///db?host=/tmp&password=secret&x=1", "postgresql:///db?host=/tmp&password=***&x=1"),
        ("sqlite:////tmp/study.db", "sqlite:////tmp/study.db"),
    ],
)
def test_passwords_are_hidden(url, shown):
    assert hidden(url) == shown


def test_a_server_that_is_not_there_costs_one_line_without_the_password():
    pytest.importorskip("psycopg")
    with pytest.raises(UsageError, match=r"expected a database at postgresql://ada:\*\*\*@127.0.0.1:1/db") as caught:
        Store("postgresql://ada:secret@127.0.0.1:1/db")
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_no_database_costs_one_line(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, " * 100)
    with pytest.raises(UsageError, match="file is not a database") as caught:
        Store(f"sqlite:///{path}")
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="expected a file that can be written to, found: File exists"):
        Store(f"sqlite:///{path}/study.db")


def test_a_database_that_answers_late_is_asked_again(opened, monkeypatch):
    one, asked = opened(), []
    monkeypatch.setattr(database, "PAUSE", 0.01)

    def hesitant():
        asked.append(None)
        if len(asked) < 3:
            raise optuna.exceptions.StorageInternalError("away") from OSError("server closed the connection")
        return "here"

    assert one._database.patiently(hesitant) == "here"
    monkeypatch.setitem(database.PATIENCE, "sqlite", 0.0)
    asked.clear()
    with pytest.raises(database.DatabaseLost, match=r"doesn't answer: server closed the connection; --resume goes on"):
        one._database.patiently(hesitant)


@pytest.mark.parametrize("given", ["0", "soon", "-1", "1.5"])
def test_the_heartbeat_is_in_whole_seconds(monkeypatch, file, given):
    monkeypatch.setenv("DIAGNOSE_HEARTBEAT", given)
    with pytest.raises(UsageError, match="DIAGNOSE_HEARTBEAT: expected whole seconds"):
        Store(f"sqlite:///{file}")


def test_a_sleeping_machine_loses_nothing_on_a_file(opened, file):
    """Nobody but this process works on the file: its trials are not presumed dead, however long it was suspended."""
    one = opened()
    one.plan(entries(2))
    running = []

    def long(entry):
        time.sleep(0.5)  # the first sign of life is given
        engine = one._database.storage.engine
        with engine.begin() as connection:  # an hour has passed since the last sign of life
            connection.exec_driver_sql("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-1 hour')")
        running.append(in_thread(lambda: one.plan(entries(2))))
        return trained(entry)

    one.work(long)
    assert running == [2] and states(one) == ["COMPLETE", "WAITING"]


def test_the_dashboard_of_optuna_opens_the_file(opened, file):
    dashboard = pytest.importorskip("optuna_dashboard", reason="optuna-dashboard is not installed")
    one = opened()
    one.plan(entries(2))
    one.work(trained)
    one.close()
    answers = []
    environment = {}
    setup_testing_defaults(environment)
    app = dashboard.wsgi(f"sqlite:///{file}")
    for path in ("/api/studies", "/api/studies/1"):
        asked = {**environment, "PATH_INFO": path, "QUERY_STRING": "after=0"}
        answers.append(json.loads(b"".join(app(asked, lambda status, headers, error=None: None))))
    assert [study["study_name"] for study in answers[0]["study_summaries"]] == ["diagnose"]
    assert next((trial["state"], trial["values"]) for trial in answers[1]["trials"]) == ("Complete", [0.5])


def test_a_label_is_for_people():
    assert Entry((), 3).label == "baseline" and Entry((), 3).key == "baseline #3"
    assert store.label((DROPOUT,)) == "dropout rate=0.5"


def test_the_file_is_all_there_is(opened, file):
    opened().plan(entries(1))
    assert {path.name for path in Path(file).parent.iterdir()} == {"study.db", "study.db.lock"}
