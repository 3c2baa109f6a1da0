"""Gradients on TensorFlow: one traced function, its own, that the model's own functions know nothing of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diagnose.inspection.measuring import Outputs, forward, squared
from diagnose.inspection.parts import Part


def probe(model: Any, parts: Sequence[Part], judged: bool) -> Callable[[Any, Any, Any], Outputs]:
    """A function of (x, y, sample_weight) that says what they do in the model; without gradients unless ``judged``."""
    import keras
    import tensorflow as tf

    variables = list(model.trainable_variables)
    kernels = [kernel.value for part in parts for kernel in part.kernels]

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def measure(x: Any, y: Any, weight: Any) -> Outputs:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(kernels)
            with keras.StatelessScope([(one, one.value) for one in variables]):
                prediction, out = forward(model, parts, x)
                loss = model.compute_loss(x=x, y=y, y_pred=prediction, sample_weight=weight) if judged else None
        if loss is not None:
            gradients = tape.gradient(loss, kernels)
            out["gradient"] = squared(parts, [None if one is None else tf.convert_to_tensor(one) for one in gradients])
        return out

    return lambda x, y, weight: measure(x, y, weight)
