"""From measured quantities to labels: yes, no, or too close to call (not named). Nothing here looks at a curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Measured = dict[str, Any]
Answer = bool | None  # None: too close to call, or not measured

FAULTS_OF_A_FIT = (
    "overfit",
    "underfit-unfinished",
    "underfit-flat",
    "unrepresentative-validation",
    "validation-easier",
    "high-variance",
    "diverging",
    "slow-learning",
    "oscillating",
    "overconfident",
)


def _between(value: float | None, yes: float, no: float) -> Answer:
    """True at `yes` or more, False at `no` or less."""
    if value is None:
        return None
    return True if value >= yes else False if value <= no else None


def diverging(m: Measured) -> Answer:
    """Training loss not finite, or ending far above both guessing and its start."""
    if not m["finite"]:
        return True
    end = m["train_end_vs_guess"] * m["guess"]
    level = max(m["guess"], m["start"])
    return _between(end / level, 2.0, 1.2)


def _lasting(m: Measured) -> bool:
    """A rise that is one: training loss fallen since, beyond the curve's wobble, not undone when continued."""
    steady = m["rise"] >= 2 * m.get("population_wobble", 0.0) and m.get("gain_beyond_best", 0.0) < 0.05
    return bool(steady and m["train_fall_after_best"] >= 0.02)


def overfit(m: Measured) -> Answer:
    """Population loss ends above its smoothed best, with the training loss fallen since."""
    risen = _between(m["rise"], 0.10, 0.03)
    return None if risen and not _lasting(m) else risen


def unfinished(m: Measured) -> Answer:
    """The same run continued to twice its epochs lowers the population loss further."""
    gained = _between(m.get("gain_if_continued"), 0.10, 0.03)
    if gained:  # luck of a wobbling curve is no gain, and the training curve must give a sign
        real = m["gain_beyond_best"] >= 0.05 and m["train_fall_last_third"] >= 0.02 and m["rise"] < 0.10
        return True if real else None
    later = m.get("gain_if_tripled")
    return None if gained is False and (later is None or later >= 0.10) else gained


def flat(m: Measured) -> Answer:
    """Training loss within 10% of guessing and no longer falling; no when 35% or more below."""
    if m["learned"] >= 0.35:
        return False
    still = max(m["train_fall_last_third"], m["fall_after_first_third"] / 2) <= 0.02
    return True if m["learned"] <= 0.10 and m["population_learned"] <= 0.15 and still else None


def data(m: Measured) -> Answer:
    """Ten times the training rows lower the best population loss; not for unfinished or flat runs."""
    if m.get("gain_if_continued", 1.0) > 0.05 or flat(m) is not False:
        return None
    return _between(m.get("gain_from_data"), 0.35, 0.10)


def easier(m: Measured) -> Answer:
    """Over the last quarter validation is 10% below training and 10% below population."""
    if m["val_below_train"] >= 0.10 and m["val_bias"] <= -0.10:
        return True
    return False if m["val_below_train"] <= 0 or abs(m["val_bias"]) <= 0.03 else None


def slow(m: Measured) -> Answer:
    """A higher rate is where the run ended in a third of its epochs; the run would need over three times as many."""
    if not m.get("faster_measured") or m.get("gain_if_tripled") is None or m["rise"] > 0.03:
        return None
    share, best = m["faster_reaches_end"], m["faster_train_end"]
    if share is None or share > 2 / 3 or best is None:
        return False
    own = m["train_end_continued"]
    left = (own - best) / max(abs(own), 0.05 * m["guess"])
    if left <= 0.03:
        return False
    going = m["train_gain_if_continued"] >= 0.02 and m["gain_if_tripled"] >= 0.03  # else only learnt by heart
    return True if share <= 1 / 3 and left >= 0.10 and going else None


def plateau(m: Measured) -> Answer:
    """Nothing gained by going on, while 4x width or a layer more lowers training loss by 25% (and helps)."""
    if m.get("capacity_train_gain") is None:
        return None
    helped = _between(m["capacity_train_gain"], 0.25, 0.10)
    return None if helped and m["capacity_population_gain"] < 0.10 else helped


def oscillating(m: Measured) -> Answer:
    """Training loss scatters by over 10% of its level, and by at most a third of that at a tenth of the rate."""
    swings = _between(m["train_scatter"], 0.10, 0.03)
    if not swings:
        return swings
    calm = m.get("slower_scatter")
    return True if calm is not None and calm <= m["train_scatter"] / 3 else None


def overconfident(m: Measured) -> Answer:
    """Population loss 10% above its best, population accuracy within a point of its best; classes only."""
    if not m["classes"]:
        return None
    risen = _between(m["rise"], 0.10, 0.03)
    if not risen or not _lasting(m):
        return False if risen is False else None
    return True if m["accuracy_drop"] <= 0.01 else False if m["accuracy_drop"] >= 0.03 else None


RULES: dict[str, Callable[[Measured], Answer]] = {
    "overfit": overfit,
    "underfit-unfinished": unfinished,
    "underfit-flat": flat,
    "unrepresentative-training": data,
    "unrepresentative-validation": lambda m: _between(m["val_noise"], 0.10, 0.03),
    "validation-easier": easier,
    "high-variance": lambda m: _between(m["late_val_wobble"], 0.10, 0.03),
    "slow-learning": slow,
    "underfit-plateau": plateau,
    "oscillating": oscillating,
    "overconfident": overconfident,
}


def good(m: Measured, told: dict[str, bool]) -> Answer:
    """At its best, clearly better than guessing, validation steady and near the population, nothing else wrong."""
    if any(told.get(slug) for slug in FAULTS_OF_A_FIT) or m["rise"] >= 0.10 or m["learned"] <= 0.10:
        return False
    if told.get("unrepresentative-training") or told.get("underfit-plateau") or "diverging" not in told:
        return None
    settled = m["rise"] <= 0.04 and m.get("gain_if_continued", 1.0) <= 0.04
    learned = m["learned"] >= 0.25 and m["population_learned"] >= 0.25
    steady = m["val_noise"] <= 0.03 and m["late_val_wobble"] <= 0.03 and abs(m["val_bias"]) <= 0.25
    # a wide gap whose cause was not measured is no proof of health
    enough = m["gain_from_data"] < 0.35 if m.get("gain_from_data") is not None else m["val_below_train"] > -0.35
    return True if settled and learned and steady and enough else None


def labels(measured: Measured, classes: int, guess: float) -> dict[str, bool]:
    """The labels of one history; a diagnosis that is not named was too close to call or not measured."""
    m = {**measured, "classes": classes, "guess": guess}
    far = diverging(m)
    if far or not m["finite"]:
        return {"diverging": True, "good-fit": False}
    answers = {"diverging": far, **{slug: rule(m) for slug, rule in RULES.items()}}
    told: dict[str, bool] = {slug: answer for slug, answer in answers.items() if answer is not None}
    fit = good(m, told)
    return told if fit is None else told | {"good-fit": fit}


def repeat_labels(measured: Measured) -> dict[str, bool]:
    """The label of the repeated runs together: spread of the final population loss."""
    answer = _between(measured.get("seed_spread"), 0.15, 0.05)
    return {} if answer is None else {"run-variance": answer}
