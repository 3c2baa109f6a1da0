"""How right: the published labelled trainings judged by diagnose, and by two peers in the same run.

    python -m benchmarks.accuracy [--part "untouched"] [--folder HISTORIES] [--draws 200] [--readme]

Per diagnosis precision, recall and F1; the share of healthy runs with any alarm; how far the confidences are from the
truth; how often the area named first is a true one; bootstrap intervals over the cases. ``--folder`` scores histories of
your own: CSV files and a labels.json, ``{"case.csv": {"overfit": true, ...}}``. Peers know few diagnoses, so each is
scored on those it knows: ``runmedic`` (PyPI) and the one-line rule "last validation loss over 5% above its minimum".
``--readme`` writes the README's section: figures of the part "untouched", whose families nobody has chosen anything on,
and false alarms on all healthy runs there are, as they are and with noise on their losses.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from benchmarks.truth.load import PARTS, cases, unpack
from diagnose import DiagnoseError, diagnose
from diagnose.registry import load_rules

ROOT = Path(__file__).parents[1]
Labels = dict[str, dict[str, bool]]
Said = dict[str, float]
HEALTHY = "good-fit"
FEWEST = 5  # positives below which a diagnosis does not count for the mean F1
RUNMEDIC = {
    "overfitting": "overfit",
    "divergence": "diverging",
    "non_finite": "diverging",
    "no_learning": "underfit-flat",
}


def ours(paths: list[Path]) -> Said:
    """What diagnose says of a history, or of repeats: findings with their confidences, or a good fit."""
    try:
        report = diagnose([str(path) for path in paths], repeats=True) if len(paths) > 1 else diagnose(str(paths[0]))
    except DiagnoseError:
        return {}
    said = {one.rule: one.confidence for one in report.findings}
    return said | ({HEALTHY: report.confidence} if report.healthy else {}) | {"area:" + str(report.area): 1.0}


def one_line(paths: list[Path]) -> Said:
    """The rule that everybody writes first: the last validation loss lies over 5% above the lowest."""
    with paths[0].open() as lines:
        names = lines.readline().strip().split(",")
        val = [float(line.split(",")[names.index("val_loss")]) for line in lines if line.strip()]
    return {"overfit": 1.0} if not np.isfinite(val[-1]) or val[-1] > 1.05 * min(val) else {HEALTHY: 1.0}


def runmedic(paths: list[Path]) -> Said:
    """The fastest existing tool, through its own loader and checks."""
    from runmedic import loaders, roles
    from runmedic.checks import run_checks

    run = loaders.load(str(paths[0]))[0]
    found = {one.check for one in run_checks(run, roles.detect(run)) if one.severity != "info"}
    return {RUNMEDIC.get(name, name): 1.0 for name in found} or {HEALTHY: 1.0}


def score(folder: Path, labels: Labels, tool: Callable[[list[Path]], Said], draws: int) -> dict[str, object]:
    """All figures of one tool on one folder."""
    answers = {case: tool([folder / name for name in case.split("|")]) for case in labels}
    cells = {
        case: [(slug, yes, slug in answers[case]) for slug, yes in truth.items()] for case, truth in labels.items()
    }
    table = tally(cell for case in cells.values() for cell in case)
    counted = [slug for slug, (hit, false, missed, _) in table.items() if hit + missed >= FEWEST]
    healthy = [case for case, truth in labels.items() if truth.get(HEALTHY)]
    alarmed = [case for case in healthy if any(not one.startswith("area:") and one != HEALTHY for one in answers[case])]
    boot = []
    for _ in range(draws):
        drawn = tally(cell for case in random.choices(sorted(cells), k=len(cells)) for cell in cells[case])
        boot.append(macro(drawn, counted))
    sure = [
        (answers[case][slug], yes)
        for case, truth in labels.items()
        for slug, yes in truth.items()
        if slug in answers[case]
    ]
    return {
        "table": table,
        "macro": macro(table, counted),
        "interval": (float(np.quantile(boot, 0.025)), float(np.quantile(boot, 0.975))) if boot else None,
        "alarmed": (len(alarmed), len(healthy)),
        "calibration": calibration(sure),
        "area": area_first(labels, answers),
    }


def tally(cells: Iterable[tuple[str, bool, bool]]) -> dict[str, tuple[int, int, int, int]]:
    """Per slug: hits, false alarms, misses, right silences."""
    counts: dict[str, list[int]] = {}
    for slug, yes, said in cells:
        counts.setdefault(slug, [0, 0, 0, 0])[(0 if said else 2) + (0 if yes else 1)] += 1
    return {slug: (hit, false, missed, right) for slug, (hit, false, missed, right) in sorted(counts.items())}


def f1(cell: tuple[int, int, int, int]) -> float:
    hit, false, missed, _ = cell
    return 2 * hit / (2 * hit + false + missed) if hit else 0.0


def macro(table: dict[str, tuple[int, int, int, int]], counted: list[str]) -> float:
    return float(np.mean([f1(table[slug]) for slug in counted if slug in table])) if counted else float("nan")


def calibration(sure: list[tuple[float, bool]]) -> float:
    """Expected calibration error over ten bins."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(10)]
    for confidence, yes in sure:
        bins[min(int(confidence * 10), 9)].append((confidence, yes))
    return sum(abs(sum(c for c, _ in one) - sum(yes for _, yes in one)) for one in bins) / max(len(sure), 1)


