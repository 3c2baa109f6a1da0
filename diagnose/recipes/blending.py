"""Fitting how members are combined, on rows that they were not trained on.

Few rows must not talk a combination into much: both fits weigh what the rows say against a prior whose best guess is
the plain mean (of the logits, where a logistic model combines them): with no rows at all, that is what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from diagnose.inspection.configuration import heads
from diagnose.recipes import CannotEdit, Edited, Recipe
from diagnose.recipes.combining import combined, feature
from diagnose.recipes.data import Part, Tree, folds
from diagnose.recipes.members import kinds, mean
from diagnose.recipes.training import Trained, member_seed, together, way

FOLDS = 5
ROUNDS = 100  # of expectation and maximization: with few members it has settled long before
SPREAD = 0.5  # prior deviation of the sum of all members' trust around 1
QUICK = {"mean_squared_error": np.square, "mean_absolute_error": np.abs}
Combination = Mapping[str, Any]
Fit = Callable[[Any, list[Tree], Part], Combination]
Output = tuple[dict[str, Any], Any, Any, Any]


def blended(recipe: Recipe, members: int, fit: Fit) -> Recipe:
    """So many members from as many seeds; how they are combined is fitted on the validation rows."""
    inner: Edited = way(recipe)

    def train(one: Recipe, seed: int) -> Trained:
        trained = together(inner(one, member_seed(seed, at)) for at in range(members))
        held = one.data.choice or one.data.validation
        each, model = trained.each(held.x), trained.members[0]
        if not all(np.isfinite(values).all() for values in keras.tree.flatten(each)):
            return replace(trained, notes=(*trained.notes, "Predictions were not finite: the members' mean was taken."))
        return replace(trained, combine=fit(model, each, held), crossed=crossed(model, each, held, fit, seed))

    return recipe.trained(train)


def crossed(model: Any, each: list[Tree], part: Part, fit: Fit, seed: int) -> Tree:
    """Predictions of rows on which a combination is fitted, each fold's from a fit without it."""
    found: list[Tree] = []
    split = folds(part, FOLDS, seed)
    for rows in split:
        others = np.setdiff1d(np.arange(part.rows), rows)
        how = fit(model, taken(each, others), part.take(others))
        found.append(keras.tree.map_structure(keras.ops.convert_to_numpy, combined(taken(each, rows), how)))
    back = np.argsort(np.concatenate(split))
    return keras.tree.map_structure(lambda *ones: np.concatenate(ones)[back], *found)


def taken(each: list[Tree], rows: Any) -> list[Tree]:
    """These rows of every member's predictions."""
    return [keras.tree.map_structure(lambda one: one[rows], one) for one in each]


def weighted(model: Any, each: list[Tree], part: Part) -> Combination:
    """Weights not below 0 that add up to 1: the likeliest for classes, else those of the least of the user's own loss.

    The prior is one row's worth for each member, spread evenly.
    """
    outputs = _tables(model, each, part)
    if all(how["kind"] != "values" for how, *_ in outputs):
        return mean(model, len(each), _likeliest(outputs))
    return mean(model, len(each), _least(model, each, part))


def _likeliest(outputs: Sequence[Output]) -> Any:
    """The weights of a mixture of the members' probabilities, by expectation and maximization."""
    chances, counts = [], []
    for how, seen, y, weight in outputs:
        if how["kind"] == "softmax":
            happened = [(np.exp(seen), _shares(seen, y))]
        else:
            yes, wanted = 1 / (1 + np.exp(-np.clip(seen, -500, 500))), y.reshape(seen.shape[1:]).astype("float64")
            happened = [(yes, wanted), (1 - yes, 1 - wanted)]
        for chance, share in happened:
            count = share * weight[:, None]
            chances.append(chance[:, count > 0] + 1e-12)
            counts.append(count[count > 0])
    chance, count = np.concatenate(chances, axis=1), np.concatenate(counts)
    weights = np.full(len(chance), 1 / len(chance))
    for _ in range(ROUNDS):
        owed = weights[:, None] * chance
        weights = ((owed / owed.sum(axis=0)) @ count + 1) / (count.sum() + len(weights))
    return weights


