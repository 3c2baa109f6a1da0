"""Fit the weights of the rules' models on labelled runs: `python -m benchmarks.fit [--write] [--only SLUG]`.

A rule's evidence becomes a probability through a logistic model of a handful of named terms
(diagnose/evidence/belief.py). The terms, their middles and their bounds are reasoned and stand in the rule; only the
weights and the constant are fitted, here: on the published cases of the parts "fit" and "held out" and on the
fixtures, by penalized likelihood. Weights are never negative (a reason for a claim can't speak against it) and are
drawn to the prior that stands with each term, as a constant is that has one. Cases of the part "untouched" are never
read.

Printed are the weights, and what they do cross-validated by family, so that no run is judged by weights that saw its
problem. `--write` puts the weights into the rules.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from benchmarks.accuracy import calibration
from benchmarks.truth.load import cases
from diagnose.evidence.belief import Model
from diagnose.evidence.run import Run
from diagnose.judging import FOUND
from diagnose.readers import read
from diagnose.registry import Rule, Verdict, load_rules

ROOT = Path(__file__).parents[1]
PENALTY = 20.0  # on the squared distance of a weight from its prior, against one unit of log likelihood a run
# Runs with the fault are weighed up to this share: people ask about troubled runs, the cases are mostly well.
PRESENT = 0.10
HEALTHY = 1.0  # what a false alarm on a healthy run costs, against one on a run that has another fault
FEWEST = 12  # runs with the fault, below which the reasoned weights stay
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


class Data(NamedTuple):
    """What a rule's model is fitted on: terms (n, k), truth (n,), healthy (n,), families (n,), prior (1 + k,)."""

    terms: np.ndarray
    truth: np.ndarray
    healthy: np.ndarray
    families: np.ndarray
    prior: np.ndarray


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


def crossed(data: Data) -> np.ndarray:
    """Probabilities (n,), each from weights that did not see the run's family."""
    terms, truth, healthy, families, prior = data
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


def gathered(rule: Rule, model: Model, known: Sequence[Labelled]) -> Data:
    """The labelled runs that the rule can judge, in the terms of its model."""
    verdicts = [(rule.judge(one.run), one) for one in known if rule.slug in one.labels and not one.run.short]
    judged = [(verdict.evidence, one) for verdict, one in verdicts if isinstance(verdict, Verdict) and verdict.evidence]
    return Data(
        np.array([[term(told.get(name, np.nan)) for name, term in model.terms.items()] for told, _ in judged]),
        np.array([float(one.labels[rule.slug]) for _, one in judged]),
        np.array([one.labels.get("good-fit", False) for _, one in judged]),
        np.array([one.family for _, one in judged]),
        np.array([np.nan if model.prior is None else model.prior, *(term.prior for term in model.terms.values())]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the weights into the rules")
    parser.add_argument("--only", metavar="SLUG")
    asked = parser.parse_args()
    known = [*published(), *fixtures()]
    print(f"{len(known)} runs")
    said: list[tuple[float, bool]] = []
    for slug, rule in load_rules().items():
        model = rule.model
        if model is None or asked.only not in (None, slug):
            continue
        data = gathered(rule, model, known)
        print(f"\n{slug}: {int(data.truth.sum())} of {len(data.truth)} runs have it")
        if data.truth.sum() < FEWEST:
            weights = np.array([model.weights[name] for name in ("constant", *model.terms)])
            found = probability(weights[0] + data.terms @ weights[1:])
            print("  too few to fit; as reasoned: " + figures(found, data.truth))
        else:
            weights = fit(data.terms, data.truth, data.prior, data.healthy)
            named = dict(zip(["constant", *model.terms], (round(float(one), 2) for one in weights), strict=True))
            found = crossed(data)
            print("  " + "  ".join(f"{name} {value:.2f}" for name, value in named.items()))
            print("  cross-validated by family: " + figures(found, data.truth))
            if asked.write:
                write(rule.module, named)
        said += [(float(one), bool(yes)) for one, yes in zip(found, data.truth, strict=True) if one >= FOUND]
    print(f"\ncalibration error of the {len(said)} claims made: {calibration(said):.3f}")


if __name__ == "__main__":
    main()
