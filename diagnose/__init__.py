"""The linter for learning curves.

from diagnose import diagnose

report = diagnose("history.csv")
print(report)
"""

from typing import TYPE_CHECKING, Any

from diagnose._version import __version__
from diagnose.curves import Curves, Note, Series
from diagnose.engine import diagnose
from diagnose.errors import (
    DiagnoseError,
    MissingDependency,
    NoHistory,
    ProblemFound,
    ReadError,
    Refused,
    RuleError,
    UnknownFormat,
    UsageError,
)
from diagnose.report import Finding, Recommendation, Report, Unjudged

if TYPE_CHECKING:
    from diagnose.callback import DiagnoseCallback
    from diagnose.experiments.report import RerunReport
    from diagnose.experiments.rerunning import rerun

__all__ = [
    "Curves",
    "DiagnoseCallback",
    "DiagnoseError",
    "Finding",
    "MissingDependency",
    "NoHistory",
    "Note",
    "ProblemFound",
    "ReadError",
    "Recommendation",
    "Refused",
    "Report",
    "RerunReport",
    "RuleError",
    "Series",
    "Unjudged",
    "UnknownFormat",
    "UsageError",
    "__version__",
    "diagnose",
    "rerun",
]


# What needs more than NumPy is imported when it is first asked for.
_LATER = {
    "DiagnoseCallback": "diagnose.callback",
    "RerunReport": "diagnose.experiments.report",
    "rerun": "diagnose.experiments.rerunning",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for. Raises MissingDependency where what it needs is missing."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(_LATER[name]), name)
    except ModuleNotFoundError as error:
        told = f"{name} needs Keras, and {error.name} is not installed: pip install 'diagnose-curves[keras]'"
        raise MissingDependency(told) from error
