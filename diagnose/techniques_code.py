"""Pieces of the Keras code that techniques give: literals, the ``fit`` line and what it watches.

A snippet's first line names what the user must have defined; everything else is in the snippet.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from diagnose.evidence import waiting

if TYPE_CHECKING:
    from diagnose.curves import Series
    from diagnose.techniques import Case

BRIEF = 60  # characters of the card's "Do" line
_YOURS = {
    "build_model": "build_model() (returns a new compiled model)",
    "build_booster": "build_booster() (returns a new XGBClassifier, LGBMRegressor or the like)",
    "model": "model",
    "x_train": "x_train",
    "y_train": "y_train",
    "x_val": "x_val",
    "y_val": "y_val",
    "epochs": "epochs (as many as so far)",
    "fit_arguments": "fit_arguments (a dict, of model.fit)",
    "pretrained": "pretrained (path of the saved model)",
}
# Keras finds the direction of these itself; for any other name it has to be told.
_INFERRED = {"loss", "mean_squared_error", "mse", "mean_absolute_error", "mae", "root_mean_squared_error"}
_CLASSES = ("accuracy", "auc", "precision", "recall", "f1", "crossentropy", "log_loss", "error_rate")
_QUANTITIES = ("squared_error", "absolute_error", "percentage_error", "mae", "mse", "rmse", "r2", "huber")

# Layers that change the shape of a model must be there to be changed; a subclass's are not in a known order.
_TAKEN_APART = re.compile(r"clone_model|(?<!keras)\.(layers|inputs|input_shape|output_shape)\b")


def snippet(body: str) -> str:
    """The code under a first line that says which names it takes from the user."""
    code = re.sub(r" +\n", "\n", body.strip("\n"))
    bare = re.sub(r'""".*?"""|#[^\n]*', "", code, flags=re.DOTALL)
    needed = [text for name, text in _YOURS.items() if _taken(name, bare)]
    parts = "# needs a Sequential or functional model\n" if _TAKEN_APART.search(bare) else ""
    return f"# yours: {', '.join(needed)}\n{parts}{code}\n"


def _taken(name: str, code: str) -> bool:
    """Whether the code uses the name; a model may be its own, built before it is used."""
    first = re.search(rf"(?<![\w.\"]){name}\b(?!=)", code)
    return first is not None and not (name == "model" and code[first.end() :].startswith(" = "))


def brief(*candidates: str) -> str:
    """The first that fits on the card; the last, cut, when none does."""
    for one in candidates:
        if len(one) <= BRIEF:
            return one
    return f"{candidates[-1][: BRIEF - 1]}…"


def number(value: float) -> str:
    """A Python literal of two significant digits: 0.001, 3e-05."""
    return repr(float(f"{value:.2g}"))


def text(value: str) -> str:
    """A Python string literal in double quotes, whatever the name holds."""
    return json.dumps(value)


def epochs(case: Case, times: int = 1) -> str:
    """As many epochs as the run had, or a multiple: "240"; "2 * epochs" where the history counts something else."""
    if case.curves.axis == "epoch":
        return str(times * case.epochs)
    return "epochs" if times == 1 else f"{times} * epochs"


def share_of_epochs(case: Case, share: float, least: int, most: int | None = None) -> str:
    """A part of the run in whole epochs: "12"."""
    if case.curves.axis == "epoch":
        part = round(share * case.epochs)
        return str(max(least, part if most is None else min(most, part)))
    part_of = f"epochs // {round(1 / share)}"
    return f"max({least}, {part_of if most is None else f'min({most}, {part_of})'})"


def rounds(case: Case, share: float = 1, least: int = 1) -> int:
    """Boosting rounds of the run, or a part of them; the history may hold only every tenth."""
    numbers = case.curves.numbering
    every = case.epochs if numbers is None else max(case.epochs, round(float(numbers[-1] - numbers[0])) + 1)
    return max(least, round(share * every))


def boosters(choices: str, setting: str, first: str = "") -> str:
    """Code that tries settings of a boosting model, through scikit-learn's interface that all three libraries have."""
    return snippet(f"""
import numpy as np

{first}for choice in {choices}:
    model = build_booster()
    model.set_params({setting})
    model.fit(x_train, y_train)
    print(choice, np.round(model.score(x_val, y_val), 4))  # accuracy or r2: higher is better
""")


def patience(case: Case, times: int = 1) -> str:
    """A tenth of the run's epochs, or of ``times`` as many, at least 5, and longer than this run waited for its best."""
    if case.curves.axis != "epoch":
        return share_of_epochs(case, times * waiting.SHARE, waiting.LEAST)
    watched = next((one for one in case.curves.series if one.name == case.monitor), None)
    waited = waiting.longest_wait(watched.values, case.mode) if watched else 0
    return str(waiting.patience(times * case.epochs, waited))


