"""What a report says of how its study was done."""

from diagnose.experiments.method import method
from diagnose.experiments.store import Entry
from diagnose.experiments.study import Plan, Settings
from diagnose.experiments.trial import Outcome, Probe


def test_rows_that_differ_from_training_to_training_are_said():
    """Rows that follow from the seed are the same for both of a pair."""
    entries = [Entry((), seed) for seed in range(3)] + [Entry((("dropout", {"rate": 0.5}),), 0)]

    def told(rows):
        results = {one.key: (one, Outcome(rows=its)) for one, its in zip(entries, rows, strict=True)}
        found = Probe("loss", "min", False, (30, 20, 10), 5)
        return [line for line in method(found, Settings(), Plan((), (), True, 0), results) if "load_data" in line]

    assert told(["a", "a", "a", "a"]) == told(["a", "b", "c", "a"]) == told(["", "", "", ""]) == []
    assert len(told(["a", "b", "c", "d"])) == 1
