"""Families of plain rows: planes cut into classes, networks and formulas that make the answers, words of texts."""

from __future__ import annotations

import numpy as np

Rng = np.random.Generator
Rows = tuple[np.ndarray, np.ndarray]


def moons(world: Rng, rng: Rng, rows: int) -> Rows:
    """Two interleaved half circles with noise."""
    blur = world.uniform(0.05, 0.4)
    y = rng.integers(0, 2, rows)
    angle = rng.uniform(0, np.pi, rows)
    x = np.stack([np.cos(angle), np.sin(angle)], 1)
    x[y == 1] = np.array([1.0, 0.5]) - x[y == 1]
    return x + rng.normal(0, blur, x.shape), y


def spirals(world: Rng, rng: Rng, rows: int) -> Rows:
    """Two to four arms winding outwards."""
    arms, turns, blur = int(world.integers(2, 5)), world.uniform(0.6, 1.6), world.uniform(0.02, 0.12)
    y = rng.integers(0, arms, rows)
    out = np.sqrt(rng.uniform(0.02, 1, rows))
    angle = 2 * np.pi * (turns * out + y / arms)
    return np.stack([out * np.cos(angle), out * np.sin(angle)], 1) + rng.normal(0, blur, (rows, 2)), y


def checkerboard(world: Rng, rng: Rng, rows: int) -> Rows:
    """Squares of a board in two colours, with inputs that do not matter beside the two that do."""
    squares, idle = int(world.integers(2, 5)), int(world.integers(0, 5))
    x = rng.uniform(0, squares, (rows, 2))
    y = (np.floor(x).sum(1) % 2).astype(int)
    return np.hstack([x / squares * 2 - 1, rng.normal(0, 0.6, (rows, idle))]), y


def sparse_logistic(world: Rng, rng: Rng, rows: int) -> Rows:
    """Many inputs, few of which decide, through a logistic chance: even the best answer has a loss."""
    inputs, used = int(world.integers(20, 101)), int(world.integers(3, 11))
    weights = np.zeros(inputs)
    weights[:used] = world.normal(0, 1, used) * world.uniform(1, 4) / np.sqrt(used)
    x = rng.normal(size=(rows, inputs))
    return x, (rng.uniform(size=rows) < 1 / (1 + np.exp(-2 * x @ weights))).astype(int)


def hypercube(world: Rng, rng: Rng, rows: int) -> Rows:
    """Clusters on the corners of a cube, several for each class, mixed into more inputs than needed."""
    classes, size, inputs = int(world.integers(2, 7)), int(world.integers(3, 7)), int(world.integers(8, 31))
    clusters = classes * int(world.integers(1, 4))
    corners = world.choice([-1.0, 1.0], (clusters, size)) * world.uniform(0.8, 2)
    mixing = world.normal(size=(size, inputs)) / np.sqrt(size)
    spread = world.normal(size=(clusters, size, size)) / np.sqrt(size)
    cluster = rng.integers(0, clusters, rows)
    inner = np.einsum("ni,nij->nj", rng.normal(size=(rows, size)), spread[cluster]) + corners[cluster]
    return inner @ mixing + rng.normal(0, 0.5, (rows, inputs)), cluster % classes


def friedman_2(world: Rng, rng: Rng, rows: int) -> Rows:
    """Friedman's second function: the impedance of a circuit, with idle inputs."""
    idle = int(world.integers(0, 6))
    x, a, b = _circuit(rng, rows)
    return np.hstack([x, rng.normal(size=(rows, idle))]), np.sqrt(a**2 + b**2)


def friedman_3(world: Rng, rng: Rng, rows: int) -> Rows:
    """Friedman's third function: the phase of a circuit, with idle inputs."""
    idle = int(world.integers(0, 6))
    x, a, b = _circuit(rng, rows)
    return np.hstack([x, rng.normal(size=(rows, idle))]), np.arctan(b / a)


