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
    judged = [at.race.judged for at in now.rounds if at.race.judged]
    last = max((one.stop for one in judged), default=settings.seeds) - 1
    raced = max((one.start for one in judged), default=0)
    seeds = (
        f"settings are chosen on seeds 0 to {raced - 1}; finalists are judged on seeds {raced} to {last}, which chose "
        "nothing, beside the same ones without them"
        if raced
        else f"seeds 0 to {last}, with and without the techniques"
    )
    return (
        f"{rows}{split}",
        f"{seeds}; each training in a process of its own",
        "scores are computed from predictions, in inference mode, with the training's own loss and metrics",
        "who is ahead but not shown to be is looked at once more with as many seeds again",
        "intervals are Student's, of the paired differences; all of a round hold together (Bonferroni, Pocock for two looks)",
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
