"""Every technique advises on every kind of history, with values fitted to it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from diagnose.curves import Curves, Series
from diagnose.errors import UsageError
from diagnose.report import Finding
from diagnose.techniques import Case, get, names

# fmt: off
LEARNING = [
    "learning-rate", "learning-rate-schedule", "adaptive-optimizer", "batch-size", "more-epochs", "loss-function",
    "data-scaling", "batch-normalization", "activation", "weight-initialization", "gradient-clipping", "capacity",
    "shuffling", "layer-wise-pretraining", "transfer-learning", "data-audit", "matching-metric",
]
GENERALIZATION = [
    "weight-regularization", "weight-constraint", "activity-regularization", "input-noise", "dropout",
    "early-stopping", "more-data", "resplit", "label-smoothing", "comparable-evaluation",
]
PREDICTION = [
    "model-averaging", "resampling-ensemble", "horizontal-ensemble", "snapshot-ensemble",
    "weighted-average-ensemble", "stacking", "weight-averaging", "repeat-runs",
]
RULES = [
    "underfit-flat", "underfit-unfinished", "slow-learning", "underfit-plateau", "diverging", "oscillating",
    "overfit", "overconfident", "unrepresentative-training", "unrepresentative-validation", "validation-easier",
    "high-variance", "run-variance", "chance-level", "constant-metric", "never-generalized", "suspected-leak",
    "not-comparable", "collapse", "wrong-output", "vanishing-gradients", "exploding-gradients", "dead-units",
    "saturated-units", "unscaled-inputs", "non-finite-data", "somebody-elses-rule",
]
# fmt: on
HEADINGS = ["What it changes", "When it helps", "Settings", "Risks", "Sources"]


def series(name, split, metric, direction, values):
    values = np.asarray(values, float)
    return Series(name, split, metric, direction, np.arange(1, len(values) + 1), values)


def case(
    rule="overfit", *curves, length=120, best_epoch=20, monitor="val_loss", mode="min", rate=None, curve=None, **more
):
    """An overfit run of 120 epochs, unless told otherwise."""
    if not curves:
        x = np.arange(1, length + 1)
        train = series("loss", "train", "loss", "min", 1 / x)
        held_out = series("val_loss", "validation", "loss", "min", 0.37 + np.abs(x - best_epoch) / 500)
        curves = (train, held_out)
    rates = None if rate is None else np.full(length, rate)
    run = Curves(tuple(curves), length, learning_rate=rates, **more)
    epochs = (best_epoch, length)
    finding = Finding(rule, "generalization", 0.9, curve or monitor, epochs, 0.5, {}, (), "{nothing}")
    return Case(finding, run, monitor, mode, length, best_epoch, rate)


ACCURACY = (
    series("acc", "train", "accuracy", "max", [0.5, 0.7, 0.8, 0.9]),
    series("val_acc", "validation", "accuracy", "max", [0.5, 0.6, 0.7, 0.6]),
)
CASES = {
    "keras": case(),
    "short": case(length=2, best_epoch=1, rate=0.01),
    "long": case(length=100_000, rate=1e-6),
    "accuracy only": case("overfit", *ACCURACY, length=4, best_epoch=3, monitor="val_acc", mode="max"),
    "no validation": case("diverging", ACCURACY[0], length=4, monitor="acc", mode="max", curve="acc"),
    "not a number": case(
        "diverging",
        series("loss", "train", "loss", "min", [np.nan] * 3),
        series("val_loss", "validation", "loss", "min", [np.inf] * 3),
        length=3,
        rate=1.0,
    ),
    "regression": case(
        "underfit-flat",
        series("mae", "train", "mean_absolute_error", "min", [3, 3, 3]),
        series("val_mae", "validation", "mean_absolute_error", "min", [3, 3, 3]),
        length=3,
        monitor="val_mae",
    ),
    "steps": case(length=50, axis="step", numbering=np.arange(50.0) * 500),
    "foreign names": case(
        "overfit",
        series("Training Loss", "train", "loss", "min", [2, 1, 0.5]),
        series('eval/"loss"\n%s{x}\\', "validation", "loss", "min", [2, 1, 1.5]),
        length=3,
        monitor='eval/"loss"\n%s{x}\\',
        best_epoch=2,
    ),
    "negative": case("collapse", series("loss", "train", "loss", "min", [-1, -5, 3]), length=3, monitor="loss"),
}


def test_exactly_the_promised_techniques_exist():
    assert list(names()) == sorted(LEARNING + GENERALIZATION + PREDICTION)


@pytest.mark.parametrize(
    ("area", "slugs"), [("learning", LEARNING), ("generalization", GENERALIZATION), ("prediction", PREDICTION)]
)
def test_techniques_belong_to_their_area(area, slugs):
    assert {get(slug).area for slug in slugs} == {area}


def test_an_unknown_technique_is_a_usage_error():
    with pytest.raises(UsageError, match="early-stopping"):
        get("early-stoping")


@pytest.mark.parametrize("slug", names())
def test_the_explanation_has_every_heading_in_order_and_is_short(slug):
    title, *rest = get(slug).doc.strip().split("\n")
    assert title.endswith(".") and len(title) <= 100
    found = [line for line in rest if line and not line.startswith(" ")]
    assert found == HEADINGS
    for section in "\n".join(rest).split("\n\n"):
        lines = [line for line in section.split("\n")[1:] if line.strip()]
        assert 1 <= len(lines) <= 4, section


@pytest.mark.parametrize("slug", names())
def test_sources_have_a_year(slug):
    found = get(slug)
    sources = found.doc.split("Sources\n")[1]
    assert re.search(r"\((19|20)\d\d\)", sources) or "Keras documentation" in sources
    assert re.search(r"\b(19|20)\d\d\b", found.source) or "Keras documentation" in found.source


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("slug", names())
def test_code_compiles_and_texts_fit(slug, name):
    advice = get(slug).advise(CASES[name])
    compile(advice.code, slug, "exec")
    assert advice.code.startswith("# yours: ") and advice.code.endswith("\n")
    assert "import" in advice.code or slug == "shuffling"
    assert max(map(len, advice.code.split("\n"))) <= 125
    assert 10 <= len(advice.brief) <= 60 and "\n" not in advice.brief
    assert advice.why.endswith(".") and "  " not in advice.why and "None" not in advice.why


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("slug", names())
def test_every_rule_may_name_every_technique(slug, rule):
    advice = get(slug).advise(case(rule, rate=0.01))
    compile(advice.code, slug, "exec")
    assert len(advice.brief) <= 60


def test_the_reason_holds_this_historys_numbers():
    why = get("early-stopping").advise(case()).why
    assert "epoch 20" in why and "0.370" in why and "0.570" in why


def test_a_rule_that_is_not_known_is_named():
    assert "somebody elses rule" in get("dropout").advise(case("somebody-elses-rule")).why


def test_a_step_is_called_what_the_history_calls_it():
    assert "step 9500" in get("early-stopping").advise(CASES["steps"]).why


@pytest.mark.parametrize(
    ("length", "patience"),
    [(10, 5), (50, 5), (120, 12), (4000, 400), (1_000_000, 100_000)],  # a tenth, at least 5
)
def test_patience_is_a_tenth_of_the_run(length, patience):
    advice = get("early-stopping").advise(case(length=length, best_epoch=5))
    assert advice.brief == f"EarlyStopping(patience={patience}, restore_best_weights=True)"
    assert f'EarlyStopping("val_loss", patience={patience}, restore_best_weights=True)' in advice.code
    assert f"epochs={length}" in advice.code


def test_the_mode_is_given_only_where_keras_cannot_know_it():
    assert (
        'EarlyStopping("val_acc", mode="max", patience=5' in get("early-stopping").advise(CASES["accuracy only"]).code
    )
    assert "mode=" not in get("early-stopping").advise(CASES["keras"]).code
    assert "mode=" not in get("early-stopping").advise(CASES["regression"]).code
    own = series("val_wer", "validation", "wer", "min", [0.5, 0.4])
    advised = get("early-stopping").advise(case("overfit", own, length=2, monitor="val_wer"))
    assert '"val_wer", mode="min"' in advised.code


def test_a_foreign_name_becomes_the_one_keras_uses():
    assert 'EarlyStopping("val_loss",' in get("early-stopping").advise(CASES["foreign names"]).code
    valid = series("valid_accuracy", "validation", "accuracy", "max", [0.1, 0.2])
    advised = get("early-stopping").advise(case("overfit", valid, length=2, monitor="valid_accuracy", mode="max"))
    assert '"val_accuracy", mode="max"' in advised.code


@pytest.mark.parametrize(
    ("rule", "brief", "rates"),
    [
        ("diverging", "learning_rate=0.001 (it was 0.01), then 0.003", "(0.001, 0.003, 0.0001)"),
        ("oscillating", "learning_rate=0.001 (it was 0.01), then 0.003", "(0.001, 0.003, 0.0001)"),
        ("collapse", "learning_rate=0.001 (it was 0.01), then 0.003", "(0.001, 0.003, 0.0001)"),
        ("high-variance", "learning_rate=0.001 (it was 0.01), then 0.003", "(0.001, 0.003, 0.0001)"),
        ("slow-learning", "learning_rate=0.1 (it was 0.01), then 0.03", "(0.1, 0.03, 0.3)"),
        ("underfit-flat", "learning_rate=0.1 (it was 0.01), then 0.001", "(0.1, 0.001, 0.0001)"),
    ],
)
def test_the_learning_rate_moves_as_the_finding_asks(rule, brief, rates):
    advice = get("learning-rate").advise(case(rule, rate=0.01))
    assert advice.brief == brief
    assert f"for rate in {rates}:" in advice.code


def test_a_rate_that_was_never_logged_is_read_from_the_optimizer():
    advice = get("learning-rate").advise(case("diverging"))
    assert advice.brief == "learning_rate: a tenth of today's (Adam's default: 0.001)"
    assert "float(build_model().optimizer.learning_rate)" in advice.code
    assert "for rate in (0.1 * today, 0.3 * today, 0.01 * today):" in advice.code


def test_a_schedule_is_measured_by_its_highest_rate():
    decayed = Curves(CASES["keras"].curves.series, 120, learning_rate=np.r_[np.nan, np.geomspace(0.1, 1e-6, 119)])
    one = CASES["keras"]
    late = Case(one.finding, decayed, one.monitor, one.mode, 120, 20, 1e-6)
    assert "it was 0.1" in get("learning-rate").advise(late).code


def test_unfinished_runs_get_twice_and_slow_ones_four_times_the_epochs():
    assert get("more-epochs").advise(case("underfit-unfinished")).brief == (
        "epochs=240 (2x), with EarlyStopping(patience=24)"  # a tenth of the lengthened run
    )
    assert "epochs=480" in get("more-epochs").advise(case("slow-learning")).code


def test_without_validation_nothing_is_asked_of_it():
    for slug in ("more-epochs", "gradient-clipping", "learning-rate", "batch-size", "learning-rate-schedule"):
        assert "val" not in get(slug).advise(CASES["no validation"]).code.replace("interval", "")


def test_a_history_of_steps_leaves_the_epochs_to_the_user():
    code = get("more-epochs").advise(CASES["steps"]).code
    assert "epochs=2 * epochs" in code and "epochs (as many as so far)" in code.split("\n")[0]


def test_targets_are_scaled_in_a_regression_only():
    assert "y_train.mean" in get("data-scaling").advise(CASES["regression"]).code
    assert "y_train.mean" not in get("data-scaling").advise(CASES["accuracy only"]).code


def test_a_bigger_model_for_underfit_and_a_smaller_one_for_overfit():
    assert "2 * settings[name]" in get("capacity").advise(case("underfit-plateau")).code
    assert "settings[name] // 2" in get("capacity").advise(case("overfit")).code


def test_only_labels_are_stratified():
    assert get("resplit").advise(CASES["accuracy only"]).brief == "train_test_split(x, y, test_size=0.3, stratify=y)"
    quantity = get("resplit").advise(CASES["regression"])
    assert quantity.brief == "train_test_split(x, y, test_size=0.3)"
    assert "tratif" not in quantity.why + quantity.code
    assert get("resplit").advise(CASES["keras"]).brief == quantity.brief  # a loss alone doesn't tell


def test_code_that_takes_a_model_apart_says_which_models_it_takes():
    apart = "# needs a Sequential or functional model"
    for slug in ("label-smoothing", "loss-function", "dropout", "capacity", "data-scaling", "model-averaging"):
        assert get(slug).advise(CASES["keras"]).code.split("\n")[1] == apart
    for slug in ("early-stopping", "gradient-clipping", "repeat-runs"):
        assert apart not in get(slug).advise(CASES["keras"]).code


def test_label_smoothing_tells_what_keras_really_does():
    assert "0.95 and 0.05" in get("label-smoothing").doc and "0.9 and 0.1" not in get("label-smoothing").doc


def boosted(rule="overfit", producer="boosting evals_result", **more):
    return case(rule, length=200, axis="iteration", producer=producer, extra={"kind": "boosting"}, **more)


@pytest.mark.parametrize(
    ("slug", "rule", "producer", "brief"),
    [
        ("early-stopping", "overfit", "XGBoost output", "early_stopping_rounds=20, with eval_set=[(x_val, y_val)]"),
        ("early-stopping", "overfit", "LightGBM output", "callbacks=[lightgbm.early_stopping(20)]"),
        ("weight-regularization", "overfit", "XGBoost output", "reg_lambda=10, then 100 (it is often 0 to 3)"),
        ("dropout", "overfit", "boosting evals_result", 'booster="dart", rate_drop=0.1'),
        ("dropout", "overfit", "LightGBM output", 'boosting_type="dart", drop_rate=0.1'),
        ("dropout", "overfit", "CatBoost", "rsm=0.8 (a share of the columns a split), then 0.5"),
        ("learning-rate", "oscillating", "XGBoost output", "learning_rate=0.03, then 0.01; more n_estimators"),
        ("learning-rate", "slow-learning", "XGBoost output", "learning_rate=0.1, then 0.3"),
        ("more-epochs", "underfit-unfinished", "XGBoost output", "n_estimators=400 (2x), early_stopping_rounds=20"),
        ("more-epochs", "slow-learning", "CatBoost output", "iterations=800 (4x), early_stopping_rounds=20"),
        ("capacity", "overfit", "XGBoost output", "max_depth=4, then 3"),
        ("capacity", "underfit-plateau", "LightGBM output", "num_leaves=63, then 127"),
    ],
)
def test_boosted_trees_get_their_own_settings(slug, rule, producer, brief):
    advice = get(slug).advise(boosted(rule, producer))
    assert advice.brief == brief
    compile(advice.code, slug, "exec")
    assert max(map(len, advice.code.split("\n"))) <= 125
    assert "build_booster()" in advice.code.split("\n")[0]
    assert "keras" not in (advice.why + advice.code).lower()


def test_elsewhere_boosted_trees_are_told_that_the_code_is_for_keras():
    assert "(the code is for Keras, not for boosted trees): " in get("batch-size").advise(boosted()).why
    assert "Keras" not in get("batch-size").advise(CASES["keras"]).why


def test_rounds_are_counted_by_the_history_and_not_by_its_rows():
    every_tenth = boosted("underfit-unfinished", numbering=np.arange(0.0, 2000, 10))
    assert "n_estimators=3982 " in get("more-epochs").advise(every_tenth).brief  # rounds 0 to 1990, twice


BOOSTED = ["early-stopping", "weight-regularization", "dropout", "learning-rate", "more-epochs", "capacity"]


@pytest.mark.filterwarnings("ignore:The argument 'eval_set' is deprecated")
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
@pytest.mark.parametrize("slug", BOOSTED)
def test_the_code_for_boosted_trees_runs(slug, library, told):
    module = pytest.importorskip(library, reason=f"needs {library}")
    x = np.random.default_rng(0).normal(size=(80, 3))
    y = (x.sum(axis=1) > 0).astype(int)
    known = {
        "xgboost": lambda: module.XGBClassifier(n_estimators=3, verbosity=0),
        "lightgbm": lambda: module.LGBMClassifier(n_estimators=3, verbose=-1),
    }
    space = {"build_booster": known[library], "x_train": x[:60], "y_train": y[:60], "x_val": x[60:], "y_val": y[60:]}
    one = boosted("overfit", f"{library} output") if told else boosted()
    exec(compile(get(slug).advise(one).code, slug, "exec"), space)
    assert 0.5 < space["model"].score(x[:60], y[:60]) <= 1
