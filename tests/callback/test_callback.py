"""What the callback says, when, and what stays after fit."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose import DiagnoseCallback, Finding, NoHistory, Report, UsageError, diagnose  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def overfits():
    """Labels that nothing tells: a wide network learns them by heart, at the price of its validation loss."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 20)).astype("float32")
    return x, rng.integers(0, 2, 80).astype("float32")


def train(data, callback, epochs=25, model=None, **options):
    if model is None:
        keras.utils.set_random_seed(1)
        layers = [keras.Input((data[0].shape[1],)), keras.layers.Dense(128, "relu"), keras.layers.Dense(1, "sigmoid")]
        model = keras.Sequential(layers, name="wide")
        model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    options = {"validation_split": 0.4, "verbose": 0, **options}
    return model.fit(*data, epochs=epochs, callbacks=[callback], **options)


def test_overfit_is_told_once_and_reported(overfits, capsys):
    callback = DiagnoseCallback()
    train(overfits, callback)
    out = capsys.readouterr().out
    messages = [line for line in out.splitlines() if line.startswith("diagnose: ")]
    assert 1 <= len(messages) <= 3 and "overfit" in messages[0]
    assert out.count("GENERALIZATION") + out.count("generalization problem") == 1
    assert isinstance(callback.report, Report) and callback.report.area == "generalization"
    assert "wide   Keras fit, 25 epochs, loss + accuracy, with validation" in out


def test_it_says_what_diagnose_says_of_the_history(overfits, tmp_path):
    """Word for word of what it saved; of the history alone, which tells nothing of the model, the same findings."""
    callback = DiagnoseCallback(verbose=0)
    history = train(overfits, callback)
    callback.save(tmp_path / "run.json")
    whole = diagnose(tmp_path / "run.json")
    assert [one.to_dict() for one in callback.report.findings] == [one.to_dict() for one in whole.findings]
    assert callback.report.confidence == whole.confidence
    assert [one.rule for one in callback.report.findings] == [one.rule for one in diagnose(history).findings]


def test_verbose_0_is_silent_and_hears(overfits, capsys, tmp_path):
    found = []
    train(overfits, DiagnoseCallback(0, on_finding=found.append, log_to=tmp_path / "log.txt"))
    assert capsys.readouterr().out == ""
    assert found and all(isinstance(one, Finding) for one in found)
    assert (tmp_path / "log.txt").read_text().count("diagnose: epoch") >= 1


def test_messages_are_wrapped_to_the_screen_and_verbose_2_wraps_nothing(overfits, capsys):
    told = {}
    for verbose in (1, 2):
        train(overfits, DiagnoseCallback(verbose, select=["overfit"]))
        lines = capsys.readouterr().out.split("\n\n")[0].splitlines()  # what stands before the report
        told[verbose] = lines[lines.index(next(line for line in lines if line.startswith("diagnose: "))) :]
    assert max(map(len, told[1])) <= 80 < len(told[2][0]) and len(told[1]) > len(told[2])
    assert " ".join(" ".join(told[1]).split()) == " ".join(" ".join(told[2]).split())
    assert " is now " in told[2][0] and " ends " not in told[2][0]


def test_the_report_at_any_time(overfits):
    lengths = []

    class Asks(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            lengths.append(callback.report.curves.length)

    callback = DiagnoseCallback(verbose=0)
    with pytest.raises(NoHistory):
        callback.report  # noqa: B018
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(*overfits, epochs=3, verbose=0, callbacks=[callback, Asks()])
    assert lengths == [1, 2, 3]


def test_stop_on_says_why_and_stops(overfits, capsys):
    callback = DiagnoseCallback(stop_on=["overfit"])
    history = train(overfits, callback, epochs=200)
    assert len(history.epoch) < 60
    assert f"epoch {len(history.epoch)}: training is stopped on overfit, as asked" in capsys.readouterr().out


def test_stop_on_another_problem_does_not_stop(overfits):
    history = train(overfits, DiagnoseCallback(verbose=0, stop_on="diverging"))
    assert len(history.epoch) == 25


@pytest.mark.parametrize("asked", [True, False])
def test_the_best_weights_are_put_back_only_if_asked(overfits, asked):
    callback = DiagnoseCallback(verbose=0, stop_on=("generalization",), restore_best_weights=asked)
    history = train(overfits, callback, epochs=100)
    x, y = overfits[0][48:], overfits[1][48:]
    loss = history.model.evaluate(x, y, verbose=0)[0]
    expected = min(history.history["val_loss"]) if asked else history.history["val_loss"][-1]
    assert loss == pytest.approx(expected, rel=1e-5)


def test_a_second_fit_is_a_new_training(overfits):
    callback = DiagnoseCallback(verbose=0)
    train(overfits, callback)
    train(overfits, callback, epochs=4)
    assert callback.report.curves.length == 4


def test_a_fit_that_goes_on_is_the_same_training(overfits):
    callback = DiagnoseCallback(verbose=0)
    history = train(overfits, callback, epochs=6)
    train(overfits, callback, epochs=10, model=history.model, initial_epoch=6)
    assert callback.report.curves.length == 10 and callback.report.curves.planned == 10


def test_a_fit_that_goes_on_unseen_keeps_the_trainings_numbers(overfits, capsys):
    callback = DiagnoseCallback()
    train(overfits, callback, epochs=130, initial_epoch=100)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("diagnose: epoch")]
    assert all(int(line.split()[2].rstrip(":")) > 100 for line in told) and told
    assert callback.report.curves.length == 30 and callback.report.curves.planned == 30


