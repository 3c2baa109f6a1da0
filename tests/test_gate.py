"""Gates: exit status 1, 3, 0, and gates that make no sense."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose import gate
from diagnose.curves import Curves, Series
from diagnose.errors import UsageError
from diagnose.report import Finding, Report


def report(diagnosis="good-fit", found=(), fine=()):
    loss = Series("loss", "train", "loss", "min", np.arange(1, 4), np.array([3.0, 2.0, 1.0]))
    findings = tuple(Finding(rule, area, 0.9, None, None, None, {}, (), "x") for rule, area in found)
    area = findings[0].area if findings else None
    return Report("h.csv", Curves((loss,), 3), diagnosis, area, 0.9, None, findings, fine=fine)


OVERFIT = report("overfit", [("overfit", "generalization")], ("diverging",))
HEALTHY = report("good-fit", fine=("overfit", "diverging", "high-variance"))
SHORT = report("too-short")
UNJUDGED = report("unjudged", fine=("diverging",))
NAN = report("diverging", [("diverging", "learning")])


@pytest.mark.parametrize(
    ("reports", "gates", "status"),
    [
        ([OVERFIT], [], 0),
        ([OVERFIT], ["overfit"], 1),
        ([OVERFIT], ["generalization"], 1),
        ([OVERFIT], ["any"], 1),
        ([OVERFIT], ["diverging"], 0),
        ([OVERFIT], ["learning"], 0),
        ([OVERFIT], ["prediction"], 3),  # none of its rules was judged
        ([OVERFIT], ["high-variance"], 3),
        ([HEALTHY], ["any", "overfit", "learning"], 0),
        ([SHORT], ["any"], 3),
        ([SHORT], ["overfit"], 3),
        ([UNJUDGED], ["any"], 3),
        ([UNJUDGED], ["overfit"], 3),
        ([NAN], ["any"], 1),
        ([NAN], ["overfit"], 3),
        ([SHORT, OVERFIT], ["any"], 1),  # a tripped gate says more than an open question
        ([SHORT, HEALTHY], ["any"], 3),
        ([HEALTHY], ["run-variance"], 3),  # needs repeats
        ([], ["any"], 0),
    ],
)
def test_status(reports, gates, status):
    assert gate.status(reports, gates) == status


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(UsageError, match="found 'overfitt'; did you mean 'overfit'"):
        gate.check(["overfitt"], [], [])
    with pytest.raises(UsageError, match="expected a rule, found 'learning'"):
        gate.check([], ["learning"], [])


def test_a_gate_that_can_never_trip_is_refused():
    with pytest.raises(UsageError, match="never trip, because --ignore"):
        gate.check(["overfit"], [], ["overfit"])
    with pytest.raises(UsageError, match="never trip, because --select"):
        gate.check(["overfit"], ["diverging"], [])
    gate.check(["overfit", "any", "learning"], ["overfit"], ["diverging"])
