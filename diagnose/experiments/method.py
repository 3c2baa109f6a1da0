"""How a study was done, in the report's words."""

from __future__ import annotations

from diagnose.experiments.racing import Results
from diagnose.experiments.study import Plan, Settings
from diagnose.experiments.trial import Probe


def method(found: Probe, settings: Settings, now: Plan, results: Results) -> tuple[str, ...]:
    """Sentences on rows, seeds, scores and intervals."""
    train, choice, verdict = found.rows
    rows = f"{train} rows to train on, {choice} to choose by, {verdict} that chose nothing"
    split = (
        " (half of the validation rows, set aside before anything was trained)" if found.nested else " (the test set)"
    )
    last = settings.seeds - 1
    raced = next((at.race.judged for at in now.rounds if at.race.judged.start), None)
    seeds = (
        f"seeds 0 to {last}, the same ones for every configuration"
        if raced is None
        else f"settings are chosen on seeds 0 to {raced.start - 1}; the finalists and the baseline are judged on "
        f"{raced.start} to {raced.stop - 1}, which chose nothing"
    )
    return (
        f"{rows}{split}",
        f"{seeds}; each training in a process of its own",
        "scores are computed from predictions, in inference mode, with the training's own loss and metrics",
        "intervals are Student's, of the paired differences; those of a round hold together (Bonferroni)",
        *_other_rows(results),
    )


def _other_rows(results: Results) -> list[str]:
    """What to say where ``load_data`` gives other rows each time: then pairs share their seed alone."""
    found: dict[int, set[str]] = {}
    for entry, outcome in results.values():
        found.setdefault(entry.seed, set()).update([outcome.rows] if outcome.rows else [])
    if all(len(one) < 2 for one in found.values()):
        return []
    return [
        "load_data() gives other rows every time, also from the same seed: what differs may be down to the rows; "
        "draw them with a fixed seed"
    ]
