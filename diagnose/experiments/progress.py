"""How a re-run gets on, on standard error: a bar in a terminal, a line a training elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from dataclasses import replace
from typing import TextIO

from diagnose.experiments import racing
from diagnose.experiments.harness import Standing
from diagnose.experiments.store import label
from diagnose.experiments.trial import Outcome, Step
from diagnose.experiments.writeup.words import duration
from diagnose.renderers.layout import cut
from diagnose.renderers.words import clean

BAR = 16  # characters
TICK = 1.0  # seconds between two looks of the bar: the time left goes on between trainings


class Progress:
    """The ``watch`` of ``rerun()``. ``with Progress():`` wipes the bar at the end.

    start  what is said before the first training is done, in a terminal only
    """

    def __init__(self, start: str = "", *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._quiet = quiet or self._stream is None
        self._bar = not self._quiet and self._stream.isatty()
        self._start, self._at = clean(start), time.monotonic()
        self._standing: Standing | None = None
        self._lock, self._ended = threading.Lock(), threading.Event()

    def __enter__(self) -> Progress:
        if self._bar:
            threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._ended.set()
            if self._bar:
                self._write("\r\x1b[K")

    def __call__(self, standing: Standing) -> None:
        """One more training is done."""
        with self._lock:
            # of two that end together neither knows of the other yet
            done = max(standing.done, self._standing.done + 1 if self._standing is not None else 0)
            standing = replace(standing, done=done, expected=max(done, standing.expected))
            self._standing, self._at = standing, time.monotonic()
            if not self._quiet and not self._bar and standing.last is not None:
                self._write(f"diagnose: {told(standing)}\n")
        self._draw()

    def _tick(self) -> None:
        while not self._ended.is_set():
            self._draw()
            self._ended.wait(TICK)

    def _draw(self) -> None:
        with self._lock:
            if self._bar and not self._ended.is_set():
                columns = _columns(self._stream)  # a terminal adds "^C" behind it
                self._write(f"\r{cut(self._line(), columns - 4)}\x1b[K")

    def _line(self) -> str:
        now = self._standing
        spent = time.monotonic() - self._at
        if now is None:
            return f"{self._start} {duration(spent)}".strip()
        filled = round(BAR * now.done / max(now.expected, 1))
        left = "" if now.left is None or spent >= now.left > 0 else f", {_left(now.left - spent)}"
        return f"[{'#' * filled}{'.' * (BAR - filled)}] {now.done} of {now.expected}{left}; best {best(now)}"

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def told(now: Standing) -> str:
    """One line on the training that was done last: "3 of 21, baseline seed 2: accuracy 0.81 in 25 s; best ..."."""
    assert now.last is not None
    entry, outcome = now.last
    left = "" if now.left is None else f"; {_left(now.left)}"
    what = f"{now.done} of {now.expected}, {entry.label} seed {entry.seed}: {_scored(outcome, now)}"
    return clean(f"{what}; best {best(now)}{left}")


def _scored(outcome: Outcome, now: Standing) -> str:
    if outcome.failed is not None:
        return f"failed, {outcome.failed}"
    value = outcome.choice.get(now.settings.metric)
    score = f"no {now.settings.metric}" if value is None else f"{now.settings.metric} {value:.4g}"
    return f"{score} in {duration(outcome.seconds)}"


def best(now: Standing) -> str:
    """Who leads on the rows that settings are chosen by: "dropout rate=0.5, accuracy 0.83 (baseline 0.79)"."""
    name = now.settings.metric
    tried: dict[str, tuple[Step, ...]] = {entry.label: entry.steps for entry, _ in now.results.values()}
    found = {label: racing.scores(now.results, steps, name) for label, steps in tried.items()}
    means = {label: sum(one.values()) / len(one) for label, one in found.items() if one}
    if not means:
        return "not known yet"
    lead = (max if now.settings.direction == "max" else min)(means, key=lambda one: means[one])
    base = label(())
    beside = f" ({base} {means[base]:.4g})" if lead != base and base in means else ""
    return f"{lead}, {name} {means[lead]:.4g}{beside}"


def _left(seconds: float) -> str:
    return f"about {duration(seconds)} left" if seconds > 0 else "nearly done"


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
