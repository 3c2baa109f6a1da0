"""A re-run's report written up: text for the terminal, Markdown, JSON, HTML. Each is one module with ``write(report)``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport

FORMATS = ("text", "json", "markdown", "html")


def render(form: str, report: RerunReport) -> str:
    """The report in one of ``FORMATS``."""
    if form == "json":
        return report.to_json()
    write = import_module(f"{__name__}.{form}").write
    return cast("Callable[[RerunReport], str]", write)(report)