def _circuit(rng: Rng, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    u = rng.uniform(size=(rows, 4))
    a, w, c, d = 1 + 99 * u[:, 0], np.pi * (40 + 520 * u[:, 1]), u[:, 2], 1 + 10 * u[:, 3]
    return (u - 0.5) * np.sqrt(12), a, w * c - 1 / (w * d)


def ripple(world: Rng, rng: Rng, rows: int) -> Rows:
    """A sum of waves over one to three inputs."""
    inputs, waves = int(world.integers(1, 4)), int(world.integers(1, 5))
    direction, phase = world.normal(size=(inputs, waves)) * world.uniform(1, 4), world.uniform(0, 6.3, waves)
    x = rng.uniform(-1, 1, (rows, inputs))
    return x * np.sqrt(3), np.sin(x @ direction + phase).sum(1) + 0.5 * x[:, 0]


def _teacher(world: Rng, x: np.ndarray, outputs: int) -> np.ndarray:
    for _ in range(int(world.integers(1, 3))):
        x = np.tanh(x @ world.normal(0, 1.5 / np.sqrt(x.shape[1]), (x.shape[1], 16)) + world.normal(0, 0.5, 16))
    return x @ world.normal(size=(16, outputs))


def teacher_values(world: Rng, rng: Rng, rows: int) -> Rows:
    """The output of a random network."""
    x = rng.normal(size=(rows, int(world.integers(4, 21))))
    return x, _teacher(world, x, 1)[:, 0]


def teacher_classes(world: Rng, rng: Rng, rows: int) -> Rows:
    """The largest output of a random network, unsure by a random temperature."""
    inputs, classes, heat = int(world.integers(4, 21)), int(world.integers(2, 9)), world.uniform(0, 0.8)
    x = rng.normal(size=(rows, inputs))
    scores = _teacher(world, x, classes)
    return x, np.argmax(scores + heat * rng.gumbel(size=scores.shape), 1)


def rings(world: Rng, rng: Rng, rows: int) -> Rows:
    """Three to five rings inside each other, in two or three dimensions."""
    classes, size, blur = int(world.integers(3, 6)), int(world.integers(2, 4)), world.uniform(0.05, 0.35)
    y = rng.integers(0, classes, rows)
    x = rng.normal(size=(rows, size))
    radius = (y + 1 + rng.normal(0, blur, rows)) / classes
    return x / np.linalg.norm(x, axis=1, keepdims=True) * radius[:, None], y


def parity(world: Rng, rng: Rng, rows: int) -> Rows:
    """Whether an odd number of two or three of the inputs is positive (exclusive or)."""
    used, idle, margin = int(world.integers(2, 4)), int(world.integers(0, 7)), world.uniform(0, 0.5)
    signs = rng.choice([-1.0, 1.0], (rows, used))
    x = signs * (margin + np.abs(rng.normal(size=(rows, used))))
    return np.hstack([x, rng.normal(size=(rows, idle))]), (signs > 0).sum(1) % 2


def heavy_linear(world: Rng, rng: Rng, rows: int) -> Rows:
    """A weighted sum with errors that are now and then very large (Student's t)."""
    inputs, tail, size = int(world.integers(3, 41)), world.uniform(2.2, 6), world.uniform(0.1, 0.6)
    weights = world.normal(size=inputs)
    x = rng.normal(size=(rows, inputs))
    return x, x @ weights / np.linalg.norm(weights) + size * rng.standard_t(tail, rows)


def _texts(world: Rng, rng: Rng, y: np.ndarray, chances: np.ndarray) -> np.ndarray:
    lengths = rng.poisson(world.uniform(10, 60), len(y)) + 3
    counts = np.stack([rng.multinomial(n, chances[k]) for n, k in zip(lengths, y, strict=True)])
    return np.log1p(counts)


def topics(world: Rng, rng: Rng, rows: int) -> Rows:
    """Counts of words in short texts about three to six subjects."""
    classes, words = int(world.integers(3, 7)), int(world.integers(60, 201))
    common = world.dirichlet(np.full(words, 0.3))
    mix = world.uniform(0.05, 0.5)
    chances = (1 - mix) * common + mix * world.dirichlet(np.full(words, 0.1), classes)
    y = rng.integers(0, classes, rows)
    return _texts(world, rng, y, chances), y


def reviews(world: Rng, rng: Rng, rows: int) -> Rows:
    """Counts of words in texts that are for or against, more or less so."""
    words = int(world.integers(50, 151))
    common = np.log(world.dirichlet(np.full(words, 0.5)) + 1e-5)
    slant = world.normal(0, 1, words) * (world.uniform(size=words) < 0.3) * world.uniform(0.3, 1.2)
    mood = rng.normal(size=rows)
    raw = np.exp(common + np.outer(mood, slant))
    chances = raw / raw.sum(1, keepdims=True)
    return _texts(world, rng, np.arange(rows), chances), (mood > 0).astype(int)