def test_validation_every_third_epoch(overfits):
    callback = DiagnoseCallback(verbose=0)
    train(overfits, callback, epochs=9, validation_freq=3)
    loss = callback.report.curves.of("validation", "loss")
    assert loss.epochs.tolist() == [3, 6, 9]


def test_the_model_says_which_way_its_metrics_are_better(overfits):
    class Distance(keras.metrics.MeanAbsoluteError):
        """Its name tells nothing."""

    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[Distance(name="apart")])
    callback = DiagnoseCallback(verbose=0)
    train(overfits, callback, epochs=2, model=model)
    assert {one.name: one.direction for one in callback.report.curves.series}["val_apart"] == "min"


def test_where_keras_is_told_not_to_print(overfits, capsys):
    keras.config.disable_interactive_logging()
    try:
        train(overfits, DiagnoseCallback())
    finally:
        keras.config.enable_interactive_logging()
    assert "diagnose" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("task", "spoken"),
    [
        ('{"cluster": {"worker": ["a", "b"]}, "task": {"type": "worker", "index": 0}}', True),
        ('{"cluster": {"worker": ["a", "b"]}, "task": {"type": "worker", "index": 1}}', False),
        ('{"cluster": {"chief": ["c"], "worker": ["a"]}, "task": {"type": "worker", "index": 0}}', False),
        ('{"cluster": {"chief": ["c"], "worker": ["a"]}, "task": {"type": "chief", "index": 0}}', True),
        ("no JSON", True),
    ],
)
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TF_CONFIG is TensorFlow's")
def test_only_the_chief_speaks(overfits, capsys, monkeypatch, tmp_path, task, spoken):
    callback = DiagnoseCallback(log_to=tmp_path / "log")
    monkeypatch.setenv("TF_CONFIG", task)
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    train(overfits, callback, epochs=1, model=model)
    assert bool(capsys.readouterr().out) is spoken and (tmp_path / "log").exists() is spoken


def test_several_replicas_speak_once(overfits, capsys):
    tensorflow = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("MirroredStrategy is TensorFlow's")
    with tensorflow.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
    train(overfits, DiagnoseCallback(), epochs=6, model=model)
    assert capsys.readouterr().out.count("Keras fit, 6 epochs") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"verbose": 3}, "verbose as 0, 1 or 2"),
        ({"select": ["overfitt"]}, "did you mean 'overfit'"),
        ({"stop_on": ["overfits"]}, "did you mean 'overfit'"),
        ({"on_finding": 3}, "on_finding as a function"),
        ({"log_to": ""}, "log_to as a file"),
        ({"log_to": "tensorboard:"}, "without a directory"),
        ({"log_to": "/"}, "the directory /"),
        ({"sample": 3, "inspect": True}, r"a batch \(x, y\)"),
        ({"sample": (1, 2)}, "inspect=True"),
        ({"min_epochs": 0}, "min_epochs as a number from 1"),
    ],
)
def test_arguments_that_do_not_fit(options, message):
    with pytest.raises(UsageError, match=message):
        DiagnoseCallback(**options)


def test_the_docstring_tells_every_argument_and_its_default():
    import inspect

    doc = inspect.getdoc(DiagnoseCallback)
    for name, one in list(inspect.signature(DiagnoseCallback).parameters.items()):
        default = repr(one.default).replace("'", '"')
        line = next(line for line in doc.splitlines() if line.startswith(f"{name} "))
        assert f"default {default}" in line, line


def test_importing_diagnose_loads_no_keras_and_the_callback_loads_only_keras():
    code = (
        "import sys, diagnose\nassert not {'keras', 'tensorflow'} & set(sys.modules)\n"
        "from diagnose import DiagnoseCallback\nassert 'keras' in sys.modules\n"
        "before = set(sys.modules); import diagnose.callback; assert set(sys.modules) == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_without_keras_one_line_says_what_to_install(tmp_path):
    (tmp_path / "keras.py").write_text("raise ModuleNotFoundError('no', name='keras')")
    code = "import diagnose\ntry: diagnose.DiagnoseCallback\nexcept diagnose.MissingDependency as error: print(error)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert "needs Keras, and keras is not installed: pip install" in done.stdout


def test_an_epoch_whose_loss_is_lost_is_inspected_at_once(data, make):
    """From the 24th epoch on the weights are NaN; by the schedule the 19th and the 28th epoch are looked at."""
    callback = DiagnoseCallback(0)
    rate = keras.callbacks.LearningRateScheduler(lambda epoch: float("nan") if epoch >= 23 else 0.01)
    model = make(optimizer="sgd", loss="mse")  # PyTorch has no cross-entropy of NaN
    model.fit(*data, epochs=36, verbose=0, callbacks=[rate, callback])
    inside = callback.report.curves.inside
    assert inside.epochs.tolist()[-7:] == [13, 19, 24, 25, 26, 28, 36]
    assert (inside.lost[inside.epochs >= 24, 0] == 1).all() and (inside.lost[inside.epochs < 24] == 0).all()
    assert callback.report.findings[0].evidence["first_epoch"] == 24
