"""LightGBM: ``lightgbm.train(..., valid_sets=[...], callbacks=[LightGBMCallback()])``, and its scikit-learn models."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from lightgbm.callback import EarlyStopException

from diagnose.adapters.advised import Advised, by_set
from diagnose.curves import Direction
from diagnose.live.adviser import harmless


class LightGBMCallback(Advised):
    """Takes the evaluation of each round; which set is which is read from the names, as of an ``evals_result``.

    LightGBM tells no callback that a training is over. The report is printed after the last round that was asked for, or
    where ``early_stopping`` ends the training before.
    """

    order = 20  # after LightGBM's own record of the evaluation, before early stopping
    before_iteration = False

    def __call__(self, env: Any) -> None:
        """One round."""
        if env.iteration == env.begin_iteration:
            planned = env.end_iteration - env.begin_iteration
            self._begin(source="lightgbm", producer="LightGBM", axis="iteration", planned=planned)
            self._watch_later(sys._getframe(1))
        self._flush()
        rows = env.evaluation_result_list or []
        values = {(one[0], one[1]): one[2] for one in rows}
        ways: dict[tuple[str, str], Direction] = {(one[0], one[1]): "max" if one[3] else "min" for one in rows}
        reason = self._take(by_set(self.adviser.live, values, ways))
        if env.iteration == env.end_iteration - 1 or reason is not None:
            self._end()
        if reason is not None:
            raise EarlyStopException(env.iteration, rows)

    @harmless
    def _watch_later(self, caller: FrameType) -> None:
        """Early stopping leaves by an exception, which no later callback sees: it is caught on its way out of the others.

        They stand in a list of LightGBM's own, behind this one; where there is no such list, the report is not printed.
        """
        for found in caller.f_locals.values():
            if isinstance(found, list) and any(one is self for one in found):
                later = next(at for at, one in enumerate(found) if one is self) + 1
                found[later:] = [self._watched(one) for one in found[later:]]

    def _watched(self, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        def call(env: Any) -> None:
            try:
                callback(env)
            except EarlyStopException:
                self._end()
                raise

        return call
