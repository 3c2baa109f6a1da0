"""What holds for every rule whose confidence is a fitted model, whatever the weights are at present."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.curves import Curves, Series
from diagnose.evidence.belief import Model, Term
from diagnose.evidence.run import Run
from diagnose.readers import read
from diagnose.registry import CannotJudge, Verdict, load_rules

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MODELS = {slug: rule.model for slug, rule in load_rules().items() if rule.model is not None}
EACH_TERM = [(slug, name) for slug, model in MODELS.items() for name in model.terms]
SURE = 0.7  # what a case as clear as can be must come to
MEASURES = st.floats(-10, 10, allow_subnormal=False)
every_model = pytest.mark.parametrize("slug", MODELS)
every_term = pytest.mark.parametrize(("slug", "name"), EACH_TERM)


def test_the_rules_with_a_model():
    assert set(MODELS) >= {
        "overfit",
        "overconfident",
        "underfit-unfinished",
        "unrepresentative-training",
        "unrepresentative-validation",
        "validation-easier",
    }


# The weights


@every_model
def test_there_is_one_weight_a_term_and_the_constant(slug):
    weights = sys.modules[load_rules()[slug].module].WEIGHTS
    assert MODELS[slug].weights is weights
    assert set(weights) == {"constant", *MODELS[slug].terms}


@every_model
def test_no_weight_turns_a_reason_round(slug):
    model = MODELS[slug]
    assert all(0 <= model.weights[name] < math.inf and term.prior >= 0 for name, term in model.terms.items())
    assert math.isfinite(model.weights["constant"])


# The terms


@every_term
def test_a_term_has_a_scale_and_two_sides(slug, name):
    """Speaking against the claim must be possible; not every term can speak for it."""
    term = MODELS[slug].terms[name]
    assert term.spread > 0 and (term.half > 0 or not term.log)
    assert term.low < 0 <= term.high
    assert term.low <= term.unknown <= term.high


@st.composite
def evidence(draw: Any, model: Model) -> dict[str, float]:
    """Any measures, some of them missing."""
    anything = MEASURES | st.sampled_from([0.0, math.nan, math.inf, -math.inf, 1e-9, 1e9])
    return {name: draw(anything) for name in model.terms if draw(st.integers(0, 4))}


@every_term
@given(data=st.data())
def test_a_measure_that_moves_for_the_claim_never_makes_it_less_sure(slug, name, data):
    model = MODELS[slug]
    others = data.draw(evidence(model))
    one, two = sorted(data.draw(st.tuples(MEASURES, MEASURES)))
    before, after = (two, one) if model.terms[name].against else (one, two)
    assert model({**others, name: before}) <= model({**others, name: after})


@every_term
def test_a_measure_counts(slug, name):
    """Moved over its whole range it changes the confidence, unless it was fitted to nothing."""
    model = MODELS[slug]
    far = {False: model({name: -math.inf}), True: model({name: math.inf})}
    assert far[False] != far[True] or model.weights[name] == 0


@every_model
def test_it_can_be_sure_and_be_sure_of_the_contrary(slug):
    model = MODELS[slug]
    assert model(extreme(model, 1)) > SURE
    assert model(extreme(model, -1)) < 0.01


@every_term
def test_no_measure_is_enough_when_all_others_speak_against_it(slug, name):
    model = MODELS[slug]
    assert model({**extreme(model, -1), name: extreme(model, 1)[name]}) < 0.5


def extreme(model: Model, side: int) -> dict[str, float]:
    return {name: -side * math.inf if term.against else side * math.inf for name, term in model.terms.items()}


# The confidence, worked out again from the evidence alone, as `diagnose explain` tells


def by_hand(model: Model, told: dict[str, float]) -> float:
    x = model.weights["constant"]
    for name, term in model.terms.items():
        x += model.weights[name] * number(term, told.get(name, math.nan))
    return 1 / (1 + math.e**-x)


def number(term: Term, measure: float) -> float:
    """ln(measure / half) / spread, or (measure - half) / spread, the sign turned where it is against, within low and high."""
    if math.isnan(measure):
        return term.unknown
    if term.log:
        far = math.log2(measure) - math.log2(term.half) if measure > 0 else -math.inf
        away = far * math.log(2) / term.spread
    else:
        away = measure / term.spread - term.half / term.spread
    return sorted([term.low, -away if term.against else away, term.high])[1]


def agrees(slug: str, run: Run) -> bool:
    """Whether there is a verdict; if so it has to be what its evidence says."""
    verdict = load_rules()[slug].judge(run)
    if isinstance(verdict, CannotJudge):
        return False
    assert isinstance(verdict, Verdict)
    told = {name: float(value) for name, value in verdict.evidence.items()}
    model, found = by_hand(MODELS[slug], told), verdict.confidence
    module = sys.modules[load_rules()[slug].module]
    if slug == "underfit-unfinished" and nothing_left(run, module):
        assert found == pytest.approx(module.HARDLY * model, rel=1e-9)
    elif slug == "overfit" and run.train is None:
        assert found == pytest.approx(min(model, module.BLIND), rel=1e-9)
    else:
        assert found == pytest.approx(model, rel=1e-9)
    return True


def nothing_left(run: Run, module: Any) -> bool:
    held = run.accuracy(run.val_score)
    vanished = run.train is not None and abs(run.train.end) < module.VANISHED * abs(run.train.start)
    return held is not None and held[-1] >= module.PERFECT and vanished


def fixtures() -> list[Run]:
    expected = json.loads((FIXTURES / "expected.json").read_text())
    return [Run(read(str(FIXTURES / case))[0][0]) for case in expected if not expected[case]["repeats"]]


@pytest.fixture(scope="module")
def recorded() -> list[Run]:
    runs = [run for run in fixtures() if not run.short]
    assert len(runs) > 50
    return runs


@every_model
def test_the_confidence_of_a_fixture_follows_from_its_evidence(slug, recorded):
    assert sum(agrees(slug, run) for run in recorded) > 30


@every_model
def test_what_a_model_asks_for_is_measured(slug, recorded):
    """A term under another name than the evidence's would be unknown for ever."""
    verdicts = [load_rules()[slug].judge(run) for run in recorded]
    seen = {name for one in verdicts if isinstance(one, Verdict) for name in one.evidence}
    assert set(MODELS[slug].terms) <= seen


