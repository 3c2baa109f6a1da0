"""What is said while a study runs."""

from __future__ import annotations

import io
import os
import select
import time

import pytest

from diagnose.experiments.harness import Standing
from diagnose.experiments.progress import Progress, best, told
from diagnose.experiments.store import Entry
from diagnose.experiments.study import Plan, Settings
from diagnose.experiments.trial import Outcome

DROPOUT = (("dropout", {"rate": 0.5}),)


def standing(*scored, done=None, expected=9, left=200.0, direction="max", failed=None):
    """A study in which these (steps, seed, accuracy) are known, the last of them just now."""
    results = {}
    for steps, seed, score in scored:
        entry = Entry(steps, seed)
        results[entry.key] = (entry, Outcome(choice={"accuracy": score}, seconds=12.0, failed=failed))
    settings = Settings(metric="accuracy", direction=direction)
    last = list(results.values())[-1]
    return Standing(done or len(results), expected, left, Plan((), (), False, 0), results, last, settings)


def test_a_line_tells_what_was_trained_how_it_scored_who_leads_and_what_is_left():
    now = standing(((), 0, 0.6), (DROPOUT, 0, 0.7))
    assert told(now) == (
        "2 of 9, dropout rate=0.5 seed 0: accuracy 0.7 in 12 s; "
        "best dropout rate=0.5, accuracy 0.7 (baseline 0.6); about 3 min left"
    )


def test_lower_leads_where_lower_is_better():
    assert best(standing(((), 0, 0.6), (DROPOUT, 0, 0.7), direction="min")) == "baseline, accuracy 0.6"


def test_means_are_compared_not_single_seeds():
    now = standing(((), 0, 0.6), ((), 1, 0.8), (DROPOUT, 0, 0.9), (DROPOUT, 1, 0.3))
    assert best(now) == "baseline, accuracy 0.7"


def test_a_failure_is_told():
    assert "seed 0: failed, no weights" in told(standing((DROPOUT, 0, None), failed="no weights"))


def test_a_pipe_gets_a_line_a_training_and_never_goes_backwards():
    stream = io.StringIO()
    with Progress("begins", stream=stream) as progress:
        progress(standing(((), 0, 0.6), done=4))
        progress(standing(((), 0, 0.6), ((), 1, 0.6), done=4))
    lines = stream.getvalue().splitlines()
    assert [line.split(",")[0] for line in lines] == ["diagnose: 4 of 9", "diagnose: 5 of 9"]


def test_quiet_is_silent():
    stream = io.StringIO()
    with Progress("begins", quiet=True, stream=stream) as progress:
        progress(standing(((), 0, 0.6)))
    assert stream.getvalue() == ""


def test_a_stream_that_is_gone_is_no_error():
    stream = io.StringIO()
    stream.close()
    stream.isatty = lambda: False
    with Progress(stream=stream) as progress:
        progress(standing(((), 0, 0.6)))


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_bar_on_one_line_that_is_wiped():
    keyboard, terminal = os.openpty()
    with open(terminal, "w") as stream:
        with Progress("begins", stream=stream) as progress:
            time.sleep(0.1)
            progress(standing(((), 0, 0.6), expected=4))
        shown = ""
        while select.select([keyboard], [], [], 0.5)[0]:
            shown += os.read(keyboard, 10_000).decode()
    os.close(keyboard)
    assert "\n" not in shown
    assert shown.startswith("\rbegins")
    assert "[####............] 1 of 4, about 3 min left; best baseline" in shown
    assert shown.endswith("\r\x1b[K")
