"""``--fail-on``: which problems fail a pipeline, and the exit status that follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from diagnose.errors import UsageError
from diagnose.registry import check_names, load_rules
from diagnose.report import AREAS

if TYPE_CHECKING:
    from diagnose.report import Report

FINE, TRIPPED, WRONG, UNTOLD, INTERRUPTED = 0, 1, 2, 3, 130
UNKNOWN = ("too-short", "unjudged")


def check(gates: Collection[str], select: Collection[str], ignore: Collection[str]) -> None:
    """Raise UsageError for names that don't exist, and for a gate that could never trip."""
    check_names([*select, *ignore])
    check_names([one for one in gates if one != "any"], areas=True)
    for one in gates:
        if one in ignore or (select and one not in select and one in load_rules()):
            option = "--ignore" if one in ignore else "--select"
            raise UsageError(f"--fail-on {one} can never trip, because {option} leaves that rule out; drop one of them")


def status(reports: Iterable[Report], gates: Collection[str]) -> int:
    """0 all gates are shut, 1 one tripped, 3 none tripped but one could not be judged."""
    codes = {_status(report, gate) for report in reports for gate in gates}
    return TRIPPED if TRIPPED in codes else UNTOLD if UNTOLD in codes else FINE


def _status(report: Report, gate: str) -> int:
    if any(gate in ("any", one.rule, one.area) for one in report.findings):
        return TRIPPED
    return FINE if _judged(report, gate) else UNTOLD


def _judged(report: Report, gate: str) -> bool:
    """Whether the report can answer the gate: the rule was judged; of an area or of all, something was."""
    judged = {*report.fine, *(one.rule for one in report.findings)}
    if gate != "any" and gate not in AREAS:
        return gate in judged
    if report.diagnosis in UNKNOWN:
        return False
    rules = load_rules()
    return gate == "any" or any(slug in rules and rules[slug].area == gate for slug in judged)
