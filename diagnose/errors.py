"""Everything that can go wrong, as one tree.

DiagnoseError
├── ReadError            (ValueError)    a history can't be read
│   ├── UnknownFormat                    nothing known looks like this content
│   ├── NoHistory        (LookupError)   readable, but there is no learning curve in it
│   └── Refused                          would run code, or grow without bound
├── UsageError           (ValueError)    an argument that doesn't fit
├── RuleError            (RuntimeError)  a rule that is broken, or none at all
└── MissingDependency    (ImportError)   an optional library that isn't installed

ProblemFound is apart: ``Report.raise_for`` raises it when a gate trips, and nothing has gone wrong then.
"""

from __future__ import annotations


class DiagnoseError(Exception):
    """The root: ``except DiagnoseError`` catches whatever this library raises on purpose."""


class ReadError(DiagnoseError, ValueError):
    """A history that can't be read: which file, where in it, what was expected, what was found, what to do.

    ``str()`` is one line without the source, because whoever prints it has just named the source.
    """

    def __init__(self, message: str, *, source: str = "history", place: str | None = None) -> None:
        self.message = " ".join(message.split())
        self.source = source
        self.place = place
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message

    def at(self, source: str) -> ReadError:
        """The same error, told of another source (a file inside an archive, a cell of a notebook)."""
        return type(self)(self.message, source=source, place=self.place)


class UnknownFormat(ReadError):
    """No reader recognises the content."""


class NoHistory(ReadError, LookupError):
    """The content is readable, but holds no learning curve."""


class Refused(ReadError):
    """The content would run code when loaded, or unpack beyond the limit."""


class UsageError(DiagnoseError, ValueError):
    """An argument that doesn't fit: an unknown rule, a direction that is neither min nor max."""


class RuleError(DiagnoseError, RuntimeError):
    """A rule or a technique that can't be loaded or that failed, by name; or no rule at all."""


class MissingDependency(DiagnoseError, ImportError):
    """A library that only this one feature needs is not installed."""


class ProblemFound(Exception):
    """A gate tripped: ``report.raise_for("overfit")`` on an overfit history. ``.report`` is the report."""

    def __init__(self, message: str, report: object) -> None:
        super().__init__(message)
        self.report = report
