"""Answers no surer than they deserve: smoothed labels in the loss, or one temperature for the logits."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from diagnose.evidence.heads import LABELS, OF_SHARES, OF_TWO
from diagnose.inspection.configuration import heads
from diagnose.recipes import CannotEdit, outputs
from diagnose.recipes.data import Part
from diagnose.recipes.scoring import SURE, raw
from diagnose.recipes.training import predict

CLASSES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    LABELS: "SparseCategoricalCrossentropy",
}
LIMIT = 10.0  # temperatures are sought from its inverse up to it


@keras.saving.register_keras_serializable("diagnose")
class SmoothedLabels(keras.losses.Loss):  # type: ignore[misc, unused-ignore]
    """Sparse categorical cross-entropy with smoothed labels: 1 - a + a/K for the label, a/K for the K - 1 others."""

    def __init__(self, classes: int, label_smoothing: float, from_logits: bool, reduction: str) -> None:
        super().__init__(name=LABELS, reduction=reduction)
        self.classes, self.label_smoothing, self.from_logits = classes, label_smoothing, from_logits

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One loss an example; y_true of whole numbers 0 to K - 1, with or without a last axis of one."""
        labels = keras.ops.squeeze(y_true, -1) if len(y_true.shape) == len(y_pred.shape) else y_true
        hot = keras.ops.one_hot(keras.ops.cast(labels, "int32"), self.classes, dtype=y_pred.dtype)
        return keras.losses.categorical_crossentropy(
            hot, y_pred, from_logits=self.from_logits, label_smoothing=self.label_smoothing
        )

    def get_config(self) -> dict[str, Any]:
        """Its four settings."""
        names = ("classes", "label_smoothing", "from_logits", "reduction")
        return {name: getattr(self, name) for name in names}


def smoothed(model: Any, share: float) -> Any:
    """The model's loss with smoothed labels. Raises CannotEdit for what is no cross-entropy of Keras's."""
    found = heads(model)
    if len(found) != 1 or found[0].loss not in CLASSES or found[0].units is None:
        raise CannotEdit("only a cross-entropy of Keras's over one output takes smoothed labels")
    kind = getattr(keras.losses, CLASSES[found[0].loss])
    own = model.loss if isinstance(model.loss, keras.losses.Loss) else kind()
    config = own.get_config()
    if config.get("label_smoothing"):
        raise CannotEdit(f"labels are smoothed already, by {config['label_smoothing']}")
    if found[0].loss != LABELS:
        return type(own).from_config({**config, "label_smoothing": share})
    if config.get("ignore_class") is not None:
        raise CannotEdit("the loss ignores a class, which smoothed labels would bring back")
    return SmoothedLabels(found[0].units, share, config["from_logits"], config["reduction"])


def calibrated(model: Any, held: Part) -> Any:
    """The trained model with its logits divided by the temperature that fits these rows best (Guo et al., 2017)."""
    return outputs.cooled(model, temperature(model, held))


def temperature(model: Any, held: Part) -> float:
    """The divisor of the logits with the lowest cross-entropy on these rows; 1 where predictions are not finite."""
    from scipy.optimize import minimize_scalar

    head, predicted = heads(model)[0], np.asarray(predict(model, held.x), "float64")
    if not np.isfinite(predicted).all():
        return 1.0
    binary = head.loss in OF_TWO
    logits = predicted
    if not raw(head):
        known = np.clip(predicted, SURE, 1 - SURE)
        logits = np.log(known) - (np.log(1 - known) if binary else 0.0)
    targets = np.asarray(held.targets)
    if head.loss not in (*OF_TWO, *OF_SHARES):
        targets = np.eye(logits.shape[-1])[targets.reshape(logits.shape[:-1]).astype(int)]
    weight = np.ones(held.rows) if held.weight is None else np.asarray(held.weight, "float64")

    def loss(log_temperature: float) -> float:
        scaled = logits / math.exp(log_temperature)
        each = _binary(scaled, targets) if binary else _shares(scaled, targets)
        return float(np.average(each.reshape(held.rows, -1).mean(axis=1), weights=weight))

    found = minimize_scalar(loss, bounds=(-math.log(LIMIT), math.log(LIMIT)), method="bounded")
    return float(math.exp(found.x))


def _binary(logits: Any, targets: Any) -> Any:
    return np.logaddexp(0, logits) - targets.reshape(logits.shape) * logits


def _shares(logits: Any, targets: Any) -> Any:
    return np.logaddexp.reduce(logits, axis=-1) - (targets * logits).sum(axis=-1)
