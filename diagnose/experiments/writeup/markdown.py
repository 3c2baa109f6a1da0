"""The report for issues, pull requests and notebooks of a laboratory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagnose.experiments.writeup import words
from diagnose.renderers.markdown import escape, fence
from diagnose.renderers.words import named

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport


def write(report: RerunReport) -> str:
    """Headings, tables, code to paste; nothing in a name is markup."""
    parts = ["# Re-run", f"**Baseline:** {escape(words.baseline(report))}"]
    parts += [escape(report.baseline.summary)] if report.baseline.summary else []
    parts += [_table(report), *_verdict(report)]
    parts += [_group(group, report) for group in words.groups(report)]
    skipped = words.reasons(report.left_out)
    parts += ["## Not tried\n\n" + "\n".join(f"- {escape(one)}" for one in skipped)] if skipped else []
    method = "\n".join(f"- {escape(one)}" for one in (*report.method, words.trained(report)))
    return "\n\n".join([*parts, f"## Method\n\n{method}"]) + "\n"


def _table(report: RerunReport) -> str:
    if not report.results:
        return "Nothing was tried." if report.complete else "Nothing was tried yet."
    rows = [f"| Technique | Seeds | {escape(report.metric)} | Difference | Outcome |", "|---|---:|---:|---|---|"]
    for name, one, score, difference, ending in words.rows(report):
        count = report.baseline.score.count if one is None else one.trials
        rows.append(f"| {' | '.join((escape(name), str(count), score, difference, ending))} |")
    return "\n".join(rows)


def _verdict(report: RerunReport) -> list[str]:
    parts = []
    if report.stopped is not None:
        parts.append(f"**Ended early:** {escape(report.stopped)}. This is what is known so far.")
    if report.winner is None:
        parts.append("**Winner:** none")
    else:
        parts.append(f"**Winner:** {escape(words.steps(report.winner.steps))}")
        if report.winner.model is not None:
            parts.append(f"**Model:** {escape(report.winner.model)}")
        parts.append(fence(report.winner.code))
    return [*parts, f"**Next:** {escape(report.next_step)}"]


def _group(group: words.Group, report: RerunReport) -> str:
    ending = f", round {group.number}" if group.number > 1 else ""
    scale = words.Scale(report)
    lines = [
        f"- **Intent:** {escape(group.intent)}",
        f"- **Expectation:** {escape(group.expectation)}",
        *_drawn("Before", scale.line(words.before(report, group.results[0]))),
    ]
    parts = [f"## {escape(named(group.technique))}{ending}", "\n".join(lines)]
    for one in group.results:
        lines = [
            f"- **Method:** {escape(words.method(one, report))}",
            f"- **Result:** {escape(words.result(one, report))}",
            *_drawn("After", scale.line(one.curves)),
            f"- **Finding:** {escape(one.finding)}",
            *(f"- **Note:** {escape(note)}" for note in one.notes),
        ]
        parts += [f"### {escape(words.settings(one))}", "\n".join(lines)]
    return "\n\n".join(parts)


def _drawn(name: str, curve: str) -> list[str]:
    return [f"- **{name}:** `{curve}`"] if curve and "`" not in curve else []
