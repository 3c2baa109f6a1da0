"""Families that nothing is chosen on: the figures that are reported as unseen come from them alone."""

from __future__ import annotations

import numpy as np

Rng = np.random.Generator
Rows = tuple[np.ndarray, np.ndarray]

SEGMENTS = np.array(
    [
        [1, 1, 1, 0, 1, 1, 1],
        [0, 0, 1, 0, 0, 1, 0],
        [1, 0, 1, 1, 1, 0, 1],
        [1, 0, 1, 1, 0, 1, 1],
        [0, 1, 1, 1, 0, 1, 0],
        [1, 1, 0, 1, 0, 1, 1],
        [1, 1, 0, 1, 1, 1, 1],
        [1, 0, 1, 0, 0, 1, 0],
        [1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 0, 1, 1],
    ]
)


def waveform(world: Rng, rng: Rng, rows: int) -> Rows:
    """Breiman's waves: mixtures of two of three triangles at 21 places, with noise and idle places."""
    idle, noise = int(world.integers(0, 20)), world.uniform(0.4, 1.5)
    place = np.arange(21)
    triangles = np.stack([np.maximum(6 - np.abs(place - centre), 0) for centre in (6, 14, 10)])
    y = rng.integers(0, 3, rows)
    share = rng.uniform(size=(rows, 1))
    x = share * triangles[y] + (1 - share) * triangles[(y + 1) % 3] + rng.normal(0, noise, (rows, 21))
    return np.hstack([x, rng.normal(size=(rows, idle))]), y


def display(world: Rng, rng: Rng, rows: int) -> Rows:
    """Breiman's display: the seven segments of a digit, each wrong now and then, and idle lamps."""
    wrong, idle = world.uniform(0.02, 0.2), int(world.integers(0, 18))
    y = rng.integers(0, 10, rows)
    x = SEGMENTS[y] ^ (rng.uniform(size=(rows, 7)) < wrong)
    return np.hstack([x, rng.integers(0, 2, (rows, idle))]).astype(float), y


def arm(world: Rng, rng: Rng, rows: int) -> Rows:
    """How far the hand of a jointed arm is from its shoulder, from the angles of its joints (as kin8nm)."""
    joints, bend = int(world.integers(3, 9)), world.uniform(0.4, 1.6)
    length = world.uniform(0.5, 1.5, joints)
    x = rng.uniform(-1, 1, (rows, joints))
    angle = np.cumsum(bend * x, 1)
    return x * np.sqrt(3), np.hypot(np.cos(angle) @ length, np.sin(angle) @ length)


def purchases(world: Rng, rng: Rng, rows: int) -> Rows:
    """Categories as ones and noughts; pairs of them decide whether something is bought."""
    columns, kinds, heat = int(world.integers(3, 8)), int(world.integers(3, 9)), world.uniform(0.1, 1)
    single = world.normal(0, 0.6, (columns, kinds))
    pairs = world.normal(0, 1.5, (columns - 1, kinds, kinds))
    chosen = rng.integers(0, kinds, (rows, columns))
    score = single[np.arange(columns), chosen].sum(1)
    score += pairs[np.arange(columns - 1), chosen[:, :-1], chosen[:, 1:]].sum(1)
    return np.eye(kinds)[chosen].reshape(rows, -1), (score + rng.logistic(0, heat, rows) > 0).astype(int)


def dots(world: Rng, rng: Rng, rows: int) -> Rows:
    """Pictures of 10x10 with one to four dots: how many; (rows, 10, 10, 1)."""
    noise = world.uniform(0.05, 0.5)
    y = rng.integers(0, 4, rows)
    places = np.argsort(rng.uniform(size=(rows, 25)), 1)[:, :4]
    x = np.zeros((rows, 10, 10, 1))
    for k in range(4):
        there = np.flatnonzero(y >= k)
        x[there, places[there, k] // 5 * 2, places[there, k] % 5 * 2, 0] = 1
    return x + rng.normal(0, noise, x.shape), y


def recall(world: Rng, rng: Rng, rows: int) -> Rows:
    """Which of two to four marks stood first, with distraction after it; (rows, 6 to 14, marks)."""
    marks, steps, noise = int(world.integers(2, 5)), int(world.integers(6, 15)), world.uniform(0.1, 0.8)
    y = rng.integers(0, marks, rows)
    x = rng.normal(0, noise, (rows, steps, marks))
    x[np.arange(rows), 0, y] += 1
    return x, y


def pendulum(world: Rng, rng: Rng, rows: int) -> Rows:
    """The next place of a swing that slows down, seen with noise; (rows, 8 to 16, 1)."""
    steps, noise = int(world.integers(8, 17)), world.uniform(0.02, 0.4)
    speed, damping, phase = rng.uniform(0.4, 1.4, rows), rng.uniform(0, 0.12, rows), rng.uniform(0, 6.3, rows)
    time = np.arange(steps + 1)
    swing = np.exp(-np.outer(damping, time)) * np.sin(np.outer(speed, time) + phase[:, None])
    return (swing[:, :-1] + rng.normal(0, noise, (rows, steps)))[..., None], swing[:, -1]
