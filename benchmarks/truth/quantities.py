"""What is measured on curves: falls, rises, scatter, gains. Relative to the loss, or to 5% of the loss of guessing."""

from __future__ import annotations

import numpy as np

Values = list[float]


def window(epochs: int) -> int:
    """Epochs that the moving average goes over: a twentieth, at least three."""
    return min(max(3, epochs // 20), epochs)


def smoothed(values: Values, wide: int) -> np.ndarray:
    """Moving average; the value at i covers the epochs i to i + wide - 1."""
    return np.convolve(np.asarray(values, float), np.ones(wide) / wide, "valid")


def relative(part: float, level: float, guess: float) -> float:
    """`part` relative to `level`, or to 5% of the loss of guessing where that is larger."""
    return float(part / max(abs(level), 0.05 * guess))


def scatter(values: Values, guess: float) -> float:
    """Epoch-to-epoch deviation from the local level, relative to the level."""
    array = np.asarray(values, float)
    if len(array) < 4:
        return 0.0
    bend = array[1:-1] - (array[:-2] + array[2:]) / 2
    return relative(float(np.sqrt(np.mean(bend**2) / 1.5)), float(array.mean()), guess)


def fall(values: Values, since: float, guess: float) -> float:
    """How much lower the end is than the level at the share `since` of the epochs, relative to the latter."""
    level = smoothed(values, window(len(values)))
    before = float(level[min(int(since * len(values)), len(level) - 1)])
    return relative(before - float(level[-1]), before, guess)


def gain(values: Values, epochs: int, until: int, guess: float) -> tuple[float, float]:
    """How far the curve goes below its level at `epochs` up to `until`, and below its best up to `epochs`."""
    wide = window(epochs)
    level = smoothed(values[:until], wide)
    end, best = float(level[epochs - wide]), float(level[: epochs - wide + 1].min())
    later = float(level[epochs - wide + 1 :].min())
    return relative(end - later, end, guess), relative(best - later, best, guess)


def wobble(people: Values, epochs: int, guess: float) -> float:
    """Scatter of the population loss over the last half of the run, as it shows in the smoothed curve."""
    return scatter(people[epochs // 2 : epochs], guess) / float(np.sqrt(window(epochs)))


def base(
    train: Values, logged: Values, people: Values, accuracy: Values, penalty: Values, guess: float
) -> dict[str, float]:
    """The quantities of the user's own run: curves over the same epochs, all finite.

    Training and validation loss are as logged, penalties included; against the population and guessing they are taken off.
    """
    wide = window(len(train))
    held = [value - off for value, off in zip(logged, penalty, strict=True)]
    level, right, learned = smoothed(people, wide), smoothed(accuracy, wide), smoothed(train, wide)
    best, at, end = float(level.min()), int(level.argmin()), float(learned[-1])
    half, quarter, fifth = len(train) // 2, -(-len(train) // 4), max(4, len(train) // 5)
    t, v, w, p = (float(np.mean(curve[-quarter:])) for curve in (train, held, logged, people))
    apart = np.asarray(held[half:]) - np.asarray(people[half:])
    calm = list(apart - apart.mean() + np.mean(people[half:]))
    return {
        "rise": relative(float(level[-1]) - best, best, guess),
        "train_fall_after_best": relative(float(learned[at]) - end, float(learned[at]), guess),
        "best_epoch": at + wide,
        "accuracy_drop": float(right.max() - right[-1]),
        "learned": 1 - (end - float(smoothed(penalty, wide)[-1])) / guess,
        "population_learned": 1 - best / guess,
        "fall_after_first_third": fall(train, 1 / 3, guess),
        "train_fall_last_third": fall(train, 2 / 3, guess),
        "train_end": end,
        "gap": relative(p, t - float(np.mean(penalty[-quarter:])), guess),
        "val_bias": relative(v - p, p, guess),
        "val_below_train": relative(t - w, t, guess),
        "val_noise": scatter(calm, guess),
        "late_val_wobble": scatter(logged[-fifth:], guess),
        "train_scatter": scatter(train[half:], guess),
    }
