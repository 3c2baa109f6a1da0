"""The generator of labelled truth: thresholds below, at and above; quantities on curves known by heart; a real case."""

import csv
import json
import lzma
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.truth import quantities
from benchmarks.truth.configurations import Configuration, draw
from benchmarks.truth.families import FAMILIES, UNTOUCHED
from benchmarks.truth.labels import labels, repeat_labels
from benchmarks.truth.load import DATA, PARTS, cases, unpack
from benchmarks.truth.pack import pack
from benchmarks.truth.samples import samples

ROOT = Path(__file__).resolve().parents[1]
# A run with nothing wrong: learnt well, at its best, calm, its validation set like the population.
HEALTHY = {
    "finite": True,
    "start": 0.72,
    "train_end_vs_guess": 0.3,
    "train_end": 0.21,
    "rise": 0.01,
    "train_fall_after_best": 0.01,
    "accuracy_drop": 0.0,
    "learned": 0.7,
    "population_learned": 0.65,
    "fall_after_first_third": 0.05,
    "train_fall_last_third": 0.01,
    "val_bias": 0.02,
    "val_below_train": -0.1,
    "val_noise": 0.01,
    "late_val_wobble": 0.01,
    "train_scatter": 0.01,
    "gain_if_continued": 0.01,
    "gain_beyond_best": 0.0,
    "train_gain_if_continued": 0.01,
    "gain_if_tripled": 0.01,
    "train_end_continued": 0.208,
    "gain_from_data": 0.05,
}
GOING = {"gain_beyond_best": 0.2, "train_fall_last_third": 0.1}
SLOW = {
    "faster_measured": True,
    "faster_reaches_end": 0.2,
    "faster_train_end": 0.1,
    "train_gain_if_continued": 0.05,
    "gain_if_tripled": 0.06,
    "train_end_continued": 0.19,
}
WIDER = {"capacity_train_gain": 0.4, "capacity_population_gain": 0.3}
FLAT = {"population_learned": 0.02, "train_fall_last_third": 0.0, "fall_after_first_third": 0.0}
RISEN = {"rise": 0.2, "train_fall_after_best": 0.3}


def told(slug: str, classes: int = 2, **changed: object) -> bool | None:
    return labels({**HEALTHY, **changed}, classes, 0.69).get(slug)


def test_nothing_wrong_is_a_good_fit_and_nothing_else() -> None:
    found = labels(HEALTHY, 2, 0.69)
    assert found["good-fit"]
    assert [slug for slug, yes in found.items() if yes] == ["good-fit"]


@pytest.mark.parametrize(
    ("slug", "quantity", "no", "between", "yes", "also"),
    [
        ("overfit", "rise", 0.03, 0.06, 0.10, {"train_fall_after_best": 0.3}),
        ("underfit-unfinished", "gain_if_continued", 0.03, 0.06, 0.10, GOING),
        ("underfit-flat", "learned", 0.35, 0.2, 0.10, FLAT),
        ("unrepresentative-training", "gain_from_data", 0.10, 0.2, 0.35, {}),
        ("unrepresentative-validation", "val_noise", 0.03, 0.06, 0.10, {}),
        ("high-variance", "late_val_wobble", 0.03, 0.06, 0.10, {}),
        ("validation-easier", "val_bias", -0.03, -0.06, -0.10, {"val_below_train": 0.1}),
        ("oscillating", "train_scatter", 0.03, 0.06, 0.10, {"slower_scatter": 0.01}),
        ("diverging", "train_end_vs_guess", 1.2, 1.7, 2.1, {}),
        ("slow-learning", "faster_reaches_end", 0.7, 0.5, 0.33, SLOW),
        ("underfit-plateau", "capacity_train_gain", 0.10, 0.2, 0.25, WIDER),
        ("overconfident", "accuracy_drop", 0.03, 0.02, 0.01, RISEN),
    ],
)
def test_no_at_the_one_threshold_yes_at_the_other_and_silence_between(
    slug: str, quantity: str, no: float, between: float, yes: float, also: dict[str, float]
) -> None:
    assert told(slug, **{**also, quantity: no}) is False
    assert told(slug, **{**also, quantity: between}) is None
    assert told(slug, **{**also, quantity: yes}) is True


