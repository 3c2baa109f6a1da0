"""How the predictions of several models become one.

Written in Keras's own operations, so that the same lines combine arrays and become a part of one joined model. Where
members can't be joined, a copy of this file stands beside them: it imports nothing but Keras and NumPy.

A combination is JSON: {"outputs": [one for each output in Keras's order, or one for all]}, each with

    kind     "values"; "softmax" or "sigmoid" for probabilities
    logits   whether the probabilities are given, and wanted, as logits
    weights  of the mean, one a member, adding up to 1
    trust    instead of weights, for a stacked combination: a row a member, a number an output unit or class
    bias     with trust: a number a unit or class

Probabilities are averaged as such, also where the models give logits. The mean of logits is the geometric mean of the
probabilities: one member that is wrong and very sure outvotes all others. The loss of either is never above the
members' mean loss.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

LEAST = 1e-7  # a probability below is taken for this, as Keras's losses do


def combined(each: list[Any], combination: Any) -> Any:
    """One prediction of the members' predictions: trees of arrays or of Keras tensors."""
    leaves = list(zip(*(keras.tree.flatten(one) for one in each), strict=True))
    outputs = combination["outputs"]
    outputs = outputs * len(leaves) if len(outputs) == 1 else outputs
    found = [_one(list(ones), how) for ones, how in zip(leaves, outputs, strict=True)]
    return keras.tree.pack_sequence_as(each[0], found)


def _one(ones: list[Any], how: Any) -> Any:
    if "trust" in how:
        return stacked(ones, how)
    if how["logits"]:
        return _mean_of_logits(ones, how["weights"], how["kind"])
    return _sum([ops.multiply(one, weight) for one, weight in zip(ones, how["weights"], strict=True)])


def _mean_of_logits(ones: list[Any], weights: list[float], kind: str) -> Any:
    """The logarithm of the mean probability, for classes; of its odds, for yes and no."""
    shares = [math.log(max(weight, LEAST)) for weight in weights]

    def pooled(logs: list[Any]) -> Any:
        return ops.logsumexp(ops.stack([ops.add(one, share) for one, share in zip(logs, shares, strict=True)]), axis=0)

    if kind == "softmax":
        return pooled([ops.log_softmax(one) for one in ones])
    return ops.subtract(
        pooled([ops.log_sigmoid(one) for one in ones]), pooled([ops.log_sigmoid(ops.negative(one)) for one in ones])
    )


def stacked(ones: list[Any], how: Any) -> Any:
    """Each member's answer times how far it is trusted, summed; logits in between where it is about probabilities."""
    parts = [
        ops.multiply(feature(one, how), np.asarray(trust, "float32"))
        for one, trust in zip(ones, how["trust"], strict=True)
    ]
    total = ops.add(_sum(parts), np.asarray(how["bias"], "float32"))
    if how["kind"] == "values" or how["logits"]:
        return total
    return ops.softmax(total) if how["kind"] == "softmax" else ops.sigmoid(total)


def feature(one: Any, how: Any) -> Any:
    """What a stacked combination sees of a member: its values, or its logits."""
    if how["kind"] == "values":
        return one
    if how["logits"]:
        return ops.log_softmax(one) if how["kind"] == "softmax" else one
    sure = ops.clip(one, LEAST, 1 - LEAST)
    odds = ops.log(sure)
    return odds if how["kind"] == "softmax" else ops.subtract(odds, ops.log(ops.subtract(1.0, sure)))


def _sum(parts: list[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = ops.add(total, part)
    return total
