"""Deliberately troubled trainings, re-run: does what is recommended help on unseen data, and what does it cost?

    python -m benchmarks.rerun [--parts one first three random all again] [--only small] [--jobs 2] [--out rerun-benchmark]
    python -m benchmarks.rerun --table [--out rerun-benchmark]

Every case is a small real training with a trouble put into it (``TROUBLES``), on dense, convolutional and recurrent
models, and a test set of 2,000 fresh rows. For each case:

first   the first technique that is recommended and can be re-run, its settings raced: does it help beyond its interval?
one     one round as a user would ask for it: is there a winner?
three   three rounds, each going on from the last one's winner; only where the first has none: what was shown stays shown
random  as many techniques as the round had, drawn at random from all that fit
all     every technique that fits, with all settings and seeds, no race: the best there is (hours; for few cases)
again   the round's winner and the baseline from five further seeds, which decided nothing: does it hold?

A winner "helps" when its corrected interval on the fresh rows lies wholly on the better side, by the metric or, where the
metric is not shown to be worse, by the loss. "Harmed" is a winner that is worse than the baseline beyond its interval.
The cost is told in trainings, as a share of what trying everything would take. It can be stopped and started again.

So many small trainings would spend most of their time on starting processes; here a case's trainings share one process,
and ``jobs`` cases run at once. Each sets its own seed, and the numbers are those of processes of their own. With
KERAS_BACKEND=jax they take a tenth of TensorFlow's time: what is compiled is kept in the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np

from benchmarks import faults
from diagnose import techniques
from diagnose.errors import UsageError
from diagnose.experiments import harness, jobs, rerunning
from diagnose.experiments.experiment import ExperimentParts
from diagnose.experiments.process import TrialFailed
from diagnose.experiments.report import RerunReport
from diagnose.experiments.rerunning import rerun
from diagnose.experiments.statistics import paired
from diagnose.recipes import CannotEdit, Facts

TEST, SEEDS = 2000, 5
OVERLAP = {
    "dense": 1.5,
    "conv": 1.0,
}  # deviation of noise on the inputs where classes would be too far apart to trouble
SHAPES = ("dense", "conv", "recurrent")
PARTS = ("first", "one", "three", "random", "all")
FURTHER = range(50, 55)  # seeds that no study comes to


@dataclass(frozen=True)
class Case:
    """A troubled training: its model, its rows, the arguments of ``fit``; whether any technique here could help."""

    name: str
    build: Callable[[], Any]
    data: Callable[[], Any]
    arguments: dict[str, Any]
    hopeless: bool = False


def _case(name: str, shape: str, seed: int, own: int, change: Callable[[Any], Any], **known: Any) -> Case:
    """A case of one of the shapes of ``faults``: ``own`` rows, three quarters of them to train on, and fresh rows."""
    rng = np.random.default_rng(100 + seed)
    make = faults.DATA.get(shape, faults.quantity_data)
    x, y = make(rng, own + TEST)
    one = faults.Setting(x[:own], y[:own])
    test = (x[own:], y[own:])
    if shape == "recurrent":
        one.activation, one.depth = "tanh", 1
    if shape == "quantity":
        one.classes, one.end, one.loss, one.metrics = 1, "linear", "mse", ("mae",)
    if name in ("small", "bad-seeds", "hasty") and shape in OVERLAP:
        one.x, x = (part + rng.normal(0, OVERLAP[shape], part.shape).astype("float32") for part in (one.x, test[0]))
        test = x, test[1]
    one, test = change(one, test, rng) or (one, test)
    body = "dense" if shape == "quantity" else shape
    data = (one.x, one.y), None, test

    def build() -> Any:
        return faults.build(body, one)

    arguments = {"epochs": one.epochs, "batch_size": faults.BATCH, "validation_split": one.held}
    return Case(f"{name}-{shape}-{seed}", build, lambda: data, arguments, **known)


def _fault(name: str, shape: str, seed: int) -> Case:
    """One of the callback's nine faults; its test rows have the fault, too, where it is one of the rows."""
    one = faults.setting(shape, seed, name)
    rng = np.random.default_rng(500 + seed)
    x, y = faults.DATA[shape](rng, TEST)
    if name == "unscaled":
        x = x * 1e4
    elif name == "nan":
        x.reshape(len(x), -1)[rng.random(len(x)) < 0.03, 0] = np.nan
    elif name == "head" and shape == "dense":
        y = (y == 1).astype("float32")
    elif name == "head" and shape == "recurrent":
        y = np.eye(3)[y]
    data = (one.x, one.y), None, (x, y)

    def build() -> Any:
        return faults.build(shape, one)

    arguments = {"epochs": one.epochs, "batch_size": faults.BATCH, "validation_split": one.held}
    return Case(f"{name}-{shape}-{seed}", build, lambda: data, arguments, hopeless=name == "shuffled")


def _small(one: Any, test: Any, rng: Any) -> None:
    """Few rows, a wide model, many epochs: it learns them by heart."""
    one.width, one.epochs, one.rate = 128, 80, 3e-3