@pytest.mark.parametrize(
    ("slug", "changed"),
    [
        ("overfit", {"rise": 0.3, "train_fall_after_best": -0.1}),  # both losses rose: something else
        ("underfit-unfinished", {**GOING, "gain_if_continued": 0.2, "gain_beyond_best": -0.1}),  # a wobble's luck
        ("overfit", {**RISEN, "population_wobble": 0.15}),  # within the curve's own noise
        ("overfit", {**RISEN, "gain_beyond_best": 0.1}),  # undone by going on
        ("underfit-unfinished", {**GOING, "gain_if_continued": 0.2, "rise": 0.2}),
        ("underfit-unfinished", {"gain_if_tripled": 0.2}),  # a gain that only comes later
        ("underfit-flat", {"learned": 0.05, "population_learned": 0.02, "train_fall_last_third": 0.1}),
        ("unrepresentative-training", {"gain_from_data": None}),
        ("unrepresentative-training", {"gain_from_data": 0.5, "gain_if_continued": 0.2}),
        ("validation-easier", {"val_bias": -0.3, "val_below_train": 0.05}),
        ("oscillating", {"train_scatter": 0.3, "slower_scatter": 0.2}),  # no calmer at a tenth of the rate
        ("slow-learning", {"faster_measured": False}),
        ("slow-learning", {**SLOW, "gain_if_tripled": 0.0}),  # the population has nothing to gain
        ("underfit-plateau", {"capacity_train_gain": 0.5, "capacity_population_gain": 0.0}),  # learnt by heart
        ("overconfident", {"rise": 0.06}),
    ],
)
def test_what_is_not_measured_or_explained_otherwise_is_not_labelled(slug: str, changed: dict[str, object]) -> None:
    assert told(slug, **changed) is None


def test_a_rate_that_the_run_itself_catches_up_with_is_not_slow() -> None:
    assert told("slow-learning", **{**SLOW, "train_end_continued": 0.1}) is False


def test_values_are_never_overconfident() -> None:
    assert told("overconfident", classes=0, **RISEN) is None


@pytest.mark.parametrize(
    "fault",
    [
        RISEN,
        {**GOING, "gain_if_continued": 0.2},
        {"val_noise": 0.2},
        {"late_val_wobble": 0.2},
        {"rise": 0.2, "train_fall_after_best": -0.5},
        {"learned": 0.05},
    ],
)
def test_a_fault_is_no_good_fit(fault: dict[str, float]) -> None:
    assert told("good-fit", **fault) is False


def test_a_run_that_more_data_would_help_is_neither_a_good_fit_nor_a_bad_one() -> None:
    assert told("good-fit", gain_from_data=0.5) is None


@pytest.mark.parametrize(
    ("gain", "below", "fit"),
    [(None, -0.1, True), (None, -0.34, True), (None, -0.35, None), (None, -0.6, None), (0.05, -0.6, True)],
)
def test_a_wide_gap_is_healthy_only_where_more_data_were_tried(
    gain: float | None, below: float, fit: bool | None
) -> None:
    assert told("good-fit", gain_from_data=gain, val_below_train=below) is fit


def test_a_loss_that_is_not_finite_diverged() -> None:
    assert labels({"finite": False, "train_end_vs_guess": None}, 2, 0.69) == {"diverging": True, "good-fit": False}


@pytest.mark.parametrize(("spread", "answer"), [(0.05, False), (0.1, None), (0.15, True), (None, None)])
def test_the_spread_over_seeds_labels_the_repeats(spread: float | None, answer: bool | None) -> None:
    assert repeat_labels({"seed_spread": spread}).get("run-variance") is answer


def test_a_curve_that_rises_from_1_to_2_rose_by_its_own_size() -> None:
    people = [4.0] * 10 + [1.0] * 10 + [2.0] * 10
    found = quantities.base([4.0] * 10 + [1.0] * 20, people, people, [0.5] * 30, [0.0] * 30, 4.0)
    assert found["rise"] == pytest.approx(1.0)
    assert found["learned"] == pytest.approx(0.75)
    assert found["val_bias"] == 0
    assert found["val_below_train"] == pytest.approx(-1.0)


