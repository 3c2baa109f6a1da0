"""Each trial in a process of its own: its own seed, its own memory, nothing shared with any other.

Loading Keras takes longer than many a small training, so on Linux the processes are forked from a server that has loaded
it and done nothing else; elsewhere every process starts from nothing. What a trial prints goes to its log. A trial leads
a process group of its own: whatever it has started ends with it, and it ends with the study, however that one ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from diagnose.errors import DiagnoseError, UsageError
from diagnose.experiments.experiment import Experiment
from diagnose.experiments.trial import Outcome, Step
from diagnose.recipes import CannotEdit

_STARTING = threading.Lock()
# The libraries beneath Keras tell of devices they have not found, once a process.
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "GLOG_minloglevel": "3", "ABSL_MIN_LOG_LEVEL": "3"}
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
KINDS: dict[str, type[Exception]] = {"UsageError": UsageError, "CannotEdit": CannotEdit}
LEAVE = 0.5  # seconds that a process has to end by itself once its result is there


class TrialFailed(DiagnoseError, RuntimeError):
    """A training broke off; the message is its last word, in one line."""


class Killed(TrialFailed):
    """Somebody ended the training's process: the system for want of memory, or an operator."""


class Stopped(DiagnoseError):
    """A training was ended because the study was."""


class Processes:
    """Runs trials, each in its own process; from several threads at once if wanted.

    jobs: how many run at once, among which the processor's cores are shared.
    """

    def __init__(self, jobs: int = 1) -> None:
        self._cores = max(1, _cores() // jobs)
        self._context = _context()
        self._stop_reader, self._stop_writer = multiprocessing.Pipe(duplex=False)
        self.stopping = False

    def stop(self) -> None:
        """End what runs: every waiting ``call`` raises Stopped."""
        if not self.stopping:
            self.stopping = True
            self._stop_writer.send(None)

    def call(
        self, name: str, arguments: Sequence[Any], log: str | os.PathLike[str], seconds: float | None = None
    ) -> Any:
        """Call a function of ``diagnose.experiments.jobs`` in a new process and give what it returns.

        seconds: after which it is ended, as failed. Raises UsageError and CannotEdit as the function does, Killed when
        the process was, TrialFailed for anything else that it raises or dies of, Stopped when the study ended first.
        """
        if self.stopping:
            raise Stopped("the study ended")
        work = _packed(name, arguments)
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._started((sender, work, os.fspath(log), self._cores))
        sender.close()
        try:
            ready = wait([receiver, self._stop_reader], seconds)
            if receiver not in ready:
                raise (Stopped("the study ended") if ready else TrialFailed(f"it took longer than {seconds:.0f} s"))
            told = receiver.recv()
        except (EOFError, OSError):
            process.join(LEAVE)
            if self.stopping:  # the machine's way to end a session: everybody is told at once
                raise Stopped("the study ended") from None
            raise _died(process.exitcode) from None
        finally:
            _end(process)
            receiver.close()
        if "kind" in told:
            raise KINDS.get(told["kind"], TrialFailed)(told["message"])
        return told["value"]

    def _started(self, arguments: tuple[Any, ...]) -> Any:
        for again in (True, False):
            process = self._context.Process(target=_work, args=arguments, daemon=True)
            try:
                with _starting():
                    process.start()
            except (EOFError, OSError):  # the server was killed; the next start starts another
                if not again:
                    raise
            else:
                break
        return process

    def trial(
        self,
        experiment: Experiment,
        steps: Sequence[Step],
        seed: int,
        metric: str | None,
        save: str | None,
        log: str | os.PathLike[str],
        seconds: float | None = None,
    ) -> Outcome:
        """One trial (``trial.run``) in its own process. Raises like ``call``."""
        found = self.call("run", (experiment, list(steps), seed, metric, save), log, seconds)
        assert isinstance(found, Outcome)
        return found


def _cores() -> int:
    """Of those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _context() -> Any:
    """On Linux a server that has loaded Keras is forked; a Mac's libraries don't survive that, and Windows has none."""
    if not sys.platform.startswith("linux"):
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["diagnose.experiments.jobs"])
    return context


def _packed(name: str, arguments: Sequence[Any]) -> bytes:
    """The call as it travels: with this process's environment. Raises UsageError for what can't travel."""
    import cloudpickle

    try:
        packed: bytes = cloudpickle.dumps((dict(os.environ), name, list(arguments)))
    except Exception as error:
        raise UsageError(
            "expected an experiment that can be sent to a process of its own, found one that can't "
            f"({' '.join(str(error).split())}); a dataset can be given as a function that loads it"
        ) from error
    return packed


@contextmanager
def _starting() -> Iterator[None]:
    """While a process starts: this program's main module is hidden, because it would be run again in the new process,
    and Ctrl-C is held back from it, because that is the study's: it ends the trials itself."""
    with _STARTING:
        main, before = sys.modules["__main__"], {name: os.environ.get(name) for name in QUIET}
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
        sys.modules["__main__"] = types.ModuleType("__main__")
        os.environ |= {name: value for name, value in QUIET.items() if before[name] is None}
        try:
            yield
        finally:
            for name in [name for name, value in before.items() if value is None]:
                os.environ.pop(name, None)
            sys.modules["__main__"] = main
            if mask is not None:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _died(code: int | None) -> TrialFailed:
    if code is None or code >= 0:
        return TrialFailed(f"the training's process ended with status {code} and no result")
    name = signal.Signals(-code).name
    told = f"the training's process was ended by {name}{' (out of memory?)' if name == 'SIGKILL' else ''}"
    return (Killed if name in ("SIGKILL", "SIGTERM") else TrialFailed)(told)


def _end(process: Any) -> None:
    """Wait a moment, then kill it and whatever it has started."""
    process.join(LEAVE)
    if process.is_alive():
        process.kill()
        process.join()
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _work(sender: Any, work: bytes, log: str, cores: int) -> None:
    """In the new process: do the work, send what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        os.setsid()
    multiprocessing.current_process().daemon = False  # a daemon may not have processes of its own; a training may
    threading.Thread(target=_die_with_parent, daemon=True).start()
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab", buffering=0) as file:  # noqa: PTH123
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    import cloudpickle

    from diagnose.experiments import jobs

    try:
        environment, name, arguments = cloudpickle.loads(work)
        os.environ |= {**QUIET, **dict.fromkeys(THREADS, str(cores)), **environment}
        sender.send({"value": getattr(jobs, name)(*arguments)})
    except BaseException as error:  # noqa: BLE001 - told to the parent
        import traceback

        traceback.print_exc()
        sender.send(jobs.told(error))
    sender.close()
    sys.stdout.flush()


def _die_with_parent() -> None:
    """A study that was killed leaves no training behind that goes on for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        if hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)
