"""What in a history calls for a technique, as half a sentence with the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diagnose.evidence.noise import middle
from diagnose.wording import number

if TYPE_CHECKING:
    from diagnose.curves import Curves, Series
    from diagnose.techniques import Case

_SEEN = {
    "underfit-flat": "{train} hardly moved ({train_first} to {train_last}), so the training set is not being learnt",
    "underfit-unfinished": "{train} was still improving when training ended ({train_last} at {end})",
    "slow-learning": "{train} improves, but slowly ({train_first} to {train_last} in all)",
    "underfit-plateau": "{train} settled at a poor level ({train_late})",
    "diverging": "{train} ran away ({train_first} at the start, {train_last} at the end)",
    "oscillating": "{train} swings instead of descending (last value {train_last}, best {train_best})",
    "overfit": "{curve} was best at {best_at} ({best}) and ended at {last} while training went on improving",
    "overconfident": "{curve} went from {best} to {last} since {best_at}, though the answers got no worse",
    "unrepresentative-training": "{curve} stays near {late}, far from training's {train_late}",
    "unrepresentative-validation": "{curve} jumps around ({low} to {high} late in the run) and training does not",
    "validation-easier": "{curve} stays better than training ({late} against {train_late} late in the run)",
    "high-variance": "{curve} still ranged from {low} to {high} late in the run, so chance picks the result",
    "run-variance": "repeated runs of this configuration end far apart",
    "chance-level": "{train} came down only to the level of guessing ({train_late})",
    "constant-metric": "{curve} never moves ({last})",
    "never-generalized": "{curve} never got better than guessing (best {best}) while training improved",
    "suspected-leak": "{curve} is too good too soon ({best} at {best_at})",
    "not-comparable": "{train} and {curve} are not on one scale ({train_late} against {late})",
    "wrong-output": "the loss, the output layer and the labels don't fit together (loss {train_late} late in the run)",
    "vanishing-gradients": "the gradient does not reach the first layers, and {train} stays at {train_last}",
    "exploding-gradients": "the steps threw the weights away ({train} ends at {train_last})",
    "dead-units": "units output zero for every example, so that nothing passes",
    "saturated-units": "units are pinned at a limit of their activation, where it has no slope",
    "unscaled-inputs": "the {what} are far from a spread of 1",
    "lagging-averages": "{curve} ({last}) is that of moving averages which lag behind the batches'",
    "non-finite-data": "the data hold NaN or Inf",
    "collapse": "{curve} was at {best} at {best_at} and broke down to {last}",
}
LATE = 5  # the last fifth of a curve is "late in the run"


def seen(case: Case) -> str:
    """The clause, ready to be followed by a colon; of boosted trees it says that what follows is not for them."""
    return f"{cause(case)} (the code is for Keras, not for boosted trees)" if boosts(case) else cause(case)


def boosts(case: Case) -> bool:
    """Whether the history is a boosting library's."""
    return case.curves.extra.get("kind") == "boosting" or library(case) != ""


def library(case: Case) -> str:
    """Whose boosting it is: "xgboost", "lightgbm", "catboost"; "" where the history doesn't tell."""
    told = case.curves.producer.lower()
    return next((name for name in ("xgboost", "lightgbm", "catboost") if name in told), "")


def cause(case: Case) -> str:
    """The clause alone; for a rule that is not known here it only names the rule."""
    try:
        return _SEEN[case.finding.rule].format_map(_facts(case))
    except KeyError:  # a rule of somebody else's, or a curve that this history doesn't have
        return f"this history shows {case.finding.rule.replace('-', ' ')}"


def _facts(case: Case) -> dict[str, str]:
    curves, rule = case.curves, case.finding.rule
    facts = {**case.finding.names, "end": curves.label(curves.length)}
    train = curves.of("train", "loss") or next((one for one in curves.series if one.split == "train"), None)
    if train is not None:
        facts |= {f"train_{key}": value for key, value in _of(train, curves).items()} | {"train": train.name}
    watched = _named(curves, case.finding.curve) or _named(curves, case.monitor)
    if watched is not None and watched.split == "train" and rule != "constant-metric":
        watched = _named(curves, case.monitor) or watched
    if watched is not None:
        facts |= _of(watched, curves) | {"curve": watched.name}
    return facts


def _named(curves: Curves, name: str | None) -> Series | None:
    return next((one for one in curves.series if one.name == name), None)


def _of(series: Series, curves: Curves) -> dict[str, str]:
    """First, last, best, and late median and range of a curve, in words; no best where nothing is finite."""
    values = series.values
    facts = {"first": number(float(values[0])), "last": number(float(values[-1]))}
    finite = np.isfinite(values)
    if finite.any():
        worst = np.inf if series.direction != "max" else -np.inf
        known = np.where(finite, values, worst)
        at = int(np.argmax(known) if series.direction == "max" else np.argmin(known))
        late = values[finite][-max(2, len(values) // LATE) :]
        facts |= {"best": number(float(values[at])), "best_at": curves.label(int(series.epochs[at]))}
        facts |= {
            "late": number(middle(late)),
            "low": number(float(late.min())),
            "high": number(float(late.max())),
        }
    return facts