def _least(model: Any, each: list[Tree], part: Part) -> Any:
    """The weights under which the user's loss is least, in units of the plain mean's loss: it may be of any scale."""
    from scipy.optimize import minimize

    many, rows, loss = len(each), _weights(part, part.rows).sum(), _loss_of(model, each, part)
    plain = loss(np.full(many, 1 / many))
    if not np.isfinite(plain):
        return None

    def cost(free: Any) -> float:
        weights = _softmax(free)
        return float(rows * loss(weights) / max(abs(plain), 1e-12) - np.log(weights * many).sum())

    return _softmax(minimize(cost, np.zeros(many), method="L-BFGS-B", options={"maxiter": 10, "eps": 1e-3}).x)


def _loss_of(model: Any, each: list[Tree], part: Part) -> Callable[[Any], float]:
    """The user's loss of the members' weighted mean; the two usual ones by NumPy, which takes a hundredth of the time."""
    names, tensor, mapped = [one.loss for one in heads(model)], keras.ops.convert_to_tensor, keras.tree.map_structure
    if len(names) == 1 and names[0] in QUICK:
        [(_, seen, y, weight)] = _tables(model, each, part)
        wanted, far = y.reshape(seen.shape[1:]), QUICK[names[0]]
        return lambda weights: float(weight @ far(np.tensordot(weights, seen, 1) - wanted).mean(axis=1) / weight.sum())
    y, weight = mapped(tensor, part.y), None if part.weight is None else tensor(part.weight)

    def loss(weights: Any) -> float:
        predicted = combined(each, mean(model, len(each), weights))
        return float(model.compute_loss(x=None, y=y, y_pred=predicted, sample_weight=weight, training=False))

    return loss


def _softmax(free: Any) -> Any:
    odds = np.exp(free - free.max())
    return odds / odds.sum()


def stacked(model: Any, each: list[Tree], part: Part) -> Combination:
    """A linear model of the members' values, or a logistic one of their logits, fitted for every output.

    Every member has one number a unit or class: how far it is trusted there. A full matrix from all members' classes to
    all classes would be classes times as large, and needs rows that a holdout seldom has.
    """
    fits = {"values": _linear, "softmax": _classes, "sigmoid": _odds}
    found = []
    for how, seen, y, weight in _tables(model, each, part):
        trust, bias = fits[how["kind"]](seen, y, weight)
        found.append({**how, "trust": trust.tolist(), "bias": bias.tolist()})
    return {"outputs": found}


def _tables(model: Any, each: list[Tree], part: Part) -> list[Output]:
    """For each output: its kind, what is seen of it (members, rows, units), its targets, the rows' weights."""
    leaves = list(zip(*(keras.tree.flatten(one) for one in each), strict=True))
    outputs = kinds(model)
    outputs = outputs * len(leaves) if len(outputs) == 1 else outputs
    found = []
    for ones, how, y in zip(leaves, outputs, _targets(model, each[0], part.y), strict=True):
        seen = np.stack([_table(keras.ops.convert_to_numpy(feature(one, how))) for one in ones])
        found.append((how, seen, np.asarray(y), _weights(part, seen.shape[1])))
    return found


def _targets(model: Any, predicted: Tree, y: Tree) -> Sequence[Any]:
    names = getattr(model, "output_names", None)
    if isinstance(y, Mapping) and not isinstance(predicted, Mapping) and names and set(names) == set(y):
        return [y[name] for name in names]
    flat: Sequence[Any] = keras.tree.flatten(y)
    if len(flat) != len(keras.tree.flatten(predicted)):
        raise CannotEdit("the targets of a model with several outputs can't be told apart")
    return flat


def _table(values: Any) -> Any:
    """All numbers of one unit or class in a column; a prediction for every time step is so many rows."""
    return np.asarray(values, "float64").reshape(-1, values.shape[-1] if values.ndim > 1 else 1)


