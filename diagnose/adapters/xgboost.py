"""XGBoost: ``xgboost.train(..., evals=[...], callbacks=[XGBoostCallback()])``, and its scikit-learn models."""

from __future__ import annotations

from typing import Any

from xgboost.callback import TrainingCallback

from diagnose.adapters.advised import Advised, by_set


class XGBoostCallback(Advised, TrainingCallback):
    """Takes the evaluation of each round; which set is which is read from the names, as of an ``evals_result``."""

    def before_training(self, model: Any) -> Any:
        """A new training."""
        self._begin(source="xgboost", producer="XGBoost", axis="iteration")
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """One round; True ends the training."""
        self._flush()
        values = {(name, metric): one[-1] for name, found in evals_log.items() for metric, one in found.items()}
        return self._take(self._named(values)) is not None

    def after_training(self, model: Any) -> Any:
        """The report."""
        self._end()
        return model

    def _named(self, values: dict[tuple[str, str], Any]) -> dict[str, Any]:
        return by_set(self.adviser.live, values, {})
