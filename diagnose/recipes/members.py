"""Members of an ensemble: what they are held as, and what their outputs mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from diagnose.inside import Head
from diagnose.inspection.configuration import heads
from diagnose.recipes import CannotEdit

SIGMOID = ("binary_crossentropy", "binary_focal_crossentropy")
SOFTMAX = ("categorical_crossentropy", "sparse_categorical_crossentropy", "categorical_focal_crossentropy")

Weights = list[Any]


class Snapshots(Sequence[Any]):
    """Members that are one model at several times of its training: only the weights are held.

    A member is valid until the next one is taken.
    """

    def __init__(self, model: Any, weights: Sequence[Weights], build: Callable[[], Any], finish: Any) -> None:
        self._model, self._weights, self._build, self._finish = model, list(weights), build, finish
        self._predicts = finish(model)

    def __len__(self) -> int:
        return len(self._weights)

    def __getitem__(self, at: Any) -> Any:
        self._model.set_weights(self._weights[at])
        return self._predicts

    def apart(self) -> Iterator[Any]:
        """Each as a model of its own."""
        for weights in self._weights:
            model = self._build()
            model.set_weights(weights)
            yield self._finish(model)


def apart(members: Sequence[Any]) -> list[Any]:
    """The members as models that stand side by side."""
    return list(members.apart()) if isinstance(members, Snapshots) else list(members)


def finite(weights: Weights) -> bool:
    """Whether every number is one."""
    return all(np.isfinite(one).all() for one in weights if np.asarray(one).dtype.kind == "f")


def nothing_shared(members: Sequence[Any]) -> None:
    """Raise CannotEdit where two members train the same weights: each would be trained over by the next one."""
    trained = [id(one) for member in members for one in member.trainable_variables]
    if len(trained) != len(set(trained)):
        raise CannotEdit("build_model returns models that share trained layers; build every layer inside build_model")


def kinds(model: Any) -> list[dict[str, Any]]:
    """For each output, in the order of the predictions: whether it is probabilities, and given as logits."""
    return [_kind(head) for head in heads(model)]


def _kind(head: Head) -> dict[str, Any]:
    logits = bool(head.from_logits)
    if head.loss in SIGMOID or (head.activation == "sigmoid" and not logits):
        return {"kind": "sigmoid", "logits": logits}
    if head.loss in SOFTMAX or head.activation == "softmax":
        return {"kind": "softmax", "logits": logits}
    return {"kind": "values", "logits": False}


def mean(model: Any, members: int, weights: Sequence[float] | None = None) -> dict[str, Any]:
    """The combination that is the (weighted) mean of members like this one."""
    shares = [1 / members] * members if weights is None else [float(one) for one in weights]
    return {"outputs": [{**kind, "weights": shares} for kind in kinds(model)]}