def _weights(part: Part, rows: int) -> Any:
    """Of the rows, adding up to as many as they are worth: a few heavy ones among many light ones are few (Kish)."""
    if part.weight is None:
        return np.ones(rows)
    weight = np.repeat(np.asarray(part.weight, "float64").reshape(part.rows, -1)[:, 0], rows // part.rows)
    return weight * weight.sum() / max((weight**2).sum(), 1e-12)


def _linear(seen: Any, y: Any, weight: Any) -> tuple[Any, Any]:
    """Non-negative least squares, as Breiman asks (1996); each unit for itself."""
    from scipy.optimize import nnls

    members, rows, units = seen.shape
    y = y.reshape(rows, units).astype("float64")
    trust, bias, root = np.zeros((members, units)), np.zeros(units), np.sqrt(weight)
    narrow = _narrow(members)
    for unit in range(units):
        columns, target = seen[:, :, unit].T, y[:, unit]
        noise = np.sqrt(np.average((target - columns.mean(axis=1)) ** 2, weights=weight)) or 1.0
        table = np.column_stack([columns, np.ones(rows), -np.ones(rows)]) * (root / noise)[:, None]
        prior = np.diag([1 / narrow] * members + [1 / noise] * 2)
        wanted = np.concatenate([target * root / noise, [1 / members / narrow] * members, [0.0, 0.0]])
        found, _ = nnls(np.vstack([table, prior]), wanted)
        trust[:, unit], bias[unit] = found[:members], found[members] - found[members + 1]
    return trust, bias


def _classes(seen: Any, y: Any, weight: Any) -> tuple[Any, Any]:
    """Multinomial logistic: the logits of a class are the members', each trusted so far, and a bias."""
    shares = _shares(seen, y)

    def loss(logits: Any) -> tuple[Any, Any]:
        logits = logits - logits.max(axis=1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return -(shares * logs).sum(axis=1), np.exp(logs) * shares.sum(axis=1, keepdims=True) - shares

    return _logistic(seen, loss, weight)


def _shares(seen: Any, y: Any) -> Any:
    """One-hot or soft targets as they are, labels as one-hot rows."""
    classes = seen.shape[2]
    return y.reshape(-1, classes) if y.size == seen.shape[1] * classes else np.eye(classes)[y.reshape(-1).astype(int)]


def _odds(seen: Any, y: Any, weight: Any) -> tuple[Any, Any]:
    """Logistic, for one yes or no or for several."""
    wanted = y.reshape(seen.shape[1:]).astype("float64")

    def loss(logits: Any) -> tuple[Any, Any]:
        each = np.logaddexp(0, logits) - wanted * logits
        return each.sum(axis=1), 1 / (1 + np.exp(-np.clip(logits, -500, 500))) - wanted

    return _logistic(seen, loss, weight)


def _logistic(seen: Any, loss: Callable[[Any], tuple[Any, Any]], weight: Any) -> tuple[Any, Any]:
    from scipy.optimize import minimize

    members, _, units = seen.shape
    narrow, start = _narrow(members), np.concatenate([np.full(members * units, 1 / members), np.zeros(units)])
    spread = np.concatenate([np.full(members * units, narrow), np.ones(units)])

    def cost(free: Any) -> tuple[float, Any]:
        trust, bias = free[:-units].reshape(members, units), free[-units:]
        values, slopes = loss(np.einsum("mnk,mk->nk", seen, trust) + bias)
        slopes = slopes * weight[:, None]
        off = (free - start) / spread
        gradient = np.concatenate([np.einsum("mnk,nk->mk", seen, slopes).ravel(), slopes.sum(axis=0)]) + off / spread
        return float((values * weight).sum() + (off**2).sum() / 2), gradient

    found = minimize(cost, start, jac=True, method="L-BFGS-B").x
    return found[:-units].reshape(members, units), found[-units:]


def _narrow(members: int) -> float:
    """Prior deviation of one member's trust around its share, so that their sum has SPREAD."""
    return SPREAD / float(np.sqrt(members))
