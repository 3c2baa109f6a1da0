"""Fit the weights of the rules' models on labelled runs: `python -m benchmarks.fit [--write] [--only SLUG]`.

A rule's evidence becomes a probability through a logistic model of a handful of named terms
(diagnose/evidence/belief.py). The terms, their middles and their bounds are reasoned and stand in the rule; only the
weights and the constant are fitted, here: on the published cases of the parts "fit" and "held out" and on the
fixtures, by penalized likelihood. Weights are never negative (a reason for a claim can't speak against it) and are
drawn to the prior that stands with each term, as a constant is that has one. "good-fit" is fitted in the same way, on
what the rules doubt. Cases of the part "untouched" are never read.

Printed are the weights, and what they do cross-validated by family, so that no run is judged by weights that saw its
problem. `--write` puts the weights into the rules.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from benchmarks.truth.load import cases
from diagnose.evidence.belief import Model
from diagnose.evidence.run import Run
from diagnose.readers import read
from diagnose.registry import Verdict, load_rules

ROOT = Path(__file__).parents[1]
PENALTY = 20.0  # on the squared distance of a weight from its prior, against one unit of log likelihood a run
PRESENT = (
    0.15  # runs with the fault are weighed up to this share: people ask about troubled runs, the cases are mostly well
)
HEALTHY = 1.0  # what a false alarm on a healthy run costs, against one on a run that has another fault
FEWEST = 10  # runs with the fault, below which the reasoned weights stay
FOLDS = 8


class Labelled(NamedTuple):
    """A measured run, the family it is from, and what is known of it."""

    run: Run
    family: str
    labels: Mapping[str, bool]


def published() -> Iterator[Labelled]:
    """The published cases that may be fitted on."""
    with tempfile.TemporaryDirectory() as folder:
        for case in cases():
            if case.part != "untouched":
                path = Path(folder) / f"{case.name}.csv"
                path.write_text(case.files[path.name])
                labels = case.labels[path.name]
                if labels.get("good-fit"):  # then nothing is wrong, also where a measure lay between yes and no
                    labels = {**dict.fromkeys(load_rules(), False), **labels}
                yield Labelled(Run(read(str(path))[0][0]), case.configuration["family"], labels)


def fixtures() -> Iterator[Labelled]:
    """The fixtures, clear cases: of each its own diagnosis is true and what it must never be told is not."""
    slugs = {*load_rules(), "good-fit"}
    for name, told in json.loads((ROOT / "fixtures" / "expected.json").read_text()).items():
        if not told["repeats"]:
            healthy = told["diagnosis"] == "good-fit"
            labels = dict.fromkeys(slugs if healthy else [*told["never"], "good-fit"], False)
            run = Run(read(str(ROOT / "fixtures" / name))[0][0])
            yield Labelled(run, f"fixture {told['diagnosis']}", {**labels, told["diagnosis"]: True})


def fit(terms: np.ndarray, truth: np.ndarray, prior: np.ndarray, healthy: np.ndarray) -> np.ndarray:
    """Constant and weights, (1 + k,), of terms (n, k) for truth (n,) of 0 and 1; healthy (n,) runs count for more."""
    present = truth.mean()
    more = max(1.0, PRESENT / (1 - PRESENT) * (1 - present) / max(present, 1 / truth.size))
    counts = np.where(truth == 1, more, np.where(healthy, HEALTHY, 1.0))
    design = np.column_stack([np.ones(len(terms)), terms])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        odds = design @ weights
        away = np.where(np.isnan(prior), 0.0, weights - prior)
        value = counts @ np.logaddexp(0, np.where(truth == 1, -odds, odds)) + PENALTY * away @ away
        return float(value), design.T @ (counts * (probability(odds) - truth)) + 2 * PENALTY * away

    bounds = [(None, None)] + [(0, None)] * (len(prior) - 1)
    return np.asarray(minimize(loss, np.nan_to_num(prior), jac=True, bounds=bounds, method="L-BFGS-B").x)


def probability(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(odds, -500, 500)))


def crossed(
    terms: np.ndarray, truth: np.ndarray, prior: np.ndarray, healthy: np.ndarray, families: np.ndarray
) -> np.ndarray:
    """Probabilities (n,), each from weights that did not see the run's family."""
    out = np.zeros(len(truth))
    names = sorted(set(families))
    fold = {name: at % FOLDS for at, name in enumerate(names)}
    folds = np.array([fold[name] for name in families])
    for one in range(FOLDS):
        left = folds == one
        weights = fit(terms[~left], truth[~left], prior, healthy[~left])
        out[left] = probability(weights[0] + terms[left] @ weights[1:])
    return out