def monitor(case: Case) -> str:
    """The watched curve as Keras names it in a script that is fitted with validation data: val_loss, val_accuracy."""
    found = next((one for one in case.curves.series if one.name == case.monitor), None)
    return keras_name(found) if found else case.monitor


def keras_name(series: Series) -> str:
    """The name Keras gives this curve in its logs."""
    prefix = "" if series.split == "train" else "val_"
    fits = series.name.isidentifier() and series.name.startswith("val_") == bool(prefix)
    if fits and not re.match(r"(train|training|test|eval|valid|tr)_", series.name):
        return series.name
    return prefix + (series.metric if series.metric.isidentifier() else "loss")


def watch(case: Case) -> str:
    """Arguments of a callback that watches the curve: ``"val_loss"``; with its mode where Keras can't infer it."""
    name = monitor(case)
    inferred = case.mode == "min" and name.removeprefix("val_") in _INFERRED
    return text(name) if inferred else f'{text(name)}, mode="{case.mode}"'


def best(case: Case, history: str = "history") -> str:
    """The best logged value of the watched curve, as an expression."""
    return f"{case.mode}({history}.history[{text(monitor(case))}])"


def validated(case: Case) -> bool:
    """Whether the history has a validation curve."""
    return any(one.split != "train" for one in case.curves.series)


def best_judged(case: Case) -> str:
    """The best validation value as an expression, even if this history has no validation curve."""
    return best(case) if validated(case) else 'min(history.history["val_loss"])'


def fit(case: Case, times: int = 1, callbacks: str = "", more: str = "", model: str = "model", rows: str = "") -> str:
    """The ``fit`` call on one line: validation data if the history has a validation curve.

    ``rows`` is an index of some of the training data, "[rows]".
    """
    judged = "validation_data=(x_val, y_val), " if validated(case) else ""
    return f"{model}.fit(x_train{rows}, y_train{rows}, {judged}{asked(case, times, callbacks, more)})"


def fit_judged(case: Case, rows: str = "", callbacks: str = "", more: str = "") -> str:
    """The ``fit`` call with validation data in any case, on all rows of the training data or those of an index."""
    data = f"x_train{rows}, y_train{rows}, validation_data=(x_val, y_val)"
    return f"model.fit({data}, {asked(case, 1, callbacks, more)})"


def asked(case: Case, times: int = 1, callbacks: str = "", more: str = "") -> str:
    """The epochs and further arguments of ``fit``; after a re-run the user's own, with what changes of them.

    more: further ones as ", name=value".
    """
    if case.settings is None:
        called = f", callbacks=[{callbacks}]" if callbacks else ""
        return f"epochs={epochs(case, times)}{called}{more}"
    changed = {"epochs": epochs(case, times)} if times > 1 else {}
    if callbacks:
        changed["callbacks"] = f'[*fit_arguments.get("callbacks", []), {callbacks}]'
    changed |= dict(one.split("=") for one in more.split(", ") if one)
    own = ", ".join(f'"{name}": {value}' for name, value in changed.items())
    line = "\n          " if len(own) > 25 else ""
    return f"{line}**(fit_arguments | {{{own}}})" if own else "**fit_arguments"


def rate(case: Case) -> float | None:
    """The highest logged learning rate: what the optimizer was given, before a schedule lowered it."""
    rates = case.curves.learning_rate
    known = rates[np.isfinite(rates) & (rates > 0)] if rates is not None else ()
    if len(known):
        return float(max(known))
    return case.learning_rate if case.learning_rate and math.isfinite(case.learning_rate) else None


def classifies(case: Case) -> bool | None:
    """True for class labels, False for quantities, as far as the metrics' names tell; None when they don't."""
    metrics = [one.metric for one in case.curves.series]
    if _any(metrics, _CLASSES):
        return True
    return False if _any(metrics, _QUANTITIES) else None


def _any(metrics: Iterable[str], words: Iterable[str]) -> bool:
    return any(word in metric for metric in metrics for word in words)


def metrics(case: Case) -> str:
    """The ``metrics`` argument that goes with a new ``compile``."""
    known = {True: '["accuracy"]', False: '["mae"]', None: "[]"}
    return known[classifies(case)]


def setting(case: Case, name: str, default: Any) -> Any:
    """A setting that a re-run has found, or the default."""
    return (case.settings or {}).get(name, default)
