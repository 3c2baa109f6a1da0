"""Several histories at once: one line each, worst first, then a count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.renderers.layout import cut, pad, paint, plain, spaced
from diagnose.renderers.words import clean, counts, percent, since
from diagnose.report import AREAS

if TYPE_CHECKING:
    from diagnose.errors import ReadError
    from diagnose.renderers import Look
    from diagnose.report import Report


def worst_first(reports: Sequence[Report]) -> list[Report]:
    """Problems in area order and the surest first, then what could not be told, then the healthy ones."""

    def key(report: Report) -> tuple[int, int, float]:
        area = AREAS.index(report.area) if report.area else len(AREAS)
        return (area, 1 if report.healthy else 0, -report.confidence)

    return sorted(reports, key=key)


def overview(reports: Sequence[Report], errors: Sequence[ReadError], look: Look) -> str:
    """The table of all reports and the line that counts them."""
    rows = [_row(report) for report in worst_first(reports)]
    widths = [max(len(row[column]) for row in rows) for column in (1, 2, 3)]
    # Below 60 columns a path would be cut to nothing: the epochs make room, the card has them.
    shown = [0, 1, 2] if look.width >= 60 else [0, 1]
    room = max(look.width - 2 * len(shown) - sum(widths[column] for column in shown), 12)
    longest = min(room, max(spaced(row[0]) for row in rows))
    lines = []
    for report, (source, *cells) in zip(worst_first(reports), rows, strict=True):
        style = report.area or ("healthy" if report.healthy else "untold")
        name = pad(cut(source, longest, left=True, plain=look.plain), longest)
        painted = [paint(f"{cells[at]:<{widths[at]}}", style if at == 0 else "dim", look) for at in shown]
        lines.append("  ".join([name, *painted]).rstrip())
    return plain("\n".join([*lines, "", counts(reports, errors), ""]), look)


def _row(report: Report) -> tuple[str, str, str, str]:
    sure = percent(report.confidence) if report.healthy is not None else ""
    when = since(report.findings[0], report) if report.findings else ""
    return clean(report.source), report.diagnosis, sure, when
