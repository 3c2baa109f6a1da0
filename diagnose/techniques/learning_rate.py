"""Learning rate: how big a step each update takes; the setting most worth tuning.

What it changes
    The size of every weight update. Too high: the loss swings, climbs or becomes NaN. Too low: it crawls.

When it helps
    Almost every learning problem. Lower it for diverging, oscillating or collapsing runs; raise it for slow ones;
    search both ways when the loss is stuck.

Settings
    Defaults: SGD 0.01, Adam 0.001. Search on a log scale, 0.1 to 1e-5, in steps of 3 or 10.
    If the best value lies on the border of what you tried, widen the range. Keep about a third of a rate that fails.
    A rate far off its optimizer's default: try the default first.

Risks
    A rate fitted at one batch size or optimizer does not carry over to another. Compare several seeds, not one run.

Sources
    Bengio, Practical Recommendations for Gradient-Based Training of Deep Architectures (2012).
    Brownlee, Recommendations for Deep Learning Neural Network Practitioners.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import best, boosters, brief, fit, number, rate, snippet
from diagnose.techniques_reason import boosts, cause, seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

LOWER = {
    *("diverging", "oscillating", "collapse", "high-variance", "run-variance", "unrepresentative-validation"),
    *("exploding-gradients", "dead-units", "saturated-units"),
}
HIGHER = {"slow-learning", "underfit-unfinished"}
USUAL = {"sgd": 0.01}  # Keras's default of an optimizer; of all others 0.001
FAR = 30  # times off the usual rate, from which on steps of 10 around today's don't get there


def _factors(rule: str) -> tuple[float, ...]:
    """What today's rate is multiplied by, the likeliest first."""
    if rule in LOWER:
        return (0.1, 0.3, 0.01)
    return (10.0, 3.0, 30.0) if rule in HIGHER else (10.0, 0.1, 0.01)


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if facts.learning_rate is None:
        raise CannotEdit("the learning rate follows a schedule: change the schedule's first rate")
    return [{"learning_rate": float(f"{one:.2g}")} for one in _rates(facts.learning_rate, facts.optimizer, rule)]


def _rates(today: float, optimizer: str, rule: str) -> list[float]:
    """Around today's; where the usual one lies far off on the side to search, that one first, and the way to it."""
    usual = USUAL.get(optimizer, 0.001)
    if (today > FAR * usual and rule not in HIGHER) or (today < usual / FAR and rule not in LOWER):
        return [usual, math.sqrt(usual * today), today * (0.1 if today > usual else 10.0)]
    return [today * factor for factor in _factors(rule)]


def _edit(recipe: Recipe, learning_rate: float) -> Recipe:
    """Another rate for the optimizer that is there."""
    from diagnose.recipes.compiled import adjusted

    return recipe.recompiled(optimizer=lambda old: adjusted(old, learning_rate=learning_rate))


@technique(
    area="learning",
    edits="compile",
    source="Bengio (2012), Practical Recommendations",
    edit=_edit,
    settings=_settings,
)
def learning_rate(case: Case) -> Advice:
    """Search around today's rate: below it, above it, or on both sides, as the finding asks."""
    today, rule = rate(case), case.finding.rule
    factors = _factors(rule)
    if rule in LOWER:
        reason = "smaller steps keep the updates from overshooting"
    elif rule in HIGHER:
        reason = "larger steps get there in fewer epochs"
    else:
        reason = "a rate too high or too low looks like this, so search on both sides"
    if case.settings:
        return _found(case, case.settings["learning_rate"])
    if boosts(case):
        return _of_trees(case, rule not in {*HIGHER, "underfit-flat", "underfit-plateau"})
    return Advice(_brief(today, factors), f"{seen(case)}: {reason}.", _code(case, today, factors))


def _found(case: Case, best_rate: float) -> Advice:
    """What a re-run found."""
    today = rate(case)
    was = f" (it was {number(today)})" if today else ""
    reason = "smaller" if today and best_rate < today else "other" if today is None else "larger"
    return Advice(
        f"learning_rate={number(best_rate)}{was}",
        f"{seen(case)}: {reason} steps were better.",
        snippet(f"""
model = build_model()
# by hand: keras.optimizers.Adam(learning_rate=...); log steps around it may be better still
model.optimizer.learning_rate = {number(best_rate)}
{fit(case)}
"""),
    )


def _brief(today: float | None, factors: tuple[float, ...]) -> str:
    if today is None:
        first = "a tenth of" if factors[0] < 1 else "ten times"
        return f"learning_rate: {first} today's (Adam's default: 0.001)"
    first, second = (number(today * factor) for factor in factors[:2])
    return brief(f"learning_rate={first} (it was {number(today)}), then {second}", f"learning_rate={first}")


def _code(case: Case, today: float | None, factors: tuple[float, ...]) -> str:
    if today is None:
        start = "today = float(build_model().optimizer.learning_rate)  # defaults: Adam 0.001, SGD 0.01\n"
        rates = ", ".join(f"{factor:g} * today" for factor in factors)
    else:
        start, rates = "", ", ".join(number(factor * today) for factor in factors)
    first = "a tenth of today's first" if factors[0] < 1 else "ten times today's first"
    was = f"it was {number(today)}" if today else first
    return snippet(f"""
import keras

{start}for rate in ({rates}):  # a log scale; {was}
    keras.utils.set_random_seed(1)
    model = build_model()
    model.optimizer.learning_rate = rate  # by hand: keras.optimizers.Adam(learning_rate=...)
    history = {fit(case, more=", verbose=0")}
    print(rate, {best(case)})
""")


def _of_trees(case: Case, lower: bool) -> Advice:
    """Their usual rates: 0.3 in XGBoost, 0.1 in LightGBM, 0.03 in CatBoost; a lower one needs more trees."""
    choices = (0.03, 0.01) if lower else (0.1, 0.3)
    reason = "smaller steps a tree" if lower else "larger steps a tree get there in fewer of them"
    return Advice(
        f"learning_rate={choices[0]}, then {choices[1]}{'; more n_estimators' if lower else ''}",
        f"{cause(case)}: {reason}{' keep single trees from overshooting' if lower else ''}.",
        boosters(str(choices), "learning_rate=choice"),
    )
