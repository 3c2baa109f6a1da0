"""The looks of a report, one file a format; each is loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diagnose.errors import ReadError
    from diagnose.report import Report

FORMATS = ("text", "json", "concise", "markdown", "github")


@dataclass(frozen=True, slots=True)
class Look:
    """What the place can show that a report is written to.

    width  columns; ``color``: ANSI colours; ``plain``: ASCII only, no Braille and no typographic characters
    """

    width: int = 80
    color: bool = False
    plain: bool = False


def render(form: str, reports: Sequence[Report], errors: Sequence[ReadError] = (), look: Look = Look()) -> str:
    """All reports in one of ``FORMATS``: text that ends in a line break, or nothing when there is nothing to say."""
    module = importlib.import_module(f"{__name__}.{form}")
    text: str = module.render_all(reports, errors, look)
    return text if not text or text.endswith("\n") else f"{text}\n"