def figures(found: np.ndarray, truth: np.ndarray) -> str:
    """Precision, recall and calibration of probabilities (n,): in three bands, how often what was said was so."""
    said = found >= 0.5
    hits = int((said & (truth == 1)).sum())
    line = f"precision {hits / max(said.sum(), 1):.2f} recall {hits / max(truth.sum(), 1):.2f}   "
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        band = (found >= low) & (found < high)
        if band.any():
            line += f" {found[band].mean():.2f}: {truth[band].mean():.2f} ({band.sum()})"
    return line


def write(module: str, weights: Mapping[str, float]) -> None:
    """Replace the WEIGHTS of a module's file."""
    path = ROOT / Path(*module.split(".")).with_suffix(".py")
    path = path if path.exists() else ROOT / "rules" / f"{module.rpartition('.')[2]}.py"
    text = path.read_text()
    block = "WEIGHTS = {\n" + "".join(f'    "{name}": {value:.2f},\n' for name, value in weights.items()) + "}"
    new, count = re.subn(r"^WEIGHTS = \{.*?\}$", block, text, flags=re.DOTALL | re.MULTILINE)
    if count != 1:
        raise SystemExit(f"{path}: expected one WEIGHTS, found {count}")
    path.write_text(new)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the weights into the rules")
    parser.add_argument("--only", metavar="SLUG")
    asked = parser.parse_args()
    known = [*published(), *fixtures()]
    print(f"{len(known)} runs")
    for slug, rule in load_rules().items():
        module = importlib.import_module(rule.module)
        if not hasattr(module, "MODEL") or asked.only not in (None, slug):
            continue
        model: Model = module.MODEL
        verdicts = [(rule.judge(one.run), one) for one in known if slug in one.labels and not one.run.short]
        judged = [(verdict, one) for verdict, one in verdicts if isinstance(verdict, Verdict) and verdict.evidence]
        terms = np.array(
            [[term(verdict.evidence.get(name, np.nan)) for name, term in model.terms.items()] for verdict, _ in judged]
        )
        truth = np.array([float(one.labels[slug]) for _, one in judged])
        families = np.array([one.family for _, one in judged])
        healthy = np.array([one.labels.get("good-fit", False) for _, one in judged])
        free = np.nan if model.prior is None else model.prior
        prior = np.array([free, *(term.prior for term in model.terms.values())])
        if truth.sum() < FEWEST:
            found = probability(np.array([model.odds(verdict.evidence) for verdict, _ in judged]))
            print(
                f"\n{slug}: only {int(truth.sum())} of {len(truth)} runs have it; as reasoned: {figures(found, truth)}"
            )
            continue
        weights = fit(terms, truth, prior, healthy)
        named = dict(zip(["constant", *model.terms], (round(float(one), 2) for one in weights), strict=True))
        print(f"\n{slug}: {int(truth.sum())} of {len(truth)} runs have it")
        print("  " + "  ".join(f"{name} {value:.2f}" for name, value in named.items()))
        print("  cross-validated by family: " + figures(crossed(terms, truth, prior, healthy, families), truth))
        if asked.write:
            write(rule.module, named)


if __name__ == "__main__":
    main()
