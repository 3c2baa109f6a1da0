"""One case: the user's run, and the runs that tell what was really wrong with it.

What a cheap look shows to be out of question is not trained; it stays `None` ("not measured") and is not labelled.
The choice depends on the case alone, never on the clock, so a case comes out the same wherever it is made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .configurations import STEPS, Configuration
from .families import FAMILIES
from .quantities import base, gain, relative, scatter, smoothed, window
from .samples import MORE, Samples, samples
from .training import Curves, Trainer

Measured = dict[str, Any]
FASTER = (3.0, 10.0, 30.0)


def _finite(*curves: list[float]) -> bool:
    return all(bool(np.isfinite(curve).all()) for curve in curves)


def _own(trainer: Trainer, config: Configuration, csv: Path, guess: float) -> tuple[Measured, Curves]:
    """The user's run, gone on with to twice and, while something still falls, to three times its epochs."""
    epochs = config.epochs
    trainer.begin(config.case)
    start = trainer.score()[0]
    curves = trainer.go(epochs, csv)
    train = list(curves.logs["loss"])
    found: Measured = {"start": start, "finite": _finite(train, curves.logs["val_loss"], curves.population)}
    found["train_end_vs_guess"] = float(train[-1]) / guess if np.isfinite(train[-1]) else None
    if not found["finite"]:
        return found, curves
    held, people = curves.logs["val_loss"], curves.population
    found |= base(train, held, people, curves.accuracy, curves.penalty, guess)
    _continued(trainer, epochs, curves, guess, found)
    return found, curves


