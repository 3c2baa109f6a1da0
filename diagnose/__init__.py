"""The linter for learning curves.

from diagnose import diagnose

report = diagnose("history.csv")
print(report)
"""

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

__all__ = [
    "Curves",
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
