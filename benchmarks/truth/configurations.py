"""Configurations drawn at random: some with care, as by somebody who knows; some careless, as they are found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .families import FAMILIES, UNTOUCHED, Family

CAREFUL = 0.47
RECKLESS = 0.16  # of the careless ones
REPEATED = 0.6
# Steps of the optimizer that the user's own run may take: keeps a case at some seconds.
STEPS = {"table": 9000, "image": 1500, "sequence": 1000}
Rng = np.random.Generator


@dataclass(frozen=True)
class Configuration:
    """Everything that decides how a case's training goes; `case` seeds the weights and the order of rows."""

    case: int
    family: str
    world: int
    careful: bool
    rows: int
    validation_rows: int
    width: int
    depth: int
    cell: str  # dense, convolution, GRU, LSTM, SimpleRNN
    activation: str
    optimizer: str
    rate: float
    batch: int
    epochs: int
    dropout: float = 0.0
    l2: float = 0.0
    batch_norm: bool = False
    clip: float | None = None
    schedule: str = "none"  # none, step, cosine, plateau, restarts
    noise: float = 0.0
    raw: bool = False
    target_scale: float = 1.0
    validation: str = "as drawn"  # as drawn, easier, shifted
    repeated: bool = False


def _log(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _whole(rng: Rng, low: float, high: float) -> int:
    return round(_log(rng, low, high))


def _pick(rng: Rng, chances: dict[str, float]) -> str:
    total = sum(chances.values())
    return str(rng.choice(list(chances), p=[value / total for value in chances.values()]))


def _careful(rng: Rng) -> dict[str, object]:
    optimizer = _pick(rng, {"adam": 5, "momentum": 3, "rmsprop": 1, "sgd": 1})
    low, high = {"adam": (1e-3, 8e-3), "rmsprop": (5e-4, 3e-3), "momentum": (0.01, 0.1), "sgd": (0.05, 0.4)}[optimizer]
    return {
        "rows": _whole(rng, 700, 3000),
        "validation_rows": _whole(rng, 200, 1000),
        "width": _whole(rng, 6, 48),
        "depth": int(rng.choice([1, 2, 3], p=[0.4, 0.5, 0.1])),
        "activation": _pick(rng, {"relu": 7, "tanh": 3}),
        "optimizer": optimizer,
        "rate": _log(rng, low, high),
        "batch": int(rng.choice([32, 64, 128, 256])),
        "epochs": _whole(rng, 40, 300),
        "dropout": float(rng.choice([0, 0.1, 0.2, 0.3], p=[0.7, 0.1, 0.1, 0.1])),
        "l2": float(rng.choice([0, 1e-5, 1e-4, 1e-3], p=[0.5, 0.15, 0.2, 0.15])),
        "batch_norm": bool(rng.uniform() < 0.12),
        "clip": 1.0 if rng.uniform() < 0.15 else None,
        "schedule": _pick(rng, {"none": 3, "step": 1.5, "cosine": 3, "plateau": 2.5, "restarts": 0.5}),
        "noise": float(rng.uniform(0.03, 0.25)),
    }


def _careless(rng: Rng) -> dict[str, object]:
    optimizer = _pick(rng, {"adam": 4, "momentum": 2, "rmsprop": 2, "sgd": 3})
    low, high = {"adam": (3e-5, 0.1), "rmsprop": (3e-5, 0.05), "momentum": (1e-4, 0.5), "sgd": (1e-3, 1.5)}[optimizer]
    return {
        "rows": _whole(rng, 30, 3000),
        "validation_rows": _whole(rng, 12, 1000),
        "width": _whole(rng, 2, 200),
        "depth": int(rng.integers(1, 5)),
        "activation": _pick(rng, {"relu": 5, "tanh": 3, "sigmoid": 2}),
        "optimizer": optimizer,
        "rate": _log(rng, low, high),
        "batch": int(rng.choice([8, 16, 32, 64, 128, 100_000], p=[0.15, 0.15, 0.3, 0.15, 0.1, 0.15])),
        "epochs": _whole(rng, 10, 300),
        "dropout": float(rng.choice([0, 0.2, 0.4, 0.6], p=[0.75, 0.1, 0.1, 0.05])),
        "l2": float(rng.choice([0, 1e-4, 1e-3, 1e-2], p=[0.75, 0.1, 0.1, 0.05])),
        "batch_norm": bool(rng.uniform() < 0.15),
        "clip": 1.0 if rng.uniform() < 0.1 else None,
        "schedule": _pick(rng, {"none": 8, "step": 1, "cosine": 1, "plateau": 1, "restarts": 0.7}),
        "noise": float(rng.choice([0, 0.05, 0.15, 0.3, 0.95], p=[0.3, 0.2, 0.22, 0.22, 0.06])),
        "raw": bool(rng.uniform() < 0.12),
        "validation": _pick(rng, {"as drawn": 75, "easier": 17, "shifted": 8}),
    }


def _reckless(rng: Rng, values: dict[str, object]) -> None:
    """A rate several times too high, judged on a handful of rows: curves that jump about."""
    values["rate"] = float(str(values["rate"])) * _log(rng, 2, 20)
    values["validation_rows"] = _whole(rng, 10, 60)
    values["epochs"] = max(int(str(values["epochs"])), 25)


def _affordable(values: dict[str, object], kind: str) -> None:
    """Larger batches, then fewer epochs, until the run takes at most the allowed steps."""
    limit, rows = STEPS[kind], int(str(values["rows"]))
    if kind != "table":
        values["width"] = min(int(str(values["width"])), 24)
        values["depth"] = min(int(str(values["depth"])), 2)
        values["epochs"] = min(int(str(values["epochs"])), 70)
    batch, epochs = int(str(values["batch"])), int(str(values["epochs"]))
    while -(-rows // batch) * epochs > limit and batch < 128:
        batch *= 2
    if -(-rows // batch) * epochs > limit:
        epochs = max(10, limit // -(-rows // batch))
    values["batch"], values["epochs"] = batch, epochs


def _drawn(family: Family, kind: str, case: int) -> bool:
    return family.kind == kind and (family.part == "untouched") == (case >= UNTOUCHED)


def draw(case: int) -> Configuration:
    """The configuration of a case number: always the same one."""
    rng = np.random.default_rng([case, 2024])
    kinds = {"table": 0.76, "image": 0.12, "sequence": 0.12}
    kind = _pick(rng, kinds)
    family = FAMILIES[_pick(rng, {name: 1.0 for name, family in FAMILIES.items() if _drawn(family, kind, case)})]
    careful = bool(rng.uniform() < CAREFUL)
    values = _careful(rng) if careful else _careless(rng)
    if not careful and rng.uniform() < RECKLESS:
        _reckless(rng, values)
    _affordable(values, kind)
    cell = {"table": "dense", "image": "convolution"}.get(kind) or _pick(rng, {"GRU": 2, "LSTM": 2, "SimpleRNN": 1})
    if family.task == "regression" and not careful and rng.uniform() < 0.15:
        values["target_scale"] = _log(rng, 3, 100)
    world, repeated = int(rng.integers(1, 1_000_000)), bool(rng.uniform() < REPEATED)
    return Configuration(case, family.name, world, careful, cell=cell, repeated=repeated, **values)  # type: ignore[arg-type]
