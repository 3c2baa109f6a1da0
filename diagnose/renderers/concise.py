"""One line a history, in the order given: for many files and the logs of build servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.renderers.layout import plain
from diagnose.renderers.words import clean, headline, numbers, percent, verdict

if TYPE_CHECKING:
    from diagnose.errors import ReadError
    from diagnose.renderers import Look
    from diagnose.report import Report


def render_all(reports: Sequence[Report], errors: Sequence[ReadError], look: Look) -> str:
    """A line a report; errors have their own lines elsewhere."""
    return "".join(f"{plain(line(report), look)}\n" for report in reports)


def line(report: Report) -> str:
    """``runs/a.csv: overfit since epoch 19 (97%): val_loss rose 51% ...; also high-variance (62%)``."""
    if report.findings:
        first, *others = report.findings
        also = "; also " + ", ".join(f"{one.rule} ({percent(one.confidence)})" for one in others) if others else ""
        said = clean(first.summary).rstrip(".") + also
    else:
        said = numbers(report) if report.healthy else clean(headline(report))
    return f"{clean(report.source)}: {verdict(report)}{': ' if said else ''}{said}"
