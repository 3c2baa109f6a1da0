"""GitHub Actions workflow commands: a warning a finding, an error a file that can't be read, a count for the log."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.renderers.words import clean, counts, percent, remedy, since

if TYPE_CHECKING:
    from diagnose.errors import ReadError
    from diagnose.renderers import Look
    from diagnose.report import Finding, Report

# What readers put behind a file's name: "run.ipynb#cell12", "run.ipynb#cell12.2", "runs.json#2".
INNER = re.compile(r"#(?:cell)?\d+(?:\.\d+)?\Z")


def render_all(reports: Sequence[Report], errors: Sequence[ReadError], look: Look) -> str:
    """Annotations, then the count; healthy histories only count, because a page of praise hides the warnings."""
    lines = [_failed(error) for error in errors]
    for report in reports:
        lines += [_warning(report, finding) for finding in report.findings]
        if report.healthy is None and not report.findings:
            text = f"{clean(report.source)}: {report.diagnosis}; to judge it: {remedy(report)}"
            lines.append(_command("notice", report.source, report.diagnosis, text))
    return "\n".join([*lines, counts(reports, errors), ""])


def _warning(report: Report, finding: Finding) -> str:
    when = since(finding, report)
    title = f"{finding.rule} {when + ' ' if when else ''}({percent(finding.confidence)})"
    return _command("warning", report.source, title, clean(finding.summary))


def _failed(error: ReadError) -> str:
    return _command("error", error.source, "can't be read", clean(f"{error.source}: {error}"))


def file_of(source: str) -> str:
    """The file a history lies in: "run.ipynb#cell12" is about run.ipynb, "run#1.csv" is a file's own name."""
    if os.path.isfile(source):  # noqa: PTH113 (a path is kept as the user wrote it)
        return source
    for cut in reversed([at for at, one in enumerate(source) if one == "#"]):
        if source[:cut] in ("-", "history") or os.path.isfile(source[:cut]):  # noqa: PTH113
            return source[:cut]
    return INNER.sub("", source)


def _command(level: str, source: str, title: str, message: str) -> str:
    file = file_of(source)
    place = f"file={_property(file)}," if file not in ("-", "history") and "|" not in file else ""
    return f"::{level} {place}title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return clean(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