def _noisy(one: Any, test: Any, rng: Any) -> None:
    """Three labels in ten drawn anew in the user's rows; the fresh rows are right."""
    wrong = rng.random(len(one.y)) < 0.3
    one.y = np.where(wrong, rng.integers(0, 3, len(one.y)), one.y)
    one.width, one.epochs, one.rate = 96, 50, 3e-3


def _early(one: Any, test: Any, rng: Any) -> None:
    """Stopped long before it had learnt what it can."""
    one.epochs, one.optimizer, one.rate = 6, "SGD", 0.01


def _bad_seeds(one: Any, test: Any, rng: Any) -> None:
    """So narrow and so hasty that the seed decides what becomes of it."""
    one.width, one.optimizer, one.rate, one.epochs = 4, "SGD", 0.3, 25


def _hasty(one: Any, test: Any, rng: Any) -> None:
    """A rate twenty times too high: it swings and does not settle."""
    one.rate, one.epochs = 0.05, 30


def _big_targets(one: Any, test: Any, rng: Any) -> Any:
    """Prices: targets of a hundred thousand with a deviation of as much."""
    one.y, one.epochs = one.y * 1e5 + 3e5, 30
    return one, (test[0], test[1] * 1e5 + 3e5)


TROUBLES: dict[str, tuple[int, Any, tuple[str, ...]]] = {
    "small": (60, _small, (*SHAPES, "quantity")),
    "noisy": (400, _noisy, SHAPES),
    "early": (600, _early, (*SHAPES, "quantity")),
    "bad-seeds": (600, _bad_seeds, SHAPES),
    "hasty": (600, _hasty, (*SHAPES, "quantity")),
    "targets": (600, _big_targets, ("quantity",)),
}


def cases() -> Iterator[Case]:
    """All of them: six kinds of trouble from one seed, 27 faults, the six again from another seed."""
    troubled = {
        seed: [
            _case(name, shape, seed, own, change)
            for name, (own, change, shapes) in TROUBLES.items()
            for shape in shapes
        ]
        for seed in (1, 2)
    }
    yield from troubled[1]
    for name in faults.RIGHT:
        for shape in SHAPES:
            yield _fault(name, shape, 1)
    yield from troubled[2]


class Here:
    """Stands in for ``Processes``: everything in this process."""

    def __init__(self, jobs: int = 1) -> None:
        self.stopping = False

    def stop(self) -> None:
        """Nothing more is started."""
        self.stopping = True

    def call(self, name: str, arguments: Any, log: Any, seconds: float | None = None) -> Any:
        """A function of ``jobs``."""
        try:
            return getattr(jobs, name)(*arguments)
        except (CannotEdit, UsageError):
            raise
        except Exception as error:
            raise TrialFailed(jobs.told(error)["message"]) from error

    def trial(self, experiment, steps, seed, metric, save, log, seconds=None) -> Any:
        """One trial."""
        return self.call("run", (experiment, list(steps), seed, metric, save), log, seconds)


def study(case: Case, folder: Path, **options: Any) -> RerunReport:
    """One study of a case; all its parts share what was trained."""
    return rerun(
        case.build,
        case.data,
        fit_arguments=case.arguments,
        seeds=SEEDS,
        directory=folder / case.name,
        resume=(folder / case.name).exists(),
        **options,
    )


def told(report: RerunReport) -> dict[str, Any]:
    """What the table needs of a report."""
    winner = report.winner
    best = next((one for one in report.results if winner is not None and one.steps == winner.steps), None)
    return {
        "diagnosis": report.baseline.diagnosis,
        "baseline": report.baseline.score.mean,
        "winner": None if winner is None else [[slug, dict(given)] for slug, given in winner.steps],
        "helped": best is not None and best.helped,
        "loss_helped": best is not None and best.loss_helped,
        "harmed": best is not None and best.difference.worse(report.direction),
        "score": None if best is None else best.score,
        "trials": report.trials,
        "seconds": round(report.seconds, 1),
    }


def fitting(facts: Facts, rule: str) -> dict[str, int]:
    """Every technique that fits, and how many settings it has."""
    found = {}
    for slug in techniques.names():
        one = techniques.get(slug)
        if one.edit is None or one.settings is None:
            continue
        try:
            found[slug] = len(one.settings(facts, rule))
        except CannotEdit:
            continue
    return found


def facts_of(case: Case, folder: Path) -> Facts:
    """The facts that the study's first baseline has recorded."""
    import sqlite3

    with sqlite3.connect(folder / case.name / "study.db") as database:
        rows = database.execute("SELECT value_json FROM trial_user_attributes WHERE key = 'outcome'").fetchall()
    given = next(json.loads(row)["facts"] for (row,) in rows if json.loads(row)["facts"])
    return Facts(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})


