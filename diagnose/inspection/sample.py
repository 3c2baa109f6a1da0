"""The batch the user gave: cut to size, looked through once, and put through the model at epochs' ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from diagnose.curves import FloatArray
from diagnose.errors import UsageError
from diagnose.inside import Data, Head
from diagnose.inspection.measuring import Outputs
from diagnose.inspection.parts import Part

ROWS = 256  # examples that are looked at as data
PROBED = 96  # examples that go through the model at an epoch's end, in
PIECES = 4  # as many mini-batches, because a step sees a mini-batch's gradient and not the whole sample's
NEARLY = 0.95  # share of examples for which a unit is at a limit, from which on it is pinned
BACKENDS = {"tensorflow": "on_tensorflow", "jax": "on_jax", "torch": "on_torch"}


class Sample:
    """A batch: ``(x, y)`` or ``(x, y, sample_weight)``, arrays or nested arrays as ``fit`` takes them.

    Raises UsageError when it is not that, or has no examples.
    """

    def __init__(self, given: Any) -> None:
        import keras

        if not isinstance(given, (tuple, list)) or not 1 <= len(given) <= 3:
            raise UsageError(f"expected sample as a tuple (x, y), found {type(given).__name__}")
        x, y, weight = (*given, None, None)[:3]
        self.x, self.y, self.weight = (keras.tree.map_structure(_rows, one) for one in (x, y, weight))
        sizes = {len(one) for one in keras.tree.flatten((self.x, self.y, self.weight)) if one is not None}
        if len(sizes) != 1 or 0 in sizes:
            raise UsageError(f"expected as many inputs as targets in sample, and at least one, found {sorted(sizes)}")
        self.size = sizes.pop()

    def data(self) -> tuple[Data, ...]:
        """What the inputs and targets look like as numbers."""
        import keras

        found = []
        for name, tree in (("x", self.x), ("y", self.y)):
            arrays = [one for one in keras.tree.flatten(tree) if one is not None and one.dtype.kind in "fiub"]
            for number, array in enumerate(arrays):
                found.append(_data(f"{name}{number + 1}" if len(arrays) > 1 else name, array))
        return tuple(found)

    def heads(self, heads: Sequence[Head]) -> tuple[Head, ...]:
        """The heads with what is known of their targets; unchanged where targets and outputs don't match in number."""
        import keras

        targets = list(self.y.values()) if isinstance(self.y, dict) else keras.tree.flatten(self.y)
        if isinstance(self.y, dict) and all(head.name in self.y for head in heads):
            targets = [self.y[head.name] for head in heads]
        if len(targets) != len(heads):
            return tuple(heads)
        return tuple(with_targets(head, target) for head, target in zip(heads, targets, strict=True))

    def pieces(self) -> list[tuple[Any, Any, Any]]:
        """The examples to probe with, as a few mini-batches of one size."""
        import keras

        count = PIECES if self.size >= 2 * PIECES else 1
        size = min(self.size, PROBED) // count
        out = []
        for at in range(count):
            cut = slice(at * size, (at + 1) * size)
            out.append(tuple(keras.tree.map_structure(_part(cut), one) for one in (self.x, self.y, self.weight)))
        return out


class Probe:
    """Puts the sample through the model, again and again, on the backend in use."""

    def __init__(self, model: Any, parts: Sequence[Part], sample: Sample) -> None:
        import keras

        self._parts, self._pieces = parts, sample.pieces()
        self._module = import_module(f"{__package__}.{BACKENDS[keras.config.backend()]}")
        self._model = model
        self.waiting: str | None = None if sample.y is not None else "gradients wait for targets in the sample"
        self._measure = self._made()

    def _made(self) -> Callable[[Any, Any, Any], Outputs]:
        return self._module.probe(self._model, self._parts, self.waiting is None)  # type: ignore[no-any-return]

    def measured(self) -> dict[str, list[float]]:
        """gradient, arriving, dead, saturated and drift of each layer, NaN where there is none."""
        try:
            found = [self._measure(*piece) for piece in self._pieces]
        except Exception as error:
            if self.waiting is not None:
                raise
            line = next(iter(str(error).splitlines()), "")
            self.waiting = f"gradients: the loss can't be taken on the sample ({type(error).__name__}: {line[:80]})"
            self._measure = self._made()
            found = [self._measure(*piece) for piece in self._pieces]
        return {
            "gradient": self._each(found, "gradient", lambda values: math.sqrt(values.mean())),
            "arriving": self._each(found, "arriving", lambda values: math.sqrt(values.mean())),
            "dead": self._each(found, "peak", lambda values: float((values.max(axis=0) <= 0).mean())),
            "saturated": self._each(found, "pinned", lambda values: float((values.mean(axis=0) >= NEARLY).mean())),
            "drift": self._each(found, "drift", _off),
        }

    def _each(self, found: list[Outputs], name: str, reduce: Callable[[FloatArray], float]) -> list[float]:
        out = []
        for at in range(len(self._parts)):
            if str(at) not in found[0].get(name, {}):
                out.append(math.nan)
                continue
            out.append(reduce(np.stack([_numbers(one[name][str(at)]) for one in found])))
        return out


def _off(values: FloatArray) -> float:
    """Root mean square over units of shift and stretch together; (pieces, 2, units), each averaged over the pieces."""
    return math.sqrt(float((values.mean(axis=0) ** 2).sum(axis=0).mean()))


def _rows(array: Any) -> Any:
    """The first examples as a plain array; floating numbers as ``fit`` would cast them."""
    if array is None:
        return None
    import keras

    found = np.asarray(array if isinstance(array, np.ndarray) else keras.ops.convert_to_numpy(array))[:ROWS]
    return found.astype(keras.config.floatx()) if found.dtype.kind == "f" else found


def _part(cut: slice) -> Callable[[Any], Any]:
    return lambda array: None if array is None else array[cut]


def _numbers(tensor: Any) -> FloatArray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(tensor), dtype=np.float64)


def _data(name: str, array: Any) -> Data:
    flat = array.reshape(len(array), -1).astype(np.float64)
    bad = ~np.isfinite(flat)
    finite = flat[~bad]
    scale = math.sqrt(float(np.mean(finite * finite))) if finite.size else math.nan
    return Data(name, scale, float(bad.mean()) if bad.size else 0.0, float(bad.any(axis=1).mean()))


def with_targets(head: Head, target: Any) -> Head:
    """The head with what these targets, one row an example, tell of it."""
    if target is None or target.dtype.kind not in "fiub" or not target.size:
        return head
    values = target.astype(np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return head
    units = int(values.shape[-1]) if values.ndim > 1 else 1
    shares = units > 1 and bool(finite.min() >= 0) and bool(np.allclose(values.sum(axis=-1), 1, atol=1e-3))
    whole = bool((finite == np.round(finite)).all())
    columns = np.where(np.isfinite(values), values, math.nan).reshape(-1, units)
    return replace(
        head,
        target_units=units,
        low=float(finite.min()),
        high=float(finite.max()),
        whole=whole,
        one_hot=shares,
        scale=math.sqrt(float(np.mean(finite * finite))),
        spread=math.sqrt(float(np.nanmean((columns - np.nanmean(columns, axis=0)) ** 2))),
    )
