"""The card: one history's verdict on a terminal. Several histories: one line each, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.renderers import Look
from diagnose.renderers.layout import cut, hang, paint, plain, spaced, wrap
from diagnose.renderers.words import clean, fine, headline, named, numbers, percent, remedy, since, unjudged

if TYPE_CHECKING:
    from diagnose.errors import ReadError
    from diagnose.report import Recommendation, Report

HEIGHT = 20  # lines a card may take; what is left decides about "Maybe"
ALTERNATIVES = 3  # named in one line behind the first technique
ROWS = 5  # of the chart; it gives way when there is much to say
ROOMY = 60  # columns from which on the card keeps to its height; narrower ones are as long as they must be
NARROWEST = 40


def render_all(reports: Sequence[Report], errors: Sequence[ReadError], look: Look) -> str:
    """A card for one history, a table for several, nothing for none (errors have their own lines elsewhere)."""
    if not reports:
        return ""
    if len(reports) == 1 and not errors:
        return render(reports[0], look)
    from diagnose.renderers.overview import overview

    return overview(reports, errors, look)


def render(report: Report, look: Look = Look()) -> str:  # noqa: B008 (frozen)
    """The card of one report, without a line break at the end."""
    look = Look(max(look.width, NARROWEST), look.color, look.plain)
    lines = [*_header(report, look), "", *_verdict(report, look)]
    if report.findings:
        lines += _problem(report, look, len(lines))
    elif report.healthy:
        lines += _healthy(report, look)
    else:
        lines += _untold(report, look)
    return plain("\n".join(lines), look)


def _header(report: Report, look: Look) -> list[str]:
    source, read_as = clean(report.source), clean(report.curves.read_as)
    if spaced(source) + 3 + spaced(read_as) <= look.width:
        return [f"{paint(source, 'bold', look)}   {read_as}"]
    lines = wrap(read_as, look.width) if look.width < ROOMY else [cut(read_as, look.width, plain=look.plain)]
    return [paint(cut(source, look.width, left=True, plain=look.plain), "bold", look), *lines]


def _verdict(report: Report, look: Look) -> list[str]:
    name = named(report.diagnosis).upper()
    style = report.area or ("healthy" if report.healthy else "untold")
    text = plain(headline(report), look)
    if 2 + len(name) + 3 + spaced(text) <= look.width:
        return [f"  {paint(name, style, look)}   {text}"]
    return [f"  {paint(name, style, look)}", *(f"  {line}" for line in wrap(text, look.width - 2))]


def _problem(report: Report, look: Look, used: int) -> list[str]:
    why, do = _why(report, look), _do(report, look)
    end = [*_fine(report, look), *_notes(report, look)]
    left = HEIGHT - used - ROWS - 3 - len(why) - len(do) - len(end)
    if left < 0 and report.notes:
        end = [*_fine(report, look), *_notes(report, look, 1)]
        left = HEIGHT - used - ROWS - 3 - len(why) - len(do) - len(end)
    drawn = _chart(report, look, ROWS if look.width < ROOMY else max(3, ROWS + min(left, 0)))
    maybe = _maybe(report, look, left)
    # Blank lines between the parts, where the card is short.
    gap = [""] if left - len(maybe) > 1 else []
    return [*drawn, *why, *maybe, *gap, *do, *(gap if end else []), *end]


def _chart(report: Report, look: Look, rows: int) -> list[str]:
    from diagnose.renderers.chart import chart
    from diagnose.renderers.plotted import panel

    lines = chart(panel(report), report.curves, look, rows) if report.curves.length > 1 else []
    return ["", *lines, ""] if lines else [""]


def _why(report: Report, look: Look) -> list[str]:
    first, *others = report.findings
    lines = hang("Why", plain(clean(first.summary), look), look, most=4 if look.width >= ROOMY else 8)
    for one in others if len(others) <= 2 else others[:1]:
        when = since(one, report)
        text = f"{named(one.rule)} ({one.area}, {when + ', ' if when else ''}{percent(one.confidence)}): {one.summary}"
        lines += hang("Also", plain(clean(text), look), look, most=1 if look.width >= 80 else 2)
    if len(others) > 2:
        rest = ", ".join(f"{named(one.rule)} ({percent(one.confidence)})" for one in others[1:])
        lines += hang("Also", rest, look, most=1 if look.width >= ROOMY else 3)
    return lines


def _do(report: Report, look: Look) -> list[str]:
    from diagnose.errors import UsageError

    more = f"diagnose explain {report.diagnosis}"
    try:
        advice = report.recommendations
    except UsageError:  # a third-party rule may name a technique that is not installed
        advice = ()
    if not advice:
        return hang("Do", more, look)
    first, *rest = advice
    lines = hang("Do", plain(_first(first), look), look, most=5)
    names = [named(one.technique) for one in rest[:ALTERNATIVES]]
    if names:
        lines += hang("", f"or {', or '.join(names)}", look, most=1 if look.width >= ROOMY else 3)
    if look.width < ROOMY:
        return [*lines, *hang("", more, look)]
    if spaced(lines[-1]) + 3 + len(more) <= look.width:
        return [*lines[:-1], lines[-1] + f"{more:>{look.width - spaced(lines[-1])}}"]
    return [*lines, f"{more:>{look.width}}"]


def _first(one: Recommendation) -> str:
    return f"{named(one.technique)}: {clean(one.brief)}"


def _maybe(report: Report, look: Look, left: int) -> list[str]:
    text = report.findings[0].looks_like
    lines = hang("Maybe", plain(clean(text), look), look, most=2) if text else []
    return lines if len(lines) <= left else []


def _fine(report: Report, look: Look) -> list[str]:
    good = fine(report)
    shown, room = list(good), look.width - 8 if look.width >= ROOMY else 2 * (look.width - 10)
    while spaced(_listed(shown, good)) > room:
        shown.pop()
    return hang("Fine", _listed(shown, good), look) if good else []


def _listed(shown: list[str], good: list[str]) -> str:
    more = f" and {len(good) - len(shown)} more" if len(shown) < len(good) else ""
    return ", ".join(shown) + more


def _notes(report: Report, look: Look, most: int = 2) -> list[str]:
    if not report.notes:
        return []
    first, *others = report.notes
    more = f" (and {len(others)} more note{'s' if len(others) > 1 else ''})" if others else ""
    said = plain(clean(first.summary), look)
    if most == 1:
        said = cut(said, look.width - 8 - len(more), plain=look.plain)
    return hang("Notes", said + more, look, most=most)


def _healthy(report: Report, look: Look) -> list[str]:
    return [*hang("Ends", plain(numbers(report), look), look, most=2), *_fine(report, look), *_notes(report, look)]


def _untold(report: Report, look: Look) -> list[str]:
    lines = _chart(report, look, ROWS) if report.diagnosis == "unjudged" else [""]
    for reason, rules in unjudged(report)[:2]:
        text = f"{', '.join(named(one) for one in rules)}: {reason}"
        lines += hang("Open", plain(text, look), look, indent=8, most=2)
    lines += hang("Needs", plain(remedy(report), look), look, most=6)
    return [*lines, *_fine(report, look), *_notes(report, look)]