def measure(case: Case, part: str, folder: Path) -> dict[str, Any]:
    """One part of one case."""
    one = study(case, folder)
    if part == "one" or not one.results:
        facts = facts_of(case, folder)
        everything = SEEDS * (1 + sum(fitting(facts, one.baseline.diagnosis).values()))
        return told(one) | {"everything": everything}
    if part == "first":
        slug = one.results[0].technique
        return told(study(case, folder, technique=slug)) | {"technique": slug}
    if part == "three":
        return told(one if one.winner is not None else study(case, folder, rounds=3))
    if part == "again":
        return told(one) | {"again": again(case, one)}
    names = sorted(fitting(facts_of(case, folder), one.baseline.diagnosis))
    if part == "random":
        count = len({result.technique for result in one.results})
        drawn = random.Random(case.name).sample(names, min(count, len(names)))
        return told(study(case, folder, technique=drawn)) | {"techniques": drawn}
    return told(study(case, folder, technique=names))


def again(case: Case, one: RerunReport) -> dict[str, str] | None:
    """How the winner's score and loss differ from the baseline's on further seeds: "better", "worse" or "alike"."""
    if one.winner is None:
        return None
    experiment = ExperimentParts(case.build, case.data, case.arguments)
    base, won = (
        [jobs.run(experiment, list(steps), seed, None, None).verdict for seed in FURTHER]
        for steps in ((), one.winner.steps)
    )
    found = {}
    for name, direction in ((one.metric, one.direction), ("loss", "min")):
        values = ({seed: outcome[name] for seed, outcome in enumerate(runs)} for runs in (won, base))
        difference = paired(*values, 0.95)
        found[name] = "better" if difference.better(direction) else "worse" if difference.worse(direction) else "alike"
    return found


def table(done: dict[tuple[str, str], dict[str, Any]]) -> str:
    """Shares by part, and the cost."""
    lines = [f"{'part':8} {'cases':>5} {'helped':>7} {'by loss':>8} {'harmed':>7} {'trainings':>10}"]
    for part in PARTS:
        rows = [row for (_, which), row in done.items() if which == part and not row["hopeless"]]
        if rows:
            helped, lower = (
                sum(row["helped"] for row in rows),
                sum(not row["helped"] and row["loss_helped"] for row in rows),
            )
            harmed, trials = sum(row["harmed"] for row in rows), sum(row["trials"] for row in rows) / len(rows)
            lines.append(
                f"{part:8} {len(rows):5} {helped / len(rows):7.0%} {lower / len(rows):8.0%} {harmed:7} {trials:10.0f}"
            )
    kept = [row for (_, part), row in done.items() if part == "one" and row["hopeless"]]
    lines.append(
        f"labels that don't match: baseline kept in {sum(row['winner'] is None for row in kept)} of {len(kept)}"
    )
    shares = [
        row["trials"] / row["everything"] for (_, part), row in done.items() if part == "one" and "everything" in row
    ]
    if shares:
        lines.append(f"one round costs {np.mean(shares):.0%} of trying everything (at most {max(shares):.0%})")
    told = [row["again"] for (_, part), row in done.items() if part == "again" and row["again"]]
    for way in ("better", "worse") if told else ():
        scores, losses = (sum(list(one.values())[at] == way for one in told) for at in (0, -1))
        lines.append(f"winners on further seeds: {way} by the score {scores}, by the loss {losses} of {len(told)}")
    return "\n".join(lines)


def recorded(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """What was measured so far, by case and part."""
    record = folder / "results.jsonl"
    rows = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    return {(row["case"], row["part"]): row for row in rows}


def work(mine: list[Case], parts: list[str], folder: Path) -> None:
    """Measure what is not recorded yet of these cases."""
    import keras

    harness.Processes = rerunning.Processes = Here
    for case in mine:
        for part in parts:
            if (case.name, part) in recorded(folder):
                continue
            begun = time.monotonic()
            row = {"case": case.name, "part": part, "hopeless": case.hopeless, **measure(case, part, folder)}
            with (folder / "results.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            told = f"{part:6} {case.name:24} {row['diagnosis']:24} {row['winner']} {time.monotonic() - begun:.0f} s"
            print(told, flush=True)
            keras.backend.clear_session()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=(*PARTS, "again"), default=["one", "first", "three", "random"])
    parser.add_argument("--only", default="", help="cases whose name begins so")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("rerun-benchmark"))
    parser.add_argument("--table", action="store_true", help="only show what has been measured")
    parser.add_argument("--turn", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.out.mkdir(exist_ok=True)
    if asked.turn is not None:
        chosen = [case for case in cases() if case.name.startswith(asked.only)]
        work(chosen[asked.turn :: asked.jobs], asked.parts, asked.out)
        return
    if not asked.table:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(asked.out / "compiled"))
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        words = [sys.executable, "-m", "benchmarks.rerun", *sys.argv[1:], "--jobs", str(asked.jobs), "--turn"]
        running = [subprocess.Popen([*words, str(turn)]) for turn in range(asked.jobs)]
        ended = [one.wait() for one in running]
        if any(ended):
            raise SystemExit("a process broke off; what was measured is kept")
    print(table(recorded(asked.out)))


if __name__ == "__main__":
    main()
