"""Gradients on JAX: a compiled function of its own, to which the model's values are handed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diagnose.inspection.measuring import Outputs, forward, squared
from diagnose.inspection.parts import Part


def probe(model: Any, parts: Sequence[Part], judged: bool) -> Callable[[Any, Any, Any], Outputs]:
    """A function of (x, y, sample_weight) that says what they do in the model; without gradients unless ``judged``.

    It reads the model's variables, which on JAX are up to date at epochs' begins and ends only.
    """
    import jax
    import keras

    trained = list(model.trainable_variables)
    kernels = [kernel for part in parts for kernel in part.kernels]
    places = [next(at for at, one in enumerate(trained) if one is kernel) for kernel in kernels]
    fixed = list(model.non_trainable_variables)

    def run(values: list[Any], others: list[Any], x: Any, y: Any, weight: Any) -> tuple[Any, Outputs]:
        mapping = [*zip(trained, values, strict=True), *zip(fixed, others, strict=True)]
        with keras.StatelessScope(mapping):
            prediction, out = forward(model, parts, x)
            loss = model.compute_loss(x=x, y=y, y_pred=prediction, sample_weight=weight) if judged else None
        return loss, out

    @jax.jit  # type: ignore[untyped-decorator]
    def measure(values: list[Any], others: list[Any], x: Any, y: Any, weight: Any) -> Outputs:
        if not judged:
            return run(values, others, x, y, weight)[1]
        gradients, out = jax.grad(run, has_aux=True)(values, others, x, y, weight)
        out["gradient"] = squared(parts, [gradients[at] for at in places])
        return out  # type: ignore[no-any-return]

    return lambda x, y, weight: measure([one.value for one in trained], [one.value for one in fixed], x, y, weight)
