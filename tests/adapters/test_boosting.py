"""XGBoost and LightGBM trained for real: the callback says what ``diagnose`` says of their evals_result."""

import numpy as np
import pytest

from diagnose import diagnose


@pytest.fixture(scope="module")
def data():
    """Labels that nothing tells: boosting learns them by heart."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(200, 10)), rng.integers(0, 2, 200)


def agree(callback, evals_result, tmp_path):
    whole = diagnose(evals_result)
    callback.save(tmp_path / "run.json")
    for report in (callback.report, diagnose(tmp_path / "run.json")):
        assert report.diagnosis == whole.diagnosis
        assert {one.rule: one.confidence for one in report.findings} == {
            one.rule: one.confidence for one in whole.findings
        }
        assert [one.technique for one in report.recommendations] == [one.technique for one in whole.recommendations]
        assert report.curves.axis == "iteration" and report.curves.length == whole.curves.length
    return whole


def test_xgboost(data, capsys, tmp_path):
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    from diagnose.adapters import XGBoostCallback

    x, y = data
    sets = [(xgboost.DMatrix(x[:120], y[:120]), "train"), (xgboost.DMatrix(x[120:], y[120:]), "eval")]
    options = {"objective": "binary:logistic", "eval_metric": ["logloss", "auc"], "nthread": 1}

    def train(rounds, callback=None):
        record = {}
        callbacks = [callback] if callback else []
        booster = xgboost.train(
            options, sets[0][0], rounds, evals=sets, evals_result=record, verbose_eval=False, callbacks=callbacks
        )
        return record, booster

    callback = XGBoostCallback()
    record, booster = train(60, callback)
    assert agree(callback, record, tmp_path).area == "generalization"
    out = capsys.readouterr().out
    assert "XGBoost, 60 points" in out and out.count("diagnose: epoch") == 0 and "diagnose: iteration " in out
    without, plain = train(60)
    assert record == without and booster.save_raw("json") == plain.save_raw("json")
    stopped, _ = train(500, XGBoostCallback(0, stop_on=["generalization"]))
    assert len(stopped["eval"]["logloss"]) < 100


def test_xgboost_of_scikit_learn(data, tmp_path):
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    from diagnose.adapters import XGBoostCallback

    x, y = data
    callback = XGBoostCallback(0)
    model = xgboost.XGBClassifier(n_estimators=40, n_jobs=1, callbacks=[callback])
    model.fit(x[:120], y[:120], eval_set=[(x[:120], y[:120]), (x[120:], y[120:])], verbose=False)
    agree(callback, model.evals_result(), tmp_path)


def test_lightgbm(data, capsys, tmp_path):
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    from diagnose.adapters import LightGBMCallback

    x, y = data
    options = {"objective": "binary", "metric": ["binary_logloss", "auc"], "verbose": -1, "num_threads": 1}

    def train(rounds, *callbacks):
        train_set = lightgbm.Dataset(x[:120], y[:120])
        sets = {"valid_sets": [train_set, train_set.create_valid(x[120:], y[120:])], "valid_names": ["train", "valid"]}
        record = {}
        callbacks = [lightgbm.record_evaluation(record), *callbacks]
        return record, lightgbm.train(options, train_set, rounds, callbacks=callbacks, **sets)

    callback = LightGBMCallback()
    record, booster = train(60, callback)
    assert agree(callback, record, tmp_path).area == "generalization"
    assert "LightGBM, 60 points" in capsys.readouterr().out
    without, plain = train(60)
    assert record == without and booster.model_to_string() == plain.model_to_string()
    stopped, _ = train(500, LightGBMCallback(0, stop_on=["generalization"]))
    assert len(stopped["valid"]["auc"]) < 100


@pytest.mark.filterwarnings("ignore:The argument 'eval_set' is deprecated")  # its successor is new in 4.7
@pytest.mark.parametrize("way", ["callback", "parameter", "scikit-learn"])
def test_lightgbms_own_early_stopping_ends_with_the_report(data, capsys, way):
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    from diagnose.adapters import LightGBMCallback

    x, y = data
    options = {"objective": "binary", "metric": "binary_logloss", "verbose": -1, "num_threads": 1}
    stopping = lightgbm.early_stopping(20, verbose=False)

    def train(*callbacks):
        record = {}
        callbacks = [lightgbm.record_evaluation(record), *callbacks, *([] if way == "parameter" else [stopping])]
        if way == "scikit-learn":
            model = lightgbm.LGBMClassifier(n_estimators=300, n_jobs=1, verbose=-1)
            sets = [(x[:120], y[:120]), (x[120:], y[120:])]
            model.fit(x[:120], y[:120], eval_set=sets, callbacks=callbacks)
            return record, model.booster_
        train_set = lightgbm.Dataset(x[:120], y[:120])
        sets = {"valid_sets": [train_set, train_set.create_valid(x[120:], y[120:])], "valid_names": ["train", "valid"]}
        more = {"early_stopping_round": 20} if way == "parameter" else {}
        return record, lightgbm.train({**options, **more}, train_set, 300, callbacks=callbacks, **sets)

    callback = LightGBMCallback()
    record, booster = train(callback)
    rounds = callback.report.curves.length
    assert rounds == booster.best_iteration + 20 < 300
    assert capsys.readouterr().out.count(f"LightGBM, {rounds} points") == 1
    without, plain = train()
    assert record == without and booster.model_to_string() == plain.model_to_string()


def test_an_error_inside_does_not_end_the_training(data, monkeypatch):
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    from diagnose.adapters import XGBoostCallback
    from diagnose.live import Live

    monkeypatch.setattr(Live, "news", lambda self: 1 / 0)
    x, y = data
    matrix, record = xgboost.DMatrix(x, y), {}
    with pytest.warns(RuntimeWarning, match="ZeroDivisionError"):
        xgboost.train(
            {}, matrix, 5, evals=[(matrix, "train")], evals_result=record, verbose_eval=0, callbacks=[XGBoostCallback()]
        )
    assert len(record["train"]["rmse"]) == 5