def test_penalties_are_no_difference_between_validation_and_population() -> None:
    found = quantities.base([1.5] * 30, [1.5] * 30, [1.0] * 30, [0.5] * 30, [0.5] * 30, 2.0)
    assert found["val_bias"] == pytest.approx(0)
    assert found["learned"] == pytest.approx(0.5)


def test_a_gain_counts_from_the_end_and_from_the_best() -> None:
    end, best = quantities.gain([4.0] * 10 + [1.0] * 10 + [2.0] * 10 + [1.5] * 30, 30, 60, 4.0)
    assert end == pytest.approx(0.25)
    assert best == pytest.approx(-0.5)


def test_scatter_is_the_deviation_of_the_noise_whatever_the_trend() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 5000)
    assert quantities.scatter(list(1 + noise), 1.0) == pytest.approx(0.1, rel=0.05)
    assert quantities.scatter(list(np.linspace(2, 1, 100)), 1.0) == pytest.approx(0, abs=1e-9)


def test_small_losses_are_measured_against_a_twentieth_of_guessing() -> None:
    assert quantities.relative(0.01, 0.001, 1.0) == pytest.approx(0.2)


def of_part(*parts: str) -> set[str]:
    return {family.name for family in FAMILIES.values() if family.part in parts}


def test_a_number_always_draws_the_same_case() -> None:
    assert draw(7) == draw(7) != draw(8)
    assert draw(UNTOUCHED) == draw(UNTOUCHED) != draw(UNTOUCHED + 1)


def test_every_family_is_drawn_and_the_untouched_ones_by_numbers_of_their_own() -> None:
    assert {family.part for family in FAMILIES.values()} == set(PARTS)
    below = {draw(case).family for case in [*range(300), *range(UNTOUCHED - 300, UNTOUCHED)]}
    beyond = {draw(case).family for case in range(UNTOUCHED, UNTOUCHED + 300)}
    assert below == of_part("fit", "held out")
    assert beyond == of_part("untouched")


@pytest.mark.skipif(not DATA.exists(), reason="the published cases are not beside the tests")
def test_published_cases_are_what_their_numbers_draw() -> None:
    """New families must not change what an old number meant."""
    seen = set()
    for case in cases():
        number = case.configuration["case"]
        seen.add(case.part)
        assert draw(number) == Configuration(**case.configuration), case.name
        assert (number >= UNTOUCHED) == (case.part == "untouched")
    assert seen == set(PARTS)


@pytest.mark.parametrize("name", FAMILIES)
def test_fresh_rows_are_of_the_same_problem(name: str) -> None:
    first = UNTOUCHED if FAMILIES[name].part == "untouched" else 0
    case = next(case for case in range(first, first + 500) if draw(case).family == name)
    config = replace(draw(case), rows=60, validation="as drawn", validation_rows=40, raw=False)
    one, two = samples(config), samples(config)
    assert all((a == b).all() for a, b in zip(one.more, two.more, strict=True))
    assert one.train[0].shape == (60, *one.population[0].shape[1:])
    assert len(one.more[0]) == 600
    assert np.abs(one.population[0]).max() < 100
    assert not np.array_equal(one.more[0][:60], one.train[0])
    if one.classes:
        assert set(np.unique(one.more[1])) == set(range(one.classes))
    else:
        assert abs(one.population[1].mean()) < 0.2 * config.target_scale


@pytest.mark.parametrize("name", FAMILIES)
def test_rows_have_the_form_that_a_network_for_them_takes(name: str) -> None:
    """Rows of a table, pictures of one channel, steps of a sequence; class numbers from 0 on, or values."""
    family = FAMILIES[name]
    x, y = family.draw(np.random.default_rng(5), np.random.default_rng(6), 200)
    assert x.ndim == {"table": 2, "image": 4, "sequence": 3}[family.kind]
    assert len(x) == len(y) == 200 and y.ndim == 1
    assert np.isfinite(x).all() and np.isfinite(y).all()
    if family.task == "classes":
        assert y.dtype.kind == "i" and y.min() == 0 and len(np.unique(y)) > 1
    else:
        assert y.dtype.kind == "f" and y.std() > 0


DRIVER = """
import json, sys
from pathlib import Path
from benchmarks.truth import generate

def make(config, folder):
    made = folder / f"case{config.case:05d}"
    made.mkdir()
    (made / "case.json").write_text(json.dumps({"seconds": 0.5}))
    return made

generate.make, generate.ANEW = make, 2
generate.main()
print("the first process came to its end")
"""


