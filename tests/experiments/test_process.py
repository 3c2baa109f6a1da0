"""Processes of trials, for real: forked or started, killed, interrupted."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from diagnose.errors import UsageError
from diagnose.experiments.process import Killed, Processes, Stopped, TrialFailed
from diagnose.recipes import CannotEdit

pytest.importorskip("keras")
ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="signals of a POSIX system")

# What a test wants done in a process goes there as the data of an experiment, which are a function that loads them.
PROBE = "probe"


def does(act):
    """Have a function called in a process of its own; it is run where a trial would load its data."""
    from diagnose.experiments.experiment import ExperimentParts

    return ExperimentParts(lambda: None, act, {})


@pytest.fixture
def log(tmp_path):
    return tmp_path / "logs" / "one.log"


def call(act, log, **options):
    return Processes(options.pop("jobs", 1)).call(PROBE, (does(act), None, False), log, **options)


def told(act, log, **options):
    """What the function says, as the error that ends the trial: nothing else comes back from a place so early."""
    with pytest.raises(UsageError) as caught:
        call(lambda: say(act()), log, **options)
    return str(caught.value)


def say(value):
    raise UsageError(str(value))


def test_a_process_of_its_own(log):
    first, second = told(os.getpid, log), told(os.getpid, log)
    assert len({first, second, str(os.getpid())}) == 3


def test_nothing_is_shared_between_trials(log):
    def count():
        import keras

        keras.counted = getattr(keras, "counted", 0) + 1
        os.environ["COUNTED"] = str(int(os.environ.get("COUNTED", 0)) + 1)
        return keras.counted, os.environ["COUNTED"]

    assert [told(count, log) for _ in range(3)] == ["(1, '1')"] * 3
    assert "COUNTED" not in os.environ


def test_the_environment_is_the_one_of_now(log, monkeypatch):
    """The server that is forked has been there since the first trial; the trial sees what has been set since."""
    told(os.getpid, log)
    monkeypatch.setenv("SAID", "today")
    assert told(lambda: os.environ.get("SAID"), log) == "today"


def test_what_is_printed_goes_to_the_log(log, capfd):
    def speak():
        print("in Python")
        os.system("echo behind its back; echo an error >&2")
        return "done"

    assert told(speak, log) == "done"
    assert {"in Python", "behind its back", "an error"} <= set(log.read_text().splitlines())
    assert capfd.readouterr() == ("", "")


def test_an_error_travels_as_one_line_and_its_traceback_is_in_the_log(log):
    def breaks():
        raise ValueError("first line\n  second line")

    with pytest.raises(TrialFailed) as caught:
        call(breaks, log)
    assert str(caught.value).endswith("ValueError: first line second line")
    assert "Traceback" in log.read_text()


def test_a_very_long_error_is_cut(log):
    def breaks():
        raise ValueError("x" * 100_000)

    with pytest.raises(TrialFailed) as caught:
        call(breaks, log)
    assert len(str(caught.value)) <= 500


@pytest.mark.parametrize("kind", [UsageError, CannotEdit])
def test_errors_that_are_meant_keep_their_kind(log, kind):
    def breaks():
        raise kind("as it is")

    with pytest.raises(kind, match=r"^as it is$"):
        call(breaks, log)


@pytest.mark.parametrize("leave", [lambda: os._exit(3), lambda: sys.exit(4)])
def test_a_process_that_leaves(log, leave):
    with pytest.raises(TrialFailed, match=r"status 3 and no result|SystemExit: 4"):
        call(leave, log)


@posix
@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (signal.SIGKILL, Killed, r"ended by SIGKILL \(out of memory\?\)"),
        (signal.SIGTERM, Killed, "ended by SIGTERM"),
        (signal.SIGSEGV, TrialFailed, "ended by SIGSEGV"),
    ],
)
def test_a_killed_process_is_told_at_once(log, number, kind, said):
    with pytest.raises(kind, match=said) as caught:
        call(lambda: os.kill(os.getpid(), number), log)
    assert type(caught.value) is kind


def test_too_much_memory_is_one_line(log):
    def grow():
        return bytearray(1 << 60)

    with pytest.raises(TrialFailed, match="MemoryError"):
        call(grow, log)


def test_who_hangs_is_ended(log):
    begun = time.monotonic()
    with pytest.raises(TrialFailed, match="it took longer than 1 s"):
        call(lambda: time.sleep(600), log, seconds=1)
    assert time.monotonic() - begun < 60


def test_stopping_ends_what_runs_and_what_begins(log, tmp_path):
    processes, raised, started = Processes(2), [], [tmp_path / "0", tmp_path / "1"]

    def run(sign):
        try:
            processes.call(PROBE, (does(lambda: sign.touch() or time.sleep(600)), None, False), log)
        except Stopped as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(sign,)) for sign in started]
    for thread in threads:
        thread.start()
    until(lambda: all(sign.exists() for sign in started))
    processes.stop()
    for thread in threads:
        thread.join(30)
    assert len(raised) == 2
    with pytest.raises(Stopped):
        processes.call(PROBE, (does(lambda: time.sleep(600)), None, False), log)


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_what_a_training_has_started_ends_with_it(log, tmp_path):
    sign = tmp_path / "pid"

    def parent():
        child = subprocess.Popen(["sleep", "600"])
        sign.write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)

    with pytest.raises(TrialFailed):
        call(parent, log, seconds=5)
    pids = sign.read_text().split()
    until(lambda: not any(map(alive, pids)), 10)


def test_a_training_may_have_processes_of_its_own(log):
    """A data loader with workers: Python allows them to no process that is called a daemon."""

    def loads():
        import multiprocessing

        with multiprocessing.get_context("fork").Pool(2) as pool:
            return pool.map(abs, [-1, -2])

    assert told(loads, log) == "[1, 2]"


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs to know its cores")
@pytest.mark.parametrize("jobs", [1, 2])
def test_the_cores_are_shared(log, jobs, monkeypatch):
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    cores = len(os.sched_getaffinity(0))
    assert told(lambda: os.environ["TF_NUM_INTRAOP_THREADS"], log, jobs=jobs) == str(max(1, cores // jobs))
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "7")  # the user's word counts
    assert told(lambda: os.environ["TF_NUM_INTRAOP_THREADS"], log, jobs=jobs) == "7"


def test_what_cannot_travel_costs_one_line(log):
    lock = threading.Lock()
    with pytest.raises(UsageError, match="can be sent to a process of its own") as caught:
        call(lambda: lock, log)
    assert "\n" not in str(caught.value)


def test_this_process_is_as_it_was(log, monkeypatch):
    """Its environment, main module and signals, which are lent while a process starts."""
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    main, handler = sys.modules["__main__"], signal.getsignal(signal.SIGINT)
    told(os.getpid, log)
    assert sys.modules["__main__"] is main and signal.getsignal(signal.SIGINT) is handler
    assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    if hasattr(signal, "pthread_sigmask"):
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


SCRIPT = """
    import os, sys, tempfile
    print("main runs", __name__)

    class Mine:  # of the main module, and lambdas, closures and globals of it
        word = "mine"

    GREETING = "hello"

    def load():
        from diagnose.errors import UsageError
        raise UsageError(f"{GREETING} {Mine.word} {__name__}")

    from diagnose.errors import UsageError
    from diagnose.experiments.experiment import ExperimentParts
    from diagnose.experiments.process import Processes
    try:
        Processes().call("probe", (ExperimentParts(lambda: None, load, {}), None, False), os.path.join(sys.argv[1], "log"))
    except UsageError as error:
        print(error)