def area_first(labels: Labels, answers: dict[str, Said]) -> tuple[int, int]:
    """In how many troubled cases the area named first is a true one."""
    rules = load_rules()
    right = troubled = 0
    for case, truth in labels.items():
        areas = {rules[slug].area for slug, yes in truth.items() if yes and slug in rules}
        if areas:
            troubled += 1
            right += any(f"area:{area}" in answers[case] for area in areas)
    return right, troubled


def show(name: str, figures: dict[str, object], known: set[str] | None = None) -> None:
    table: dict[str, tuple[int, int, int, int]] = figures["table"]  # type: ignore[assignment]
    print(f"\n{name}\n{'diagnosis':30s} {'yes':>4s} {'no':>4s} {'precision':>10s} {'recall':>7s} {'F1':>6s}")
    for slug, (hit, false, missed, right) in table.items():
        if known is None or slug in known:
            precision = hit / (hit + false) if hit + false else 0.0
            recall = hit / (hit + missed) if hit + missed else 0.0
            row = f"{precision:10.2f} {recall:7.2f} {f1((hit, false, missed, right)):6.2f}"
            print(f"{slug:30s} {hit + missed:4d} {false + right:4d} {row}")
    alarmed, healthy = figures["alarmed"]  # type: ignore[misc]
    print(
        f"macro-F1 {figures['macro']:.3f} {figures['interval'] or ''}   healthy alarmed {alarmed} of {healthy}", end=""
    )
    if known is None:
        right, troubled = figures["area"]  # type: ignore[misc]
        print(f"   calibration error {figures['calibration']:.3f}   area first {right} of {troubled}", end="")
    print()


def healthy_runs(folder: Path) -> list[Path]:
    """Every published case that is healthy, and the fixtures that Keras logged, unpacked to ``folder``."""
    found = []
    for case in cases():
        if case.labels[f"{case.name}.csv"].get(HEALTHY):
            found.append(folder / f"{case.name}.csv")
            found[-1].write_text(case.files[found[-1].name])
    expected = json.loads((ROOT / "fixtures" / "expected.json").read_text())
    fixtures = [ROOT / "fixtures" / name for name, told in expected.items() if told["diagnosis"] == HEALTHY]
    logged = [path for path in fixtures if path.suffix == ".csv" and path.read_text().startswith("epoch,")]
    return [*found, *(path for path in logged if "val_loss" in path.read_text().partition("\n")[0])]


def noisy(path: Path, deviation: float, seed: int) -> None:
    """Multiply the losses of a CSV file by noise, in place."""
    rng = np.random.default_rng(seed)
    names, *rows = list(csv.reader(path.read_text().splitlines()))
    for at, name in enumerate(names):
        if name in ("loss", "val_loss"):
            for row in rows:
                row[at] = f"{float(row[at]) * rng.normal(1, deviation):.8g}"
    path.write_text("".join(",".join(row) + "\n" for row in [names, *rows]))


