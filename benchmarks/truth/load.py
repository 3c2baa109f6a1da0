"""Read the published cases: `for case in cases(): ...`, or `unpack(folder)` for a folder of histories with labels.json.

Needs the standard library only.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

PARTS = ("fit", "held out", "untouched")
DATA = Path(__file__).parents[1] / "data" / "truth.jsonl.xz"


class Case(NamedTuple):
    """One configuration: its histories as CSV texts by file name, labels by file name (or names joined by `|`)."""

    name: str
    files: dict[str, str]
    labels: dict[str, dict[str, bool]]
    configuration: dict[str, Any]
    measured: dict[str, Any]
    part: str  # one of PARTS
    population: dict[str, list[float]]  # loss (to twice or three times the epochs) and accuracy, one value an epoch


def cases(path: Path = DATA, part: str | None = None) -> Iterator[Case]:
    """The cases of a file in order of their numbers; of one part ("fit", "held out") when named."""
    if part not in (None, *PARTS):
        raise ValueError(f"part must be one of {PARTS}, not {part!r}")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            case = Case(**json.loads(line))
            if part in (None, case.part):
                yield case


def unpack(folder: Path, path: Path = DATA, part: str | None = None) -> int:
    """Write the histories and one labels.json to `folder`; the number of cases."""
    folder.mkdir(parents=True, exist_ok=True)
    labels: dict[str, dict[str, bool]] = {}
    count = 0
    for case in cases(path, part):
        count += 1
        labels |= case.labels
        for name, text in case.files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    (folder / "labels.json").write_text(json.dumps(labels, indent=0), encoding="utf-8")
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description="Unpack the published cases into a folder: histories and labels.json.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--file", type=Path, default=DATA)
    parser.add_argument("--part", choices=PARTS)
    asked = parser.parse_args()
    print(unpack(asked.folder, asked.file, asked.part), "cases")


if __name__ == "__main__":
    main()
