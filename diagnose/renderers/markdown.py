"""Markdown for issues, pull requests and job summaries: headings, tables, code to paste."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.renderers.overview import worst_first
from diagnose.renderers.words import clean, counts, fine, headline, named, numbers, percent, remedy, since, unjudged
from diagnose.wording import share

if TYPE_CHECKING:
    from diagnose.errors import ReadError
    from diagnose.renderers import Look
    from diagnose.report import Finding, Recommendation, Report

MARKS = re.compile(r"([\\`*_\[\]|~$]|^[+-])")
# "@" would notify whoever bears the name, "#12" link an issue.
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "#": "&#35;"}
BLOCK = re.compile(r"^(\d+)([.)])")


def escape(text: str) -> str:
    """The text as Markdown shows it unchanged: nothing in a file name or a column name is markup."""
    safe = "".join(ENTITIES.get(one, one) for one in clean(text))
    return BLOCK.sub(r"\1\\\2", MARKS.sub(r"\\\1", safe))


def fence(code: str) -> str:
    """The code in a fence longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}python\n{code.strip(chr(10))}\n{marks}"


def render_all(reports: Sequence[Report], errors: Sequence[ReadError], look: Look) -> str:
    """A table over several histories, then every report that has something to say."""
    parts = []
    if len(reports) > 1:
        parts += [_table(reports), counts(reports, errors)]
    parts += [_section(report) for report in reports if len(reports) == 1 or not report.healthy]
    if errors:
        lines = "\n".join(f"- {escape(error.source)}: {escape(str(error))}" for error in errors)
        parts.append(f"### Not read\n\n{lines}")
    return "\n\n".join(parts) + "\n" if parts else ""


def _table(reports: Sequence[Report]) -> str:
    rows = ["| History | Diagnosis | Confidence | When |", "|---|---|---:|---|"]
    for report in worst_first(reports):
        sure = percent(report.confidence) if report.healthy is not None else ""
        when = since(report.findings[0], report) if report.findings else ""
        rows.append(f"| {escape(report.source)} | {report.diagnosis} | {sure} | {escape(when)} |")
    return "\n".join(rows)


def _section(report: Report) -> str:
    parts = [
        f"## {escape(report.source)}: {named(report.diagnosis)}",
        f"**{escape(headline(report))}**  \n{escape(report.curves.read_as)}",
    ]
    if report.findings:
        parts += [escape(report.findings[0].summary), _findings(report.findings), *_advice(report)]
    else:
        parts.append(escape(numbers(report)) if report.healthy else f"To judge it: {escape(remedy(report))}.")
    parts += _lists(report)
    return "\n\n".join(part for part in parts if part)


def _findings(findings: Sequence[Finding]) -> str:
    rows = ["| Finding | Area | Confidence | Epochs | Curve | Harm | Evidence |", "|---|---|---:|---|---|---:|---|"]
    for one in findings:
        epochs = "" if one.epochs is None else "{}...{}".format(*one.epochs)
        harm = "" if one.harm is None else share(one.harm)
        cells = (one.rule, one.area, percent(one.confidence), epochs, escape(one.curve or ""), harm)
        rows.append(f"| {' | '.join(cells)} | {escape(one.summary)} |")
    return "\n".join(rows)


def _advice(report: Report) -> list[str]:
    first, *rest = report.recommendations or (None,)
    if first is None:
        return []
    parts = ["### What to do first", _technique(first)]
    for one in rest:
        parts.append(
            f"<details><summary>{html.escape(named(one.technique))}</summary>\n\n{_technique(one)}\n\n</details>"
        )
    return parts


def _technique(one: Recommendation) -> str:
    treats = ", ".join(one.treats)
    said = f"**{escape(named(one.technique))}** (treats {treats}): {escape(one.why)}"
    return f"{said}\n\n{fence(one.code)}\n\nSource: {escape(one.source)}"


def _lists(report: Report) -> list[str]:
    parts = []
    if report.notes:
        parts.append("### Notes\n\n" + "\n".join(f"- {escape(one.summary)}" for one in report.notes))
    if report.unjudged:
        lines = [f"- {', '.join(rules)}: {escape(reason)}" for reason, rules in unjudged(report)]
        parts.append("### Not judged\n\n" + "\n".join(lines))
    if report.fine:
        parts.append(f"Fine: {escape(', '.join(fine(report)))}.")
    return parts
