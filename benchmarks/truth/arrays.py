"""Families of small pictures and of sequences."""

from __future__ import annotations

import numpy as np

Rng = np.random.Generator
Rows = tuple[np.ndarray, np.ndarray]


def bars(world: Rng, rng: Rng, rows: int) -> Rows:
    """Pictures of 8x8 with one or two bars or a square: which of four shapes; (rows, 8, 8, 1)."""
    noise, weak = world.uniform(0.1, 0.6), world.uniform(0.6, 1.2)
    x = np.zeros((rows, 8, 8, 1))
    y = rng.integers(0, 4, rows)
    where = rng.integers(1, 7, (rows, 2))
    for picture, kind, (down, right) in zip(x, y, where, strict=True):
        if kind in (0, 2):
            picture[down, :, 0] = weak
        if kind in (1, 2):
            picture[:, right, 0] = weak
        if kind == 3:
            picture[down - 1 : down + 2, right - 1 : right + 2, 0] = weak
    return x + rng.normal(0, noise, x.shape), y


def gratings(world: Rng, rng: Rng, rows: int) -> Rows:
    """Pictures of 12x12 with waves in one of three to six directions; (rows, 12, 12, 1)."""
    classes, noise = int(world.integers(3, 7)), world.uniform(0.2, 1.5)
    y = rng.integers(0, classes, rows)
    angle = np.pi * (y + rng.normal(0, world.uniform(0.02, 0.2), rows)) / classes
    speed, phase = rng.uniform(0.5, 1.2, rows), rng.uniform(0, 6.3, rows)
    down, right = np.mgrid[0:12, 0:12]
    place = np.cos(angle)[:, None, None] * down + np.sin(angle)[:, None, None] * right
    waves = np.sin(speed[:, None, None] * place + phase[:, None, None])
    return (waves + rng.normal(0, noise, waves.shape))[..., None], y


def sign_of_sum(world: Rng, rng: Rng, rows: int) -> Rows:
    """Whether the recent past of a noisy series sums up above nought; (rows, 8 to 16, 1)."""
    steps, keep = int(world.integers(8, 17)), world.uniform(0.7, 1)
    x = rng.normal(size=(rows, steps, 1))
    weights = keep ** np.arange(steps)[::-1]
    return x, (x[..., 0] @ weights > 0).astype(int)


def rhythms(world: Rng, rng: Rng, rows: int) -> Rows:
    """Which of three or four periods a noisy wave has; (rows, 12 to 20, 1)."""
    steps, classes, noise = int(world.integers(12, 21)), int(world.integers(3, 5)), world.uniform(0.2, 0.9)
    y = rng.integers(0, classes, rows)
    speed = np.linspace(0.4, 2.2, classes)[y] * rng.normal(1, 0.05, rows)
    wave = np.sin(np.outer(speed, np.arange(steps)) + rng.uniform(0, 6.3, rows)[:, None])
    return (wave + rng.normal(0, noise, wave.shape))[..., None], y


def adding(world: Rng, rng: Rng, rows: int) -> Rows:
    """The sum of the two marked values of a sequence; (rows, 6 to 12, 2)."""
    steps = int(world.integers(6, 13))
    values, marks = rng.uniform(-1, 1, (rows, steps)), np.zeros((rows, steps))
    first, second = rng.integers(0, steps // 2, rows), rng.integers(steps // 2, steps, rows)
    every = np.arange(rows)
    marks[every, first] = marks[every, second] = 1
    return np.stack([values, marks], -1), values[every, first] + values[every, second]