def _continued(trainer: Trainer, epochs: int, curves: Curves, guess: float, found: Measured) -> None:
    trainer.go(epochs, scheduled=False)
    if not _finite(curves.population, curves.logs["loss"]):
        return
    found["gain_if_continued"], found["gain_beyond_best"] = gain(curves.population, epochs, 2 * epochs, guess)
    found["train_gain_if_continued"] = gain(curves.logs["loss"], epochs, 2 * epochs, guess)[0]
    last = [curve[epochs:] for curve in (curves.population, curves.logs["loss"])]
    if max(gain(curve, epochs // 2, epochs, guess)[1] for curve in last) > 0.01:
        trainer.go(epochs, scheduled=False)
    if _finite(curves.population, curves.logs["loss"]):
        found["gain_if_tripled"] = gain(curves.population, epochs, len(curves.population), guess)[0]
        found["train_end_continued"] = float(smoothed(curves.logs["loss"], window(epochs)).min())


def _repeats(trainer: Trainer, config: Configuration, folder: Path, first: float, guess: float) -> Measured:
    """Three other seeds, logged as further histories: the spread of the final population loss."""
    ends, wide = [first], window(config.epochs)
    for number in (2, 3, 4):
        trainer.begin(config.case + number * 1_000_003)
        curves = trainer.go(config.epochs, folder / f"run{number}.csv", last=wide)
        ends.append(float(np.mean(curves.population)))
    spread = relative(float(np.std(ends, ddof=1)), float(np.mean(ends)), guess) if _finite(ends) else None
    return {"seed_spread": spread, "final_population_losses": ends if _finite(ends) else None}


def _more_data(trainer: Trainer, config: Configuration, best: float, guess: float) -> float | None:
    """How much lower the best population loss is with ten times the rows; None when that took too many steps."""
    steps, kind = -(-config.rows * MORE // config.batch), FAMILIES[config.family].kind
    allowed = max(5, (6 if kind == "table" else 3) * STEPS[kind] // steps)
    trainer.begin(config.case, more=True)
    chunk, wide, trained = max(3, config.epochs // 10), window(config.epochs), 0
    while trained < min(config.epochs, allowed):
        people = trainer.go(min(chunk, config.epochs - trained), scheduled=config.schedule != "plateau").population
        trained = len(people)
        if not _finite(people):
            return None
        if trained > wide + 4 * chunk and trained - int(np.argmin(people)) > max(4 * chunk, 12):
            break
    level = smoothed(people, min(wide, len(people)))
    found = relative(best - float(level.min()), best, guess)
    falling = relative(float(level[: -(len(level) // 3) or None].min() - level.min()), best, guess) > 0.03
    return None if falling and trained < config.epochs and found < 0.35 else found


def _faster(trainer: Trainer, config: Configuration, goal: float) -> Measured:
    """Epochs (a share of the run's own) after which the best higher rate is where the run ended, and where it ends."""
    soonest, best, wide = None, None, window(config.epochs)
    for factor in FASTER:
        trainer.begin(config.case, faster=factor)
        level = smoothed(trainer.go(config.epochs, last=0).logs["loss"], wide)
        reached = np.flatnonzero(level <= goal)
        if len(reached):
            share = (int(reached[0]) + wide) / config.epochs
            soonest = share if soonest is None else min(soonest, share)
        if np.isfinite(level[-1]):
            best = float(level[-1]) if best is None else min(best, float(level[-1]))
    return {"faster_reaches_end": soonest, "faster_measured": True, "faster_train_end": best}


def _slower(trainer: Trainer, config: Configuration, guess: float) -> float | None:
    trainer.begin(config.case, faster=0.1)
    train = trainer.go(config.epochs, last=0).logs["loss"]
    return scatter(train[len(train) // 2 :], guess) if _finite(train) else None


def _capacity(config: Configuration, data: Samples, found: Measured) -> Measured:
    """Training and population loss of four times the width, or of one more layer where that does not do."""
    best_people = data.guess * (1 - found["population_learned"])
    told: Measured = {"capacity_train_gain": None, "capacity_population_gain": None}
    for wider, deeper in ((4, 0), (1, 1)):
        if config.width * wider > 260 or (deeper and config.cell == "convolution" and config.depth > 1):
            continue
        trainer = Trainer(config, data, wider, deeper)
        trainer.begin(config.case)
        curves, wide = trainer.go(config.epochs), window(config.epochs)
        if not _finite(curves.logs["loss"], curves.population):
            continue
        train, people = (smoothed(curve, wide) for curve in (curves.logs["loss"], curves.population))
        lower = relative(found["train_end"] - float(train[-1]), found["train_end"], data.guess)
        if told["capacity_train_gain"] is None or lower > told["capacity_train_gain"]:
            told["capacity_train_gain"] = lower
            told["capacity_population_gain"] = relative(best_people - float(people.min()), best_people, data.guess)
        if lower >= 0.25:
            break
    return told


def _worth(config: Configuration, found: Measured) -> dict[str, bool]:
    """Which of the dear runs can matter: what a cheap look at the user's run and its continuation says."""
    dice = np.random.default_rng([config.case, 7]).uniform(size=3)
    going = found.get("gain_if_continued", 1.0)
    settled = going <= 0.04 and found.get("train_gain_if_continued", 1.0) <= 0.04
    learned = found["learned"] >= 0.1
    return {
        "data": learned and going <= 0.06 and (found["gap"] > 1.12 or dice[0] < 0.5),
        "faster": config.schedule in ("none", "plateau") and (found["train_fall_last_third"] > 0.02 or dice[1] < 0.2),
        "slower": found["train_scatter"] >= 0.1,
        "capacity": settled and found["rise"] <= 0.03 and 0.1 < found["learned"] < 0.9 and dice[2] < 0.8,
    }


def measure(config: Configuration, folder: Path) -> dict[str, Any]:
    """Train a case and its counterfactuals; histories go to `folder`, everything measured is returned."""
    data = samples(config)
    trainer = Trainer(config, data)
    found, curves = _own(trainer, config, folder / "history.csv", data.guess)
    told = {
        "population_loss": list(curves.population),
        "population_accuracy": list(curves.accuracy) if data.classes else [],
        "continued_loss": curves.logs["loss"][config.epochs :],
    }
    if config.repeated:
        level = smoothed(curves.population[: config.epochs], window(config.epochs))
        found |= _repeats(trainer, config, folder, float(level[-1]), data.guess)
    if found["finite"]:
        found |= _further(trainer, config, data, found)
    return {"classes": data.classes, "loss_of_guessing": data.guess, "measured": found, **told}


def _further(trainer: Trainer, config: Configuration, data: Samples, found: Measured) -> Measured:
    worth, told = _worth(config, found), dict.fromkeys(("gain_from_data", "slower_scatter"))
    further: Measured = {**told}
    if worth["faster"]:
        further |= _faster(trainer, config, found["train_end"])
    if worth["slower"]:
        further["slower_scatter"] = _slower(trainer, config, data.guess)
    if worth["data"]:
        best = data.guess * (1 - found["population_learned"])
        further["gain_from_data"] = _more_data(trainer, config, best, data.guess)
    if worth["capacity"]:
        further |= _capacity(config, data, found)
    return further
