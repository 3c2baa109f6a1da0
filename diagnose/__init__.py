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
    "RuleError",
    "Series",
    "Unjudged",
    "UnknownFormat",
    "UsageError",
    "__version__",
    "diagnose",
]


def __getattr__(name: str) -> Any:
    """What needs a heavy library is imported when it is first asked for. Raises MissingDependency where that is missing."""
    if name != "DiagnoseCallback":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from diagnose.callback import DiagnoseCallback
    except ModuleNotFoundError as error:
        told = f"DiagnoseCallback needs Keras, and {error.name} is not installed: pip install 'diagnose-curves[keras]'"
        raise MissingDependency(told) from error
    return DiagnoseCallback
