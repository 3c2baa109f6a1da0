"""Each trial in a process of its own: its own seed, its own memory, nothing shared with any other.

Loading Keras takes longer than many a small training, so on Linux the processes are forked from a server that has loaded
it and done nothing else; elsewhere every process starts from nothing. What a trial prints goes to its log.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import types
from collections.abc import Sequence
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
KINDS: dict[str, type[Exception]] = {"UsageError": UsageError, "CannotEdit": CannotEdit}


class TrialFailed(DiagnoseError, RuntimeError):
    """A training broke off; the message is its last word, in one line."""


class Stopped(DiagnoseError):
    """A training was ended because the study was."""


class Processes:
    """Runs trials, each in its own process; from several threads at once if wanted.

    jobs: how many run at once, among which the processor's cores are shared.
    """

    def __init__(self, jobs: int = 1) -> None:
        self._cores = max(1, (os.cpu_count() or 1) // jobs)
        self._context = _context()
        self._stop_reader, self._stop_writer = multiprocessing.Pipe(duplex=False)
        self.stopping = False

    def stop(self) -> None:
        """End what runs: every waiting ``run`` raises Stopped."""
        if not self.stopping:
            self.stopping = True
            self._stop_writer.send(None)

    def call(
        self, name: str, arguments: Sequence[Any], log: str | os.PathLike[str], seconds: float | None = None
    ) -> Any:
        """Call a function of ``diagnose.experiments.jobs`` in a new process and give what it returns.

        seconds: after which it is ended. Raises UsageError and CannotEdit as the function does, TrialFailed for anything
        else that it raises or dies of, Stopped when the study ended first.
        """
        import cloudpickle

        receiver, sender = self._context.Pipe(duplex=False)
        work = cloudpickle.dumps((name, list(arguments)))
        process = self._context.Process(target=_work, args=(sender, work, os.fspath(log), self._cores), daemon=True)
        with _STARTING, _no_main():
            process.start()
        sender.close()
        try:
            ready = wait([receiver, self._stop_reader], seconds)
            if self._stop_reader in ready or not ready:
                raise Stopped("the study ended")
            told = receiver.recv()
        except EOFError:
            process.join()
            raise TrialFailed(_died(process.exitcode)) from None
        finally:
            if process.is_alive():
                process.join(0.5)
            if process.is_alive():
                process.kill()
            receiver.close()
        if "kind" in told:
            raise KINDS.get(told["kind"], TrialFailed)(told["message"])
        return told["value"]

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


def _context() -> Any:
    """On Linux a server that has loaded Keras is forked; a Mac's libraries don't survive that, and Windows has none."""
    if not sys.platform.startswith("linux"):
        return multiprocessing.get_context("spawn")
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["diagnose.experiments.jobs"])
    return context


class _no_main:  # noqa: N801 - reads as what it is
    """While a process starts, this program's main module is hidden: it would be run again in the new process.

    Ctrl-C is held back: it goes to the whole group, and the server that processes are forked from must not hear it.
    """

    def __enter__(self) -> None:
        self._main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        if hasattr(signal, "pthread_sigmask"):
            self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def __exit__(self, *_: object) -> None:
        sys.modules["__main__"] = self._main
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)


def _died(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"the training was ended by {name}{' (out of memory?)' if name == 'SIGKILL' else ''}"
    return f"the training ended with status {code} and no result"


def _work(sender: Any, work: bytes, log: str, cores: int) -> None:
    """In the new process: do the work, send what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the study's: it ends the trials itself
    threading.Thread(target=_die_with_parent, daemon=True).start()
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab", buffering=0) as file:  # noqa: PTH123
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(cores))
    import cloudpickle

    from diagnose.experiments import jobs

    try:
        name, arguments = cloudpickle.loads(work)
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
        os._exit(1)
