"""The rows of one case: training, validation (sometimes of other difficulty), population, and ten times the training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .configurations import Configuration
from .families import FAMILIES

POPULATION = 3000
MORE = 10  # how many times the training rows the counterfactual with more data gets


@dataclass(frozen=True)
class Samples:
    """Arrays of float32 inputs and of float32 or int32 targets; `guess` is the loss of the best constant answer."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    population: tuple[np.ndarray, np.ndarray]
    more: tuple[np.ndarray, np.ndarray]
    classes: int  # 0 where values are to be predicted
    guess: float


class _Source:
    """Draws rows of a case: noise, scale and offset of its inputs and targets included."""

    def __init__(self, config: Configuration) -> None:
        self.config = config
        self.family = FAMILIES[config.family]
        x, y = self._clean(np.random.default_rng([config.world, 1]), 2000)
        self.classes = 0 if self.family.task == "regression" else int(y.max()) + 1
        self.middle, self.width = (0.0, 1.0) if self.classes else (float(y.mean()), float(y.std()))
        spread = x.std(0)  # a word that hardly ever comes must not weigh a thousand times as much as others
        self.offset, self.scale = x.mean(0), np.maximum(spread, 0.1 * spread.max())
        self.reference = (self._flat(x[:500]), y[:500])

    def _clean(self, rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        return self.family.draw(np.random.default_rng(self.config.world), rng, rows)

    def _flat(self, x: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = (x - self.offset) / self.scale
        return scaled.reshape(len(x), -1)

    def _inputs(self, x: np.ndarray) -> np.ndarray:
        if self.family.kind == "table":
            x = (x - self.offset) / self.scale
        if self.config.raw:
            world = np.random.default_rng([self.config.world, 2])
            shape = x.shape[1:] if self.family.kind == "table" else (1,)
            x = x * 10 ** world.uniform(-0.5, 2.0, shape) + world.uniform(0, 20, shape)
        return x.astype(np.float32)

    def _targets(self, y: np.ndarray, rng: np.random.Generator, noise: float) -> np.ndarray:
        if self.classes:
            wrong = rng.uniform(size=len(y)) < noise
            return np.where(wrong, rng.integers(0, self.classes, len(y)), y).astype(np.int32)
        scale = self.config.target_scale
        return (((y - self.middle) / self.width + rng.normal(0, noise, len(y))) * scale).astype(np.float32)

    def rows(self, stream: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """`count` rows of the problem's own distribution."""
        rng = np.random.default_rng([self.config.world, 3, stream])
        x, y = self._clean(rng, count)
        return self._inputs(x), self._targets(y, rng, self.config.noise)

    def _easy(self, x: np.ndarray, y: np.ndarray, count: int) -> np.ndarray:
        """The rows that agree best with their eight nearest neighbours, half of what was drawn."""
        known, answers = self.reference
        near = np.argsort(((self._flat(x)[:, None] - known[None]) ** 2).sum(-1), 1)[:, :8]
        said = answers[near]
        off = (said != y[:, None]).mean(1) if self.classes else np.abs(said.mean(1) - y)
        return np.argsort(off, kind="stable")[:count]

    def validation(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The user's validation rows: as drawn, easier than the problem, or shifted."""
        rng = np.random.default_rng([self.config.world, 3, 2])
        if self.config.validation == "as drawn":
            return self.rows(2, count)
        x, y = self._clean(rng, count * 2)
        if self.config.validation == "easier":
            chosen = self._easy(x, y, count)
            return self._inputs(x[chosen]), self._targets(y[chosen], rng, 0.0)
        x, y = x[:count] + 0.5 * self.scale, y[:count]
        return self._inputs(x), self._targets(y, rng, self.config.noise)


def _guess(y: np.ndarray, classes: int) -> float:
    if not classes:
        return float(np.var(y))
    share = np.bincount(y, minlength=classes) / len(y)
    return float(-sum(p * np.log(p) for p in share if p))


def samples(config: Configuration) -> Samples:
    """All rows of a case; the same rows whenever it is called."""
    source = _Source(config)
    population = source.rows(3, POPULATION)
    return Samples(
        source.rows(1, config.rows),
        source.validation(config.validation_rows),
        population,
        source.rows(4, config.rows * MORE),
        source.classes,
        _guess(population[1], source.classes),
    )
