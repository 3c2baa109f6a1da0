"""The report as a page of its own, and as what a notebook shows: nothing in it is fetched, every name is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from diagnose.experiments.writeup import figure, words
from diagnose.renderers.words import clean, named

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport, Result

COLORS = {"helped": "#1b7f4d", "lower loss": "#1b7f4d", "harmed": "#c0392b", "failed": "#c0392b"}
STYLE = """
.diagnose-rerun { max-width: 52em; font-family: sans-serif; line-height: 1.45; }
.diagnose-rerun table { border-collapse: collapse; margin: .8em 0; }
.diagnose-rerun th, .diagnose-rerun td { text-align: left; padding: .2em .8em .2em 0; border-bottom: 1px solid #8884; }
.diagnose-rerun .number { text-align: right; font-variant-numeric: tabular-nums; }
.diagnose-rerun pre { padding: .6em; border: 1px solid #8886; overflow-x: auto; }
.diagnose-rerun dl { display: grid; grid-template-columns: 7.5em 1fr; gap: .15em .6em; margin: .4em 0; }
.diagnose-rerun dt { font-weight: bold; }
.diagnose-rerun dd { margin: 0; }
.diagnose-rerun h3 { margin: 1.6em 0 .3em; }
.diagnose-rerun h4 { margin: 1em 0 .2em; }
.diagnose-rerun svg { max-width: 100%; height: auto; background: white; }
"""


def write(report: RerunReport) -> str:
    """A whole page."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Re-run: {_text(report.baseline.diagnosis)}</title>\n</head>\n<body>\n{fragment(report)}\n</body>\n</html>\n"
    )


def fragment(report: RerunReport) -> str:
    """One ``<div>``."""
    parts = [
        f"<style>{STYLE}</style>",
        f"<p><b>Baseline:</b> {_text(words.baseline(report))}</p>",
        f"<p>{_text(report.baseline.summary)}</p>" if report.baseline.summary else "",
        _table(report),
        figure.intervals(report),
        _verdict(report),
        *(_group(group, report) for group in words.groups(report)),
        _list("Not tried", words.reasons(report.left_out)),
        _list("Method", [*report.method, words.trained(report)]),
    ]
    return f'<div class="diagnose-rerun">{"".join(parts)}</div>'


def _text(text: str) -> str:
    return escape(clean(text), quote=True)


def _table(report: RerunReport) -> str:
    if not report.results:
        return f"<p>Nothing was tried{'' if report.complete else ' yet'}.</p>"
    heads = ("Technique", "Seeds", _text(report.metric), "Difference", "Outcome")
    rows = [_row("th", heads)]
    for name, one, score, difference, ending in words.rows(report):
        color = f' style="color:{COLORS[ending]}"' if ending in COLORS else ""
        told = f"<b{color}>{ending}</b>" if ending else ""
        count = report.baseline.score.count if one is None else one.trials
        rows.append(_row("td", (_text(name), str(count), score, difference, told)))
    return f"<table>{''.join(rows)}</table>"


def _row(tag: str, cells: tuple[str, ...]) -> str:
    marks = ("", ' class="number"', ' class="number"', "", "")
    return "<tr>" + "".join(f"<{tag}{mark}>{cell}</{tag}>" for mark, cell in zip(marks, cells, strict=True)) + "</tr>"


def _verdict(report: RerunReport) -> str:
    parts = []
    if report.stopped is not None:
        parts.append(f"<p><b>Ended early:</b> {_text(report.stopped)}. This is what is known so far.</p>")
    if report.winner is None:
        parts.append("<p><b>Winner:</b> none</p>")
    else:
        parts.append(f"<p><b>Winner:</b> {_text(words.steps(report.winner.steps))}</p>")
        if report.winner.model is not None:
            parts.append(f"<p><b>Model:</b> <code>{_text(report.winner.model)}</code></p>")
        parts.append(f"<pre>{escape(report.winner.code.strip(chr(10)))}</pre>")
    return "".join([*parts, f"<p><b>Next:</b> {_text(report.next_step)}</p>"])


def _group(group: words.Group, report: RerunReport) -> str:
    ending = f", round {group.number}" if group.number > 1 else ""
    head = f"<h3>{_text(named(group.technique))}{ending}</h3>"
    why = _terms([("Intent", group.intent), ("Expectation", group.expectation)])
    return head + why + "".join(_one(one, report) for one in group.results)


def _one(one: Result, report: RerunReport) -> str:
    terms = [
        ("Method", words.method(one, report)),
        ("Result", words.result(one, report)),
        ("Finding", one.finding),
        *(("Note", note) for note in one.notes),
    ]
    drawn = figure.pair(words.before(report, one), one.curves)
    return f"<h4>{_text(words.settings(one))}</h4>{_terms(terms)}{drawn}"


def _terms(terms: list[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{_text(told)}</dd>' for name, told in terms)}</dl>"


def _list(title: str, lines: list[str]) -> str:
    shown = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f"<h3>{title}</h3><ul>{shown}</ul>" if shown else ""
