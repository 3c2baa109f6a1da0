"""Make cases: `python -m benchmarks.truth.generate --folder F --cases 0-400 --minutes 60` (resumable).

Every case is a folder `caseNNNNN` in F with its histories and `case.json`; it appears when it is whole. The same
number gives the same case. Several processes share a folder by `--cases 0-4000:2` and `--cases 1-4000:2`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path

from .configurations import Configuration, draw
from .families import FAMILIES

ANEW = 25  # cases after which the process starts itself anew: traced models are never quite given back


def chosen(text: str) -> range:
    """`3`, `0-400` (the last one left out) or `0-400:2`."""
    span, _, step = text.partition(":")
    first, _, last = span.partition("-")
    return range(int(first), int(last or int(first) + 1), int(step or 1))


def make(config: Configuration, folder: Path) -> Path:
    """Train one case into `folder`; nothing is left behind when it is interrupted but a `.part` folder."""
    from .counterfactuals import measure

    name = f"case{config.case:05d}"
    part = folder / f"{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    start = time.perf_counter()
    told = measure(config, part)
    told |= {"configuration": asdict(config), "part": FAMILIES[config.family].part}
    told["seconds"] = round(time.perf_counter() - start, 1)
    (part / "case.json").write_text(json.dumps(told))
    part.rename(folder / name)
    return folder / name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--cases", type=chosen, default=range(400))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--only", choices=("careful", "careless"), help="leave the other configurations for later")
    parser.add_argument("--until", type=float, help="seconds of the clock to end at; set by the program itself")
    asked = parser.parse_args()
    until = asked.until or time.time() + 60 * asked.minutes
    count = 0
    for case in asked.cases:
        if time.time() > until:
            break
        config = draw(case)
        if (asked.folder / f"case{case:05d}").exists() or (asked.only and config.careful != (asked.only == "careful")):
            continue
        made = make(config, asked.folder)
        print(made.name, json.loads((made / "case.json").read_text())["seconds"], "s", flush=True)
        count += 1
        if count == ANEW:
            told = [] if asked.until else ["--until", str(until)]
            os.execv(sys.executable, [sys.executable, "-m", __spec__.name, *sys.argv[1:], *told])


if __name__ == "__main__":
    main()