def test_the_generator_starts_itself_anew_and_goes_on(tmp_path: Path) -> None:
    """After two cases another process takes over: it finds the other two there already, and ends."""
    for there in (2, 3):
        (tmp_path / f"case{there:05d}").mkdir()
    asked = ["--folder", str(tmp_path), "--cases", "0-4"]
    done = subprocess.run([sys.executable, "-c", DRIVER, *asked], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["case00000 0.5 s", "case00001 0.5 s"]


def test_a_tiny_case_trains_for_real_and_comes_back_from_its_file(tmp_path) -> None:
    pytest.importorskip("tensorflow")
    from benchmarks.truth.generate import make

    config = replace(draw(1), case=1, family="moons", rows=64, validation_rows=32, epochs=6, batch=32, width=4, depth=1)
    config = replace(config, optimizer="adam", rate=1e-4, schedule="none", repeated=True, raw=False, batch_norm=False)
    made = make(config, tmp_path / "work")
    measured = json.loads((made / "case.json").read_text())["measured"]
    assert measured["learned"] < 0.35  # 12 small steps teach next to nothing
    assert len(measured["final_population_losses"]) == 4
    assert pack(tmp_path / "work", tmp_path / "t.jsonl.xz") == (tmp_path / "t.jsonl.xz").stat().st_size
    assert unpack(tmp_path / "flat", tmp_path / "t.jsonl.xz") == 1
    rows = list(csv.DictReader((tmp_path / "flat" / "case00001.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == [*"012345"]
    assert set(rows[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    assert (tmp_path / "flat" / "case00001.run4.csv").read_text() != (tmp_path / "flat" / "case00001.csv").read_text()
    assert "case00001.csv" in json.loads((tmp_path / "flat" / "labels.json").read_text())


def test_the_loader_keeps_the_parts_apart(tmp_path) -> None:
    path = tmp_path / "two.jsonl.xz"
    one = {"name": "a", "files": {"a.csv": "epoch,loss\n0,1\n"}, "labels": {"a.csv": {"overfit": True}}}
    rest = {"configuration": {}, "measured": {}, "population": {}}
    with lzma.open(path, "wt") as out:
        for part in PARTS:
            out.write(json.dumps({**one, **rest, "name": part, "part": part}) + "\n")
    assert [case.name for case in cases(path)] == list(PARTS) == ["fit", "held out", "untouched"]
    for part in PARTS:
        assert [case.name for case in cases(path, part)] == [part]
    with pytest.raises(ValueError, match="held out"):
        list(cases(path, "test"))


@pytest.mark.skipif(not DATA.exists(), reason="the published cases are not beside the tests")
def test_the_published_cases_are_whole() -> None:
    found = list(cases())
    assert len(found) > 100
    for case in found:
        assert f"{case.name}.csv" in case.files
        assert {name for key in case.labels for name in key.split("|")} <= set(case.files)
        assert FAMILIES[case.configuration["family"]].part == case.part


def test_the_logged_curves_are_those_of_fit() -> None:
    pytest.importorskip("tensorflow")
    from benchmarks.truth import training

    config = replace(draw(1), family="moons", rows=100, validation_rows=50, epochs=3, batch=32, width=8, depth=2)
    config = replace(config, l2=1e-3, batch_norm=True, dropout=0.0, schedule="none", raw=False)
    data = samples(config)
    trainer = training.Trainer(config, data)
    trainer.begin(3)
    trainer.rng = InOrder()
    told = training.build(config, data)
    told.compile(training._optimizer(config), trainer.loss, metrics=["accuracy"])
    told.set_weights(trainer.model.get_weights())
    mine = trainer.go(3).logs
    theirs = told.fit(*data.train, validation_data=data.validation, batch_size=32, epochs=3, shuffle=False, verbose=0)
    assert mine.keys() == theirs.history.keys()
    for name, values in theirs.history.items():
        assert mine[name] == pytest.approx(values, rel=1e-4)
    assert trainer.curves.penalty[-1] == pytest.approx(float(sum(told.losses)), rel=1e-4)


class InOrder:
    """Rows in the order that they have."""

    def permutation(self, rows: int) -> np.ndarray:
        return np.arange(rows)
