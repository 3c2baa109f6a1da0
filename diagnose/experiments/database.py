"""Where a study is kept: the database's address, who may write to it, and patience with a server that is away.

An SQLite file has one process at a time; a lock file says so, which the operating system takes back when that process
dies. On PostgreSQL many machines write; who plans or takes an entry holds an advisory lock of the database, which the
server takes back when its holder dies, or is silent for too long.
"""

from __future__ import annotations

import re
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from diagnose.errors import DiagnoseError, MissingDependency, UsageError

STALLED = 60  # seconds of silence after which the server takes the lock from a worker (one that was stopped, say)
PATIENCE = {"sqlite": 10.0, "postgresql": 120.0}  # seconds for which a database that doesn't answer is asked again
PAUSE = 1.0  # seconds between two attempts
FOREVER = 10**9  # seconds: the only user of a file buries the dead when it begins, never while it works

Result = TypeVar("Result")
Check = Callable[[], None]


class DatabaseLost(DiagnoseError, OSError):
    """The database has stopped answering; what was recorded is there, and --resume goes on."""


class LockLost(DiagnoseError):
    """The server has taken the lock away from a worker that was silent for too long."""


class Database:
    """One database, opened; made there if it is new.

    url        ``sqlite:///FILE`` or ``postgresql://...``
    heartbeat  seconds between two signs of life of a trial
    grace      seconds without one after which it is presumed dead
    Raises UsageError where it can't be opened, or where another process works on the file.
    """

    def __init__(self, url: str, *, heartbeat: int, grace: int, name: str) -> None:
        self._url, self._name = _with_driver(url), name
        self.kind = "sqlite" if self._url.startswith("sqlite") else "postgresql"
        self.place = hidden(url)
        self._file = _only_user(self._url) if self.kind == "sqlite" else None
        self._engine: Any = None
        try:
            if self._file is None:
                import sqlalchemy

                self._engine = sqlalchemy.create_engine(self._url, poolclass=sqlalchemy.NullPool)
            with self.locked("tables"):  # two that make them at once fail, of whatever studies they are
                self.storage = self._storage(heartbeat, grace if self._file is None else FOREVER)
        except Exception as error:
            self.close()
            said = last_word(error).replace(self._url, self.place)
            raise UsageError(f"--storage: expected a database at {self.place}, found: {said}") from error

    def close(self) -> None:
        """Let go of the connections, and of the file."""
        if getattr(self, "storage", None) is not None:
            self.storage.engine.dispose()
        if self._file is not None:
            self._file.release()

    @contextmanager
    def locked(self, what: str | None = None) -> Iterator[Check]:
        """Be the only process of all machines here; gives a function that raises LockLost when that is over.

        what: is locked; None: this study
        """
        if self._engine is None:
            yield lambda: None
            return
        import sqlalchemy

        with self._engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"SET LOCAL idle_in_transaction_session_timeout = '{STALLED}s'"))
            key = zlib.crc32(f"diagnose {what or self._name}".encode())
            connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})

            def check() -> None:
                try:
                    connection.execute(sqlalchemy.text("SELECT 1"))
                except sqlalchemy.exc.DBAPIError as error:
                    raise LockLost(last_word(error)) from error

            try:
                yield check
            finally:
                with suppress(sqlalchemy.exc.SQLAlchemyError):  # the lock was lost: then there is nothing to give back
                    connection.rollback()

    def patiently(self, act: Callable[[], Result]) -> Result:
        """Do it, again and again while the database doesn't answer. Raises DatabaseLost after ``PATIENCE``."""
        end = time.monotonic() + PATIENCE[self.kind]
        while True:
            try:
                return act()
            except LockLost:
                pass
            except unreachable() as error:
                if time.monotonic() > end:
                    raise DatabaseLost(
                        f"the database at {self.place} doesn't answer: {last_word(error)}; --resume goes on"
                    ) from error
            time.sleep(PAUSE)

    def _storage(self, heartbeat: int, grace: int) -> Any:
        import optuna

        patiently = self.patiently

        class Storage(optuna.storages.RDBStorage):
            """What a training has cost hours for is not lost to a server that restarts."""

            def record_heartbeat(self, trial_id: int) -> None:
                with suppress(*unreachable()):  # the next one may get through
                    super().record_heartbeat(trial_id)

            def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
                patiently(lambda: super(Storage, self).set_trial_user_attr(trial_id, key, value))

            def set_trial_state_values(self, trial_id: int, state: Any, values: Any = None) -> bool:
                act = partial(super().set_trial_state_values, trial_id, state, values)
                return bool(patiently(act) if state.is_finished() else act())

        more = {"connect_args": {"timeout": 60}} if self.kind == "sqlite" else {"pool_pre_ping": True}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # heartbeats are called that
            return Storage(self._url, engine_kwargs=more, heartbeat_interval=heartbeat, grace_period=grace)


def unreachable() -> tuple[type[Exception], ...]:
    """What is raised when a database doesn't answer."""
    import sqlalchemy
    from optuna.exceptions import StorageInternalError

    return (StorageInternalError, sqlalchemy.exc.DBAPIError)


def hidden(url: str) -> str:
    """A database's address without its password."""
    url = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)
    return re.sub(r"(password=)[^&]*", r"\1***", url)


def last_word(error: BaseException) -> str:
    """What a driver says, in one line, without what the layers above it add."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _with_driver(url: str) -> str:
    """The address for the driver that is installed. Raises UsageError for a kind of database that is not supported."""
    if re.match(r"sqlite:///[^:]", url):
        return url
    if not re.match(r"postgres(ql)?(\+\w+)?://", url):
        raise UsageError(f"--storage: expected sqlite:///FILE or postgresql://..., found {hidden(url)}")
    if re.match(r"postgres(ql)?://", url):
        drivers = [one for one in ("psycopg", "psycopg2") if find_spec(one)]
        if not drivers:
            raise MissingDependency("PostgreSQL needs a driver: pip install 'diagnose-curves[rerun-postgresql]'")
        return re.sub("^[^:]*", f"postgresql+{drivers[0]}", url)
    return url


def _only_user(url: str) -> Any:
    """A lock beside the SQLite file, for as long as this process lives."""
    from filelock import FileLock, Timeout

    path = Path(url.removeprefix("sqlite:///").partition("?")[0])
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"{path}: another re-run works on this study; wait for it, or name another directory"
        ) from None
    except OSError as error:
        raise UsageError(f"{path}: expected a file that can be written to, found: {error.strerror or error}") from error
    return lock
