"""The callback for trainings that are not Keras': Lightning, Hugging Face's Trainer, XGBoost, LightGBM.

from diagnose.adapters import LightningCallback, HuggingFaceCallback, XGBoostCallback, LightGBMCallback

Each takes the options of ``Adviser`` (verbose, min_epochs, select, ignore, log_to, on_finding, stop_on), has ``report`` and
``save(path)``, and loads its library when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from diagnose.errors import MissingDependency

if TYPE_CHECKING:
    from diagnose.adapters.huggingface import HuggingFaceCallback
    from diagnose.adapters.lightgbm import LightGBMCallback
    from diagnose.adapters.lightning import LightningCallback
    from diagnose.adapters.xgboost import XGBoostCallback

__all__ = ["HuggingFaceCallback", "LightGBMCallback", "LightningCallback", "XGBoostCallback"]

_HOMES = {
    "HuggingFaceCallback": ("huggingface", "hf"),
    "LightGBMCallback": ("lightgbm", "boosting"),
    "LightningCallback": ("lightning", "lightning"),
    "XGBoostCallback": ("xgboost", "boosting"),
}


def __getattr__(name: str) -> Any:
    """The adapter, with its library. Raises MissingDependency where that is not installed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, extra = _HOMES[name]
    try:
        return getattr(import_module(f"diagnose.adapters.{module}"), name)
    except ModuleNotFoundError as error:
        told = f"{name} needs {error.name}, which is not installed: pip install 'diagnose-curves[{extra}]'"
        raise MissingDependency(told) from error
