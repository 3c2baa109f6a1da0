"""Publish what `generate` made: `python -m benchmarks.truth.pack --folder F`, and print how often each label is given.

The labels are worked out here, from the measured quantities, so that a threshold can change without training again.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import lzma
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .labels import labels, repeat_labels
from .load import DATA, PARTS, Case, cases
from .quantities import wobble

DIGITS = 8  # a float32 has no more
FEWER = 5  # for the population's curves


def _short(value: Any, digits: int) -> Any:
    """Floats to so many significant digits, in lists and dictionaries as well."""
    if isinstance(value, dict):
        return {name: _short(part, digits) for name, part in value.items()}
    if isinstance(value, list):
        return [_short(part, digits) for part in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def _history(path: Path) -> str:
    """The logger's file, digits beyond those of a float32 left out."""
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    told = [rows[0], *([row[0], *(f"{float(value):.{DIGITS}g}" for value in row[1:])] for row in rows[1:])]
    return "".join(",".join(row) + "\n" for row in told)


def packed(folder: Path) -> Case:
    """One case as it is published, from the folder that `generate` made."""
    told = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    names = {"history.csv": f"{folder.name}.csv"} | {f"run{k}.csv": f"{folder.name}.run{k}.csv" for k in (2, 3, 4)}
    files = {name: _history(folder / stem) for stem, name in names.items() if (folder / stem).exists()}
    found = told["measured"]
    if found["finite"]:
        epochs = told["configuration"]["epochs"]
        found["population_wobble"] = wobble(told["population_loss"], epochs, told["loss_of_guessing"])
    named = {f"{folder.name}.csv": labels(found, told["classes"], told["loss_of_guessing"])}
    together = repeat_labels(found)
    if together:
        named["|".join(files)] = together
    about = {"classes": told["classes"], "loss_of_guessing": told["loss_of_guessing"]}
    people = {"loss": told["population_loss"], "accuracy": told["population_accuracy"]}
    measured = _short(about | found, 6)
    return Case(folder.name, files, named, told["configuration"], measured, told["part"], _short(people, FEWER))


def pack(folder: Path, path: Path = DATA) -> int:
    """Write all whole cases of `folder` to one compressed file of JSON lines; its size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with lzma.open(part, "wt", preset=9 | lzma.PRESET_EXTREME, encoding="utf-8") as out:
        for case in sorted(folder.glob("case?????")):
            out.write(json.dumps(packed(case)._asdict(), separators=(",", ":")) + "\n")
    part.replace(path)
    return path.stat().st_size


def table(found: Iterator[Case]) -> str:
    """How many cases say yes and no to each diagnosis, in each part, as lines of Markdown."""
    tally: Counter[tuple[str, str, bool]] = Counter()
    number: Counter[str] = Counter()
    for case in found:
        number[case.part] += 1
        tally.update((case.part, slug, yes) for told in case.labels.values() for slug, yes in told.items())
    lines = [
        "| label | " + " | ".join(f"{part} ({number[part]} cases): yes | no" for part in PARTS) + " |",
        "|" + "---|" * (1 + 2 * len(PARTS)),
    ]
    for slug in sorted({slug for _, slug, _ in tally}):
        counts = [tally[part, slug, yes] for part in PARTS for yes in (True, False)]
        lines.append(f"| `{slug}` | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--to", type=Path, default=DATA)
    asked = parser.parse_args()
    print(f"{pack(asked.folder, asked.to) / 1e6:.2f} MB in {asked.to}\n")
    print(table(cases(asked.to)))


if __name__ == "__main__":
    main()
