"""What a strong black box makes of the same evidence: `python -m benchmarks.ceiling`.

A random forest (scikit-learn, 500 trees) for each diagnosis, on every number that any rule gives as evidence, learnt on the
published cases of the parts "fit" and "held out" and asked about the part "untouched", whose families neither it nor the
rules' weights have seen. The rules, whose every verdict can be checked by hand, should come near it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.accuracy import FEWEST, HEALTHY, f1, macro
from benchmarks.truth.load import Case, cases
from diagnose.evidence.run import Run
from diagnose.judging import judge
from diagnose.readers import read
from diagnose.registry import Verdict, load_rules

MISSING = -1000.0  # what stands where a rule gives no such evidence: trees can tell it from the rest


def described(case: Case, folder: Path) -> tuple[dict[str, float], set[str]]:
    """All evidence of a case's run by name, and what the rules say of it."""
    path = folder / f"{case.name}.csv"
    path.write_text(case.files[path.name])
    curves = read(str(path))[0][0]
    run, evidence = Run(curves), {}
    for slug, rule in load_rules().items():
        verdict = None if rule.repeats or (run.short and not rule.trendless) else rule.judge(run)
        if isinstance(verdict, Verdict):
            evidence |= {f"{slug} {name}": value for name, value in verdict.evidence.items()}
    report = judge([curves])
    return evidence, {one.rule for one in report.findings} | ({HEALTHY} if report.healthy else set())


def main() -> None:
    from sklearn.ensemble import RandomForestClassifier

    known = list(cases())
    with tempfile.TemporaryDirectory() as folder:
        told = [described(case, Path(folder)) for case in known]
    names = sorted(set().union(*(evidence for evidence, _ in told)))
    rows = np.array([[np.clip(evidence.get(name, np.nan), -1e9, 1e9) for name in names] for evidence, _ in told])
    rows = np.nan_to_num(rows, nan=MISSING)
    asked = np.array([case.part == "untouched" for case in known])
    ours, theirs = {}, {}
    print(f"{asked.sum()} cases asked, {(~asked).sum()} learnt from, {len(names)} numbers of evidence")
    print(f"{'diagnosis':30s} {'yes':>4s} {'no':>4s} {'forest F1':>10s} {'rules F1':>9s}")
    for slug in sorted({slug for case in known for slug in case.labels[f"{case.name}.csv"]}):
        answers = [case.labels[f"{case.name}.csv"].get(slug) for case in known]
        labelled = np.array([one is not None for one in answers])
        truth = np.array([bool(one) for one in answers])
        learn, ask = labelled & ~asked, labelled & asked
        if truth[ask].sum() < FEWEST or truth[learn].sum() < FEWEST:
            continue
        forest = RandomForestClassifier(500, min_samples_leaf=2, class_weight="balanced_subsample", random_state=0)
        said = forest.fit(rows[learn], truth[learn]).predict(rows[ask])
        mine = np.array([slug in findings for (_, findings), one in zip(told, ask, strict=True) if one])
        theirs[slug], ours[slug] = cell(said, truth[ask]), cell(mine, truth[ask])
        print(
            f"{slug:30s} {truth[ask].sum():4d} {(~truth[ask]).sum():4d} {f1(theirs[slug]):10.2f} {f1(ours[slug]):9.2f}"
        )
    print(f"{'mean':40s} {macro(theirs, list(theirs)):10.3f} {macro(ours, list(ours)):9.3f}")


def cell(said: np.ndarray, truth: np.ndarray) -> tuple[int, int, int, int]:
    """Hits, false alarms, misses, right silences."""
    return (
        int((said & truth).sum()),
        int((said & ~truth).sum()),
        int((~said & truth).sum()),
        int((~said & ~truth).sum()),
    )


if __name__ == "__main__":
    main()