"""


def test_a_script_without_a_guard_is_not_run_again(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT))
    done = subprocess.run(
        [sys.executable, str(path), str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.splitlines() == ["main runs __main__", "hello mine __main__"] and done.stderr == ""
    assert (tmp_path / "log").read_text().count("main runs") == 0


WAITING = """
    import os, sys, time
    from diagnose.experiments.experiment import ExperimentParts
    from diagnose.experiments.process import Processes

    def load():
        print("pid", os.getpid(), flush=True)
        time.sleep(600)

    Processes().call("probe", (ExperimentParts(lambda: None, load, {}), None, False), sys.argv[1])
"""


@posix
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_no_training_goes_on_when_the_study_was_killed(tmp_path):
    log = tmp_path / "log"
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(WAITING))
    study = subprocess.Popen(
        [sys.executable, str(path), str(log)], env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True
    )
    until(lambda: log.exists() and "pid" in log.read_text())
    pid = log.read_text().split("pid ")[1].split()[0]
    assert alive(pid)
    study.kill()
    study.wait()
    until(lambda: not alive(pid), 10)


@posix
def test_ctrl_c_is_the_studys_and_not_the_trainings(log, tmp_path):
    """A terminal tells everybody at once; who trains doesn't break off of itself, at no moment of its life."""
    sign = tmp_path / "pid"

    def interrupted():
        sign.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.2)
        return "goes on"

    assert told(interrupted, log) == "goes on"
