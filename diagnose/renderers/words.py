"""The words that all formats share: verdicts, epochs, what was fine, what is missing, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from diagnose.wording import number

if TYPE_CHECKING:
    from diagnose.errors import ReadError
    from diagnose.report import Finding, Report

FEWEST_POINTS = 5  # below this many usable points no trend is judged (the contract's "too-short")

# What a rule found nothing wrong with, what users ask about most first. A rule without an entry is named by its slug.
FINE = {
    "underfit-flat": "learning",
    "diverging": "stability",
    "overfit": "no overfitting",
    "unrepresentative-validation": "validation set",
    "unrepresentative-training": "training set",
    "high-variance": "late variance",
    "underfit-plateau": "level reached",
    "underfit-unfinished": "length",
    "slow-learning": "speed",
    "oscillating": "no oscillation",
    "overconfident": "no overconfidence",
    "validation-easier": "split",
    "run-variance": "spread between runs",
    "chance-level": "better than guessing",
    "constant-metric": "metrics move",
    "never-generalized": "generalizes",
    "suspected-leak": "no leak",
    "not-comparable": "comparable losses",
    "collapse": "no collapse",
    "wrong-output": "loss fits the output",
}


def clean(text: str) -> str:
    """The text on one line and safe to print: control characters (a name may hold escape sequences) are spelt out."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _spelt(one) for one in " ".join(text.split()))


def _spelt(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def percent(confidence: float) -> str:
    """A probability in percent, rounded down so that only certainty reads 100%."""
    return f"{int(confidence * 100 + 1e-9)}%"


def named(slug: str) -> str:
    """A slug as words: "early-stopping" -> "early stopping"."""
    return slug.replace("-", " ")


def since(finding: Finding, report: Report) -> str:
    """When it shows: "since epoch 19", "epoch 5", "epoch 5 to epoch 9"; "" for the whole run."""
    if finding.epochs is None:
        return ""
    first, last = finding.epochs
    if last >= report.curves.length:
        return "" if first <= 1 else f"since {clean(finding.label(first))}"
    start = clean(finding.label(first))
    return start if first == last else f"{start} to {clean(finding.label(last))}"


def headline(report: Report) -> str:
    """The verdict after its name: "generalization problem, since epoch 19, confidence 97%"."""
    if report.findings:
        first = report.findings[0]
        when = since(first, report)
        return f"{first.area} problem, {when + ', ' if when else ''}confidence {percent(first.confidence)}"
    if report.healthy:
        return f"healthy, confidence {percent(report.confidence)}"
    return missing(report)


def verdict(report: Report) -> str:
    """The verdict in one line: "overfit since epoch 19 (97%)", "good-fit (93%)", "too-short"."""
    if report.findings:
        when = since(report.findings[0], report)
        return f"{report.diagnosis}{' ' + when if when else ''} ({percent(report.findings[0].confidence)})"
    return f"{report.diagnosis} ({percent(report.confidence)})" if report.healthy else report.diagnosis


def numbers(report: Report) -> str:
    """Where the judged curve stands: "val_loss 0.371 at the end, best 0.370 at epoch 44"; "" without one."""
    best, last = report.best, report.last
    if best is None:
        return ""
    label = clean(report.curves.label(best.epoch))
    if last is None or last.epoch == best.epoch:
        return f"{clean(best.curve)} {number(best.value)}, its best, at {label}"
    return f"{clean(best.curve)} {number(last.value)} at the end, best {number(best.value)} at {label}"


def missing(report: Report) -> str:
    """Why there is no verdict, in a few words."""
    if not _directed(report):
        names = [clean(one.name) for one in report.curves.series]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        return f"nothing tells whether lower or higher is better for {shown}" if names else "no curve"
    if report.diagnosis == "too-short":
        return f"{_points(report)}; it takes at least {FEWEST_POINTS} to judge a trend"
    if not _validated(report):
        return "no validation curve; the training curve alone shows no problem"
    return report.unjudged[0].reason if report.unjudged else "none of the chosen rules could be judged"


def _points(report: Report) -> str:
    usable = max((sum(map(isfinite, one.values[:99].tolist())) for one in report.curves.series), default=0)
    return f"{usable} usable point{'' if usable == 1 else 's'}"


def _directed(report: Report) -> bool:
    return any(one.direction is not None for one in report.curves.series)


def _validated(report: Report) -> bool:
    return any(one.split == "validation" for one in report.curves.series)


def remedy(report: Report) -> str:
    """What would make a verdict possible."""
    if not _directed(report):
        named_too = "" if _validated(report) else ", and name the validation curve: --validation NAME"
        return f"say which way is better: --direction min or --direction max{named_too}"
    if report.diagnosis == "too-short":
        return f"train for more epochs, or log at least {FEWEST_POINTS} points of the run"
    if not _validated(report):
        return (
            "fit with validation_data=(x, y) or validation_split=0.2 and log it; "
            "if a column is the validation score, name it: --validation NAME"
        )
    return "give the columns by name (--train NAME --validation NAME --direction min|max)"


def unjudged(report: Report) -> list[tuple[str, list[str]]]:
    """Reasons, the most frequent first, each with the rules that could not be judged for it."""
    reasons: dict[str, list[str]] = {}
    for one in report.unjudged:
        reasons.setdefault(clean(one.reason), []).append(one.rule)
    return sorted(reasons.items(), key=lambda item: -len(item[1]))


def fine(report: Report) -> list[str]:
    """What was judged and found in order, in plain words."""
    order = {slug: place for place, slug in enumerate(FINE)}
    slugs = sorted(report.fine, key=lambda slug: order.get(slug, len(order)))
    return list(dict.fromkeys(FINE.get(slug, f"no {named(slug)}") for slug in slugs))


def counts(reports: Sequence[Report], errors: Iterable[ReadError] = ()) -> str:
    """The last line over many histories: "4 histories: 2 good-fit, 1 diverging, 1 overfit; 1 not read"."""
    found = Counter(report.diagnosis for report in reports)
    listed = ", ".join(f"{many} {slug}" for slug, many in found.most_common())
    failed = len(list(errors))
    total = f"{len(reports):,} histor{'y' if len(reports) == 1 else 'ies'}"
    return f"{total}{': ' if listed else ''}{listed}{f'; {failed} not read' if failed else ''}"