@st.composite
def drawn(draw: Any) -> Run:
    """A descent to some level, a turn, a gap, noise; a validation accuracy, a training curve and rates now and then."""
    length = draw(st.integers(8, 80))
    at = np.arange(length) / length
    noise = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).normal(size=(3, length))
    speed, level = draw(st.floats(0.02, 5)), draw(st.floats(0, 2))
    falls = level + np.exp(-at / speed)
    turn = draw(st.floats(0, 3)) * np.maximum(at - draw(st.floats(0, 1)), 0)
    lift, size = draw(st.floats(0.3, 3)), draw(st.sampled_from([0.0, 0.001, 0.02, 0.3]))
    lists = {"val_loss": lift * (falls + turn) * (1 + size * noise[0])}
    if draw(st.integers(0, 5)):
        lists["loss"] = falls * (1 + draw(st.sampled_from([0.0, 0.1, 1.0])) * size * noise[1])
    if draw(st.booleans()):
        lists["val_accuracy"] = np.clip(1 - draw(st.floats(0, 0.7)) * np.exp(-at) + 0.01 * noise[2], 0, 1)
    rates = np.geomspace(1, draw(st.floats(1e-4, 1)), length) if draw(st.booleans()) else None
    if rates is not None and draw(st.booleans()):
        rates = np.where(at < draw(st.floats(0, 1)), np.nan, rates)
    return Run(Curves(tuple(series(name, values) for name, values in lists.items()), length, learning_rate=rates))


def series(name: str, values: np.ndarray) -> Series:
    metric = name.removeprefix("val_")
    way = "max" if metric == "accuracy" else "min"
    split = "train" if metric == name else "validation"
    return Series(name, split, metric, way, np.arange(1, values.size + 1), np.ascontiguousarray(values))


@every_model
@given(run=drawn())
def test_the_confidence_of_any_curves_follows_from_their_evidence(slug, run):
    agrees(slug, run)
