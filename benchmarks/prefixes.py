"""What would have been said at every epoch: `python -m benchmarks.prefixes [--part "untouched"] [--every 1]`.

Each published run is judged as it stood after 5, 6, 7... epochs. Per diagnosis: how many runs were ever told it, in how many
of those it came and went (told, taken back, told again), and, of the runs for which the label is known at the end, how many
were told something that their end denies. "Unfinished" is true of every run's beginning, so early it is no mistake.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.truth.load import cases
from diagnose.curves import Curves
from diagnose.judging import judge
from diagnose.readers import read

FIRST = 5


def until(curves: Curves, epoch: int) -> Curves:
    """The run as it stood after so many epochs."""
    kept = []
    for one in curves.series:
        seen = one.epochs <= epoch
        if seen.any():
            kept.append(replace(one, epochs=one.epochs[seen], values=one.values[seen]))
    rates = None if curves.learning_rate is None else curves.learning_rate[:epoch]
    numbering = None if curves.numbering is None else curves.numbering[:epoch]
    return replace(curves, series=tuple(kept), length=epoch, learning_rate=rates, numbering=numbering)


def told(curves: Curves, every: int) -> dict[str, np.ndarray]:
    """Diagnosis to (prefixes,) of whether it was found after each of them."""
    at = range(FIRST, curves.length + 1, every)
    said = [{one.rule for one in judge([until(curves, epoch)]).findings} for epoch in at]
    return {slug: np.array([slug in one for one in said]) for slug in set().union(*said)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("fit", "held out", "untouched"))
    parser.add_argument("--every", type=int, default=1, help="judge every so many epochs")
    asked = parser.parse_args()
    ever, flickered, denied, known, changes = Counter(), Counter(), Counter(), Counter(), []
    healthy: Counter[bool] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(part=asked.part):
            path = Path(folder) / f"{case.name}.csv"
            path.write_text(case.files[path.name])
            labels = case.labels[path.name]
            found = told(read(str(path))[0][0], asked.every)
            for slug, said in found.items():
                ever[slug] += 1
                flickered[slug] += int(np.count_nonzero(np.diff(said.astype(int)) == 1) + said[0]) > 1
                if slug in labels:
                    known[slug] += 1
                    denied[slug] += not labels[slug]
            changes.append(sum(int(np.count_nonzero(np.diff(said.astype(int)))) for said in found.values()))
            if labels.get("good-fit"):
                healthy[bool(set(found) - {"underfit-unfinished", "slow-learning"})] += 1
    print(f"{'diagnosis':30s} {'ever told':>9s} {'came and went':>14s} {'the end denies':>15s}")
    for slug, count in sorted(ever.items()):
        print(f"{slug:30s} {count:9d} {flickered[slug]:14d} {denied[slug]:8d} of {known[slug]:3d}")
    print(f"changes a run: median {np.median(changes):.0f}, 90% at most {np.quantile(changes, 0.9):.0f}")
    print(f"healthy runs ever told anything but to go on: {healthy[True]} of {sum(healthy.values())}")


if __name__ == "__main__":
    main()
