"""mixup: training on points between two examples, each half an example of either one's class (Zhang et al., 2018).

The paper mixes the labels, too: x = w a + (1 - w) b with the target w ya + (1 - w) yb, w from Beta(alpha, alpha). A
cross-entropy is linear in its targets, so the same loss is that of two rows with the same x, the targets ya and yb, and
the weights w and 1 - w. Labels stay as they are that way, whether whole numbers, 0 and 1 or one-hot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from diagnose.recipes.data import Part, classes_of


class Mixed(keras.utils.PyDataset):  # type: ignore[misc, unused-ignore]
    """Batches of mixed rows, other pairs in every epoch: each of n rows once the first and once the second of a pair.

    alpha  of the Beta distribution: 0.2 mostly stays near one of the two, 1.0 takes any point between them
    size   examples a batch; it has twice as many rows
    """

    def __init__(
        self, part: Part, alpha: float, size: int, seed: int, class_weight: Mapping[int, float] | None
    ) -> None:
        super().__init__()
        self._x, self._y, self._alpha, self._size = np.asarray(part.array), np.asarray(part.targets), alpha, size
        self._weight = np.ones(part.rows) if part.weight is None else np.asarray(part.weight, "float64")
        if class_weight is not None:
            self._weight = self._weight * np.array([class_weight.get(int(one), 1.0) for one in classes_of(part.y)])
        self._random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self._x) // self._size)

    def __getitem__(self, at: int) -> tuple[Any, Any, Any]:
        here = slice(at * self._size, (at + 1) * self._size)
        first, second, share = self._first[here], self._second[here], self._share[here]
        w = share.reshape(-1, *[1] * (self._x.ndim - 1))
        x = (w * self._x[first] + (1 - w) * self._x[second]).astype(keras.config.floatx())
        # the two rows of an example weigh 2 together, as Keras divides by the number of rows
        weight = 2 * np.concatenate([share * self._weight[first], (1 - share) * self._weight[second]])
        return np.concatenate([x, x]), np.concatenate([self._y[first], self._y[second]]), weight.astype("float32")

    def on_epoch_end(self) -> None:
        """Draw the next epoch's pairs."""
        rows = len(self._x)
        self._first, self._second = self._random.permutation(rows), self._random.permutation(rows)
        self._share = self._random.beta(self._alpha, self._alpha, rows)
