"""Strict JSON in the shape of ``diagnose/schema/diagnose-1.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from diagnose._version import __version__
from diagnose.report import SCHEMA

if TYPE_CHECKING:
    from diagnose.errors import ReadError
    from diagnose.renderers import Look
    from diagnose.report import Report


def payload(reports: Sequence[Report], errors: Sequence[ReadError]) -> dict[str, Any]:
    """The whole command's output as plain types, reports in the order given."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "reports": [report.to_dict() for report in reports],
        "errors": [{"source": error.source, "message": str(error)} for error in errors],
    }


def render_all(reports: Sequence[Report], errors: Sequence[ReadError], look: Look) -> str:
    """One JSON object, also when there is no report; ASCII, so that every place can carry it."""
    return json.dumps(payload(reports, errors), indent=2, allow_nan=False) + "\n"
