"""How fast: each figure beside a reference measured in the same run.

    python benchmarks/speed.py

Prints, and never asserts, because times belong to the machine:
the command on a 200-epoch CSV beside ``python -c "import numpy"`` and ``runmedic``; the call on a dict of 200 epochs beside
``runmedic``'s checks on the same numbers; a history of 1,000,000 points with its peak memory beside the data's own size.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

from diagnose import diagnose


def history(points: int, seed: int = 0) -> dict[str, list[float]]:
    """A training that overfits a little, with noise; two curves."""
    rng = np.random.default_rng(seed)
    at = np.linspace(0, 1, points)
    loss = np.exp(-5 * at) + 0.05
    return {
        "loss": (loss * rng.normal(1, 0.02, points)).tolist(),
        "val_loss": ((loss + 0.2 * at) * rng.normal(1, 0.02, points)).tolist(),
    }


def best_of(call: Callable[[], object], times: int) -> float:
    """The fastest of several calls, in seconds: what the work takes when nothing else runs."""
    return min(_timed(call) for _ in range(times))


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def command(*words: str) -> Callable[[], object]:
    """A call that runs a command to its end."""
    # compiled modules are kept between starts, as they are for a user
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run(words, capture_output=True, check=True, env=environment)


def peer(data: dict[str, list[float]]) -> Callable[[], object] | None:
    """runmedic's checks on the same numbers, in process; None where it isn't installed."""
    try:
        from runmedic import roles
        from runmedic.checks import run_checks
        from runmedic.model import Run
    except ImportError:
        return None

    def call() -> object:
        run = Run("history", "csv", "history.csv")
        for name, values in data.items():
            series = run.get(name)
            for step, value in enumerate(values):
                series.add(step, value)
        run.finalize()
        return run_checks(run, roles.detect(run))

    return call


def terminal(folder: Path) -> None:
    """The command's wall time."""
    file = folder / "history.csv"
    data = history(200)
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["epoch", *data])
        writer.writerows((epoch, *row) for epoch, row in enumerate(zip(*data.values(), strict=True)))
    reference = best_of(command(sys.executable, "-c", "import numpy"), 9)
    ours = best_of(command(sys.executable, "-m", "diagnose", str(file)), 9)
    row("diagnose history.csv (200 epochs)", ours, f"{ours / reference:.2f} x import numpy ({reference * 1e3:.0f} ms)")
    if peer(data) is not None:
        theirs = best_of(command(sys.executable, "-m", "runmedic", "diagnose", str(file)), 9)
        row("runmedic diagnose history.csv", theirs, f"{theirs / reference:.2f} x import numpy")


def library() -> None:
    """The call's time on a dict."""
    data = history(200)
    ours = best_of(lambda: diagnose(data), 300)
    other = peer(data)
    theirs = best_of(other, 100) if other else float("nan")
    row(
        "diagnose(dict), 200 epochs, 2 curves", ours, f"{ours / theirs:.2f} x runmedic's checks ({theirs * 1e3:.2f} ms)"
    )
    row("  and its text", best_of(lambda: str(diagnose(data)), 50), "")
    row("  and its JSON", best_of(lambda: diagnose(data).to_json(), 50), "")


def large() -> None:
    """A million points: time and memory."""
    data = history(1_000_000)
    size = sum(len(values) for values in data.values()) * 8
    seconds = _timed(lambda: diagnose(data))
    tracemalloc.start()
    diagnose(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    row(
        "diagnose(dict), 1,000,000 points, 2 curves",
        seconds,
        f"peak memory {peak / size:.1f} x the data ({size / 1e6:.0f} MB)",
    )
    short = best_of(lambda: diagnose(history(1000)), 5)
    row("diagnose(dict), 1,000 points, 2 curves", short, "")


def row(what: str, seconds: float, beside: str) -> None:
    print(f"{what:46s} {seconds * 1e3:10.3f} ms   {beside}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as where:
        terminal(Path(where))
    library()
    large()