def alarms(tool: Callable[[list[Path]], Said], deviation: float) -> tuple[int, int]:
    """How many healthy runs are told anything, with noise of that deviation, and of how many."""
    with tempfile.TemporaryDirectory() as temporary:
        found = healthy_runs(Path(temporary))
        alarmed = 0
        for seed, path in enumerate(found):
            if deviation:
                copy = Path(temporary) / f"noisy{seed}.csv"
                copy.write_text(path.read_text())
                noisy(copy, deviation, seed)
                path = copy
            alarmed += any(not one.startswith("area:") and one != HEALTHY for one in tool([path]))
        return alarmed, len(found)


def interval(hits: int, count: int) -> str:
    """A share with its 95% interval (Wilson, 1927)."""
    z, share = 1.96, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5 / (1 + z * z / count)
    return f"{hits} of {count} ({share:.0%}, {middle - half:.0%} to {middle + half:.0%})"


def section(told: dict[str, dict[str, object]], count: int) -> str:
    """The README's section from the figures of the tools on the part "untouched"."""
    table: dict[str, tuple[int, int, int, int]] = told["diagnose"]["table"]  # type: ignore[assignment]
    lines = ["| | diagnose | last loss over 5% above its minimum | runmedic |", "|---|---|---|---|"]
    for slug, (hit, false, missed, right) in table.items():
        if hit + missed >= FEWEST:
            row = [f"`{slug}`, F1 ({hit + missed} yes, {false + right} no)"]
            for name, known in KNOWN.items():
                cell = told[name]["table"].get(slug) if known is None or slug in known else None  # type: ignore[attr-defined]
                row.append(f"{f1(cell):.2f}" if cell else "-")
            lines.append("| " + " | ".join(row) + " |")
    low, high = told["diagnose"]["interval"]  # type: ignore[misc]
    right, troubled = told["diagnose"]["area"]  # type: ignore[misc]
    lines.append(
        f"| mean F1 of these (95% interval) | {told['diagnose']['macro']:.2f} ({low:.2f} to {high:.2f}) | - | - |"
    )
    lines.append(f"| area named first is a true one | {interval(right, troubled)} | - | - |")
    lines.append(f"| calibration error of the confidences | {told['diagnose']['calibration']:.3f} | - | - |")
    for deviation in (0.0, 0.02, 0.05, 0.1):
        what = (
            "all healthy runs: any alarm" if not deviation else f"the same with {deviation:.0%} of noise on the losses"
        )
        lines.append(f"| {what} | " + " | ".join(interval(*alarms(tool, deviation)) for tool in TOOLS.values()) + " |")
    return "\n".join([f"Untouched part: {count} cases.", "", *lines])


TOOLS = {"diagnose": ours, "one line": one_line, "runmedic": runmedic}
KNOWN: dict[str, set[str] | None] = {
    "diagnose": None,
    "one line": {"overfit", HEALTHY},
    "runmedic": {*RUNMEDIC.values(), HEALTHY},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--readme", action="store_true", help="write the README's section (needs runmedic)")
    asked = parser.parse_args()
    random.seed(0)
    with tempfile.TemporaryDirectory() as temporary:
        folder, count = asked.folder or Path(temporary), 0
        if not asked.folder:
            count = unpack(folder, part="untouched" if asked.readme else asked.part)
            print(f"{count} labelled trainings, {asked.part or 'all parts'}")
        labels: Labels = json.loads((folder / "labels.json").read_text())
        told = {}
        for name, tool in TOOLS.items():
            try:
                told[name] = score(folder, labels, tool, asked.draws if name == "diagnose" else 0)
                show(name, told[name], KNOWN[name])
            except ImportError:
                print("\nrunmedic is not installed: pip install runmedic")
    if asked.readme:
        path = ROOT / "README.md"
        start, end = "<!-- figures: python -m benchmarks.accuracy --readme -->\n", "\n<!-- end of figures -->"
        before, rest = path.read_text().split(start)
        path.write_text(before + start + section(told, count) + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
