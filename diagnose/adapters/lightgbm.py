"""LightGBM: ``lightgbm.train(..., valid_sets=[...], callbacks=[LightGBMCallback()])``, and its scikit-learn models."""

from __future__ import annotations

from typing import Any

from lightgbm.callback import EarlyStopException

from diagnose.adapters.advised import Advised, by_set
from diagnose.curves import Direction


class LightGBMCallback(Advised):
    """Takes the evaluation of each round; which set is which is read from the names, as of an ``evals_result``.

    LightGBM tells no callback that a training is over: the report is printed after the last round that was asked for. Where
    ``early_stopping`` ends it before, ``report`` has it.
    """

    order = 20  # after LightGBM's own record of the evaluation, before early stopping
    before_iteration = False

    def __call__(self, env: Any) -> None:
        """One round."""
        if env.iteration == env.begin_iteration:
            planned = env.end_iteration - env.begin_iteration
            self._begin(source="lightgbm", producer="LightGBM", axis="iteration", planned=planned)
        self._flush()
        rows = env.evaluation_result_list or []
        values = {(one[0], one[1]): one[2] for one in rows}
        ways: dict[tuple[str, str], Direction] = {(one[0], one[1]): "max" if one[3] else "min" for one in rows}
        reason = self._take(by_set(self.adviser.live, values, ways))
        if env.iteration == env.end_iteration - 1 or reason is not None:
            self._end()
        if reason is not None:
            raise EarlyStopException(env.iteration, rows)
