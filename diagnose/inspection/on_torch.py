"""Gradients on PyTorch: autograd's own function, which adds nothing to the parameters' ``grad``.

Dropout of an unseeded model draws from PyTorch's global random state, which is put back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diagnose.inspection.measuring import Outputs, forward, squared
from diagnose.inspection.parts import Part


def probe(model: Any, parts: Sequence[Part], judged: bool) -> Callable[[Any, Any, Any], Outputs]:
    """A function of (x, y, sample_weight) that says what they do in the model; without gradients unless ``judged``."""
    import keras
    import torch

    trained = list(model.trainable_variables)
    kernels = [kernel.value for part in parts for kernel in part.kernels]
    elsewhere = {one.value.device for one in trained if one.value.device.type != "cpu"}
    drawn = {"devices": list(elsewhere), **({"device_type": next(iter(elsewhere)).type} if elsewhere else {})}

    def measure(x: Any, y: Any, weight: Any) -> Outputs:
        x, y, weight = (keras.tree.map_structure(_tensor, one) for one in (x, y, weight))
        stateless = keras.StatelessScope([(one, one.value) for one in trained])
        with torch.random.fork_rng(**drawn), torch.enable_grad(), stateless:
            prediction, out = forward(model, parts, x)
            loss = model.compute_loss(x=x, y=y, y_pred=prediction, sample_weight=weight) if judged else None
        if loss is not None:
            out["gradient"] = squared(parts, torch.autograd.grad(loss, kernels, allow_unused=True))
        return out

    return measure


def _tensor(array: Any) -> Any:
    import keras

    return None if array is None else keras.ops.convert_to_tensor(array)
