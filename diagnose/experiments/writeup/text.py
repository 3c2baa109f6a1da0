"""The report for a terminal: what is wrong, what was tried, what helped, what to do."""

from __future__ import annotations

from textwrap import indent, wrap
from typing import TYPE_CHECKING

from diagnose.experiments.writeup.words import baseline, change, duration, outcome, tried, value

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport, Result

WIDTH = 80


def write(report: RerunReport) -> str:
    """At most 80 columns wide, but for the table's names and the code."""
    lines = [*_wrapped(f"Baseline: {baseline(report)}")]
    if report.baseline.summary:
        lines += _wrapped(report.baseline.summary, "  ")
    lines += ["", *_table(report)]
    for one in report.results:
        lines += ["", f"{tried(one)}", *_wrapped(f"why: {one.intent}", "  "), *_wrapped(one.finding, "  ")]
        lines += [line for note in one.notes for line in _wrapped(note, "  ")]
    for slug, reason in report.left_out:
        lines += ["", *_wrapped(f"{slug} was not tried: {reason}")]
    lines += ["", *_verdict(report)]
    lines += ["", *(line for sentence in report.method for line in _wrapped(f"Method: {sentence}"))]
    lines += _wrapped(f"{report.trials} trainings, {duration(report.seconds)} of training. Kept in {report.directory}")
    return "\n".join(lines) + "\n"


def _table(report: RerunReport) -> list[str]:
    if not report.results:
        return ["Nothing was tried."]
    names = [tried(one) for one in report.results]
    width = max(len("technique"), *map(len, names))
    scored = len(report.metric) if len(report.metric) > 8 else 8
    head = f"{'technique':<{width}}  {'seeds':>5}  {report.metric:>{scored}}  difference"
    return [head, *(_row(one, name, width, scored) for one, name in zip(report.results, names, strict=True))]


def _row(one: Result, name: str, width: int, scored: int) -> str:
    return f"{name:<{width}}  {one.trials:>5}  {value(one.score):>{scored}}  {change(one.difference)}  {outcome(one)}"


def _verdict(report: RerunReport) -> list[str]:
    if report.stopped is not None:
        told = [*_wrapped(f"Ended early ({report.stopped}): this is what is known so far.")]
    else:
        told = []
    if report.winner is None:
        return [*told, *_wrapped(f"Winner: none. {report.next_step.capitalize()}.")]
    steps = " + ".join(" ".join([slug, *(f"{k}={v}" for k, v in given.items())]) for slug, given in report.winner.steps)
    told += _wrapped(f"Winner: {steps}")
    if report.winner.model is not None:
        told += [f"Model:  {report.winner.model}"]
    return [*told, "Code:", indent(report.winner.code.rstrip(), "  "), *_wrapped(f"Next:   {report.next_step}")]


def _wrapped(text: str, before: str = "") -> list[str]:
    return wrap(text, WIDTH, initial_indent=before, subsequent_indent=before or "  ") or [""]
