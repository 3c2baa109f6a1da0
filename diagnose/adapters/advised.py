"""What every adapter has: the adviser, its report, and saving."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from diagnose.curves import Direction
from diagnose.live import Live
from diagnose.live.adviser import Adviser, harmless
from diagnose.readers.boosting import KIND, assign
from diagnose.report import Report


class Advised:
    """Options are those of ``Adviser``; an error inside is one warning, and training goes on."""

    def __init__(self, verbose: int = 1, **options: Any) -> None:
        super().__init__()
        self.adviser = Adviser(verbose=verbose, **options)

    @property
    def report(self) -> Report:
        """The verdict so far. Raises NoHistory before the first epoch."""
        return self.adviser.report

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the history to a file that ``diagnose`` reads again; see ``Live.save``."""
        self.adviser.save(path, overwrite=overwrite)

    def _begin(self, **facts: Any) -> None:
        self.adviser.broken = False
        self._start(facts)

    @harmless
    def _start(self, facts: dict[str, Any]) -> None:
        self.adviser.begin(**facts)

    @harmless
    def _take(self, logs: dict[str, Any]) -> str | None:
        """One point's numbers; a reason to stop, if the user asked for that."""
        return self.adviser.epoch(logs)

    @harmless
    def _flush(self) -> None:
        self.adviser.flush()

    @harmless
    def _end(self) -> None:
        self.adviser.end()


def by_set(
    live: Live | None, values: Mapping[tuple[str, str], Any], ways: Mapping[tuple[str, str], Direction]
) -> dict[str, Any]:
    """One round of a boosting library: (set, metric) -> value, under the names and splits that its evals_result gets."""
    if live is not None and not live.length:
        splits, _ = assign(list(dict.fromkeys(name for name, _ in values)))
        live.splits = {f"{name}-{metric}": (splits[name], metric) for name, metric in values}
        live.directions = {f"{name}-{metric}": way for (name, metric), way in ways.items()}
        live.kind = str(KIND["kind"])
    return {f"{name}-{metric}": value for (name, metric), value in values.items()}
