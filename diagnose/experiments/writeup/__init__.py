"""A re-run's report written up: text for the terminal, Markdown, JSON, HTML; ``figure`` draws it.

The framework's template for each technique: intent, expectation, method, result with spread, finding.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from diagnose.renderers import Look

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport

FORMATS = ("text", "json", "markdown", "html")


def render(form: str, report: RerunReport, look: Look = Look()) -> str:  # noqa: B008 (frozen)
    """The report in one of ``FORMATS``, with a line break at its end; ``look``: what the place of a text can show."""
    if form == "json":
        return report.to_json()
    module = import_module(f"{__name__}.{form}")
    text: str = module.write(report, look) if form == "text" else module.write(report)
    return text
