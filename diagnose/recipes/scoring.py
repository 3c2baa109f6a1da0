"""One score for all trials, from predictions alone.

A history's ``val_loss`` cannot compare techniques: it holds penalties on the weights, and changes with the loss function
and the scale of the targets. So the user's own loss and metrics are put behind a model that does nothing, and that
model is evaluated on the predictions: Keras resolves every name and reduces every weight just as in the user's training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from diagnose.errors import UsageError
from diagnose.evidence.heads import LABELS, OF_SHARES
from diagnose.inside import Head
from diagnose.inspection.configuration import heads
from diagnose.recipes.compiled import arguments, recompile
from diagnose.recipes.data import Part, Tree
from diagnose.recipes.roles import functional
from diagnose.recipes.tracing import traced

ROWS = 4096
SHORT = ("accuracy", "acc", "crossentropy", "ce")  # names that only compile() understands
SURE = 1e-7  # probabilities are kept that far from 0 and 1, as Keras does it
PROBABLE = {("binary_crossentropy", "sigmoid"), *((name, "softmax") for name in (*OF_SHARES, LABELS))}


class Scorer:
    """Scores predictions with the loss and the metrics of the user's compiled model.

    model   the user's, as ``build_model`` returns it
    metric  a name that Keras knows, measured besides the compiled ones; None: only those
    train   the user's training rows: what they tell of the targets is the guess of a model that predicts nothing

    A name that Keras doesn't know is left to be found among the compiled ones.
    """

    def __init__(self, model: Any, metric: str | None, train: Part) -> None:
        given = arguments(model)
        self._heads = _heads(model)
        self._loss, self._weights = _as_predicted(given["loss"], self._heads), given.get("loss_weights")
        self._metrics, self._weighted = given.get("metrics"), given.get("weighted_metrics")
        self._extra, self._train = _known(metric), train
        self._names = list(getattr(model, "output_names", None) or ())

    def score(self, predicted: Tree, part: Part) -> dict[str, float | None]:
        """Every score by its name: the metrics as they were compiled, "loss", the losses of several outputs.

        None where one can't be computed.

        predicted: one row for each of the part's, on the targets' own scale. A row that is not finite counts as a guess
        without looking: the training targets' mean. Predictions of another width than the user's model has (one
        probability a class instead of one number) are nothing for his loss.
        """
        if not all(np.isfinite(one).all() for one in keras.tree.flatten(predicted)):
            predicted = keras.tree.map_structure(_filled, predicted, self.guess(predicted))
        values = self._evaluate(predicted, part)
        return {name: value if np.isfinite(value) else None for name, value in values.items()}

    def guess(self, predicted: Tree) -> Tree:
        """What a model says that has seen nothing but the training targets, in the shape of these predictions."""
        flat, targets = keras.tree.flatten(predicted), keras.tree.flatten(self._train.y)
        guesses = [_mean(one, y) for one, y in zip(flat, targets, strict=True)]
        if len(self._heads) == len(flat):
            guesses = [_logits(one) if raw(head) else one for one, head in zip(guesses, self._heads, strict=True)]
        guesses = [one.astype(like.dtype) for one, like in zip(guesses, flat, strict=True)]
        return keras.tree.pack_sequence_as(predicted, guesses)

    def _evaluate(self, predicted: Tree, part: Part) -> dict[str, float]:
        flat = keras.tree.flatten(predicted)
        names = self._names if len(self._names) == len(flat) and len(flat) > 1 else [None] * len(flat)
        inputs = [keras.Input(one.shape[1:], dtype=one.dtype) for one in flat]
        outputs = [keras.layers.Identity(name=name)(one) for one, name in zip(inputs, names, strict=True)]
        model = keras.Model(inputs[0] if len(inputs) == 1 else inputs, keras.tree.pack_sequence_as(predicted, outputs))
        metrics, weighted = self._fresh(self._metrics), self._fresh(self._weighted)
        if self._extra is not None and len(flat) == 1 and not _among(self._extra, metrics, weighted):
            metrics = [*(metrics or ()), self._extra]
        fits = self._fits(flat)
        model.compile(
            loss=self._loss if fits else _nothing,
            loss_weights=self._weights if fits else None,
            metrics=metrics,
            weighted_metrics=weighted,
            run_eagerly=True,  # a few large batches: there is nothing to gain by compiling them
        )
        given = flat[0] if len(flat) == 1 else flat
        found = model.evaluate(given, part.y, sample_weight=part.weight, batch_size=ROWS, verbose=0, return_dict=True)
        # Keras gives them in the order of the alphabet
        order = [*_measured(model), "loss", *found]
        return {name: float(found[name]) if fits or name != "loss" else np.nan for name in dict.fromkeys(order)}

    def _fits(self, flat: list[Any]) -> bool:
        """Whether these predictions are as wide as the user's model's own."""
        units = [head.units for head in self._heads]
        return len(flat) != 1 or len(units) != 1 or units[0] in (None, flat[0].shape[-1])

    def _fresh(self, metrics: Any) -> Any:
        from diagnose.recipes.compiled import fresh

        return keras.tree.map_structure(fresh, metrics)


def _heads(model: Any) -> tuple[Head, ...]:
    """The model's heads; of a subclass that can't be traced nothing is known of its outputs but the loss."""
    if isinstance(model, (keras.Sequential, functional())):
        return heads(model)
    graph = traced(model)
    if graph is not None:
        return heads(recompile(graph, like=model))
    return tuple(replace(one, units=None, activation=None) for one in heads(model))


def _as_predicted(loss: Any, found: Sequence[Head]) -> Any:
    """The losses as they read what is predicted.

    A cross-entropy with from_logits=True behind an activation that makes probabilities: in training Keras on TensorFlow
    sees through it (and warns), but predictions are probabilities and nothing else.
    """

    def read(one: Any, head: Head) -> Any:
        if not head.from_logits or raw(head):
            return one
        return type(one).from_config({**one.get_config(), "from_logits": False})

    if isinstance(loss, Mapping):
        named = {head.name: head for head in found}
        return {name: read(one, named[name]) if name in named else one for name, one in loss.items()}
    if isinstance(loss, (list, tuple)):
        return [read(*pair) for pair in zip(loss, found, strict=True)] if len(loss) == len(found) else loss
    return read(loss, found[0]) if len(found) == 1 else loss


def raw(head: Head) -> bool:
    """Whether predictions are what stands before a sigmoid or softmax."""
    return bool(head.from_logits) and (head.loss, head.activation) not in PROBABLE


def _known(metric: str | None) -> str | None:
    if metric in SHORT:
        return metric
    try:
        return None if metric is None or keras.metrics.get(metric) is None else metric
    except (ValueError, TypeError):
        return None


def _measured(model: Any) -> list[str]:
    """The names of the compiled metrics, in their order; asked for after an evaluation."""
    compiled = getattr(model, "_compile_metrics", None)
    return [] if compiled is None else list(compiled.result())


def _nothing(y: Any, predicted: Any) -> Any:
    return 0.0 * keras.ops.sum(predicted, axis=-1)


def _among(name: str, *groups: Any) -> bool:
    named = [getattr(one, "name", getattr(one, "__name__", one)) for one in keras.tree.flatten(groups)]
    return name in named


def _filled(predicted: Any, guess: Any) -> Any:
    lost = ~np.isfinite(predicted).all(axis=tuple(range(1, predicted.ndim)))
    return np.where(lost.reshape(-1, *[1] * (predicted.ndim - 1)), guess, predicted)


def _mean(predicted: Any, targets: Any) -> Any:
    """The mean target for every row; shares of the classes where a prediction has one number a class."""
    values = np.asarray(targets)
    values = values[..., None] if values.ndim == predicted.ndim - 1 else values
    wide = predicted.shape[-1]
    if predicted.ndim > 1 and values.shape[-1] == 1 < wide:
        labels = np.clip(values.ravel().astype(int), 0, wide - 1)
        guess = np.bincount(labels, minlength=wide) / labels.size
    else:
        guess = values.mean(axis=0)
    return np.broadcast_to(guess, predicted.shape)


def _logits(shares: Any) -> Any:
    """What a sigmoid (one number) or a softmax (several) turns into these shares."""
    known = np.clip(shares, SURE, 1 - SURE)
    return np.log(known) - (np.log(1 - known) if shares.shape[-1] == 1 else 0)


def chosen(scores: Mapping[str, Any], metric: str | None) -> str:
    """The name of the score that decides: the one asked for, else the first compiled metric, else the loss.

    scores: in the order of ``Scorer.score``. Raises UsageError for a name that is not among them.
    """
    if metric is None:
        return next(iter(scores))
    if metric not in scores:
        raise UsageError(f"--metric: expected one of {', '.join(scores)}, found {metric!r}")
    return metric
