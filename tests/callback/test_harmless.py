"""With the callback or without it: the same weights, optimizer, history and random numbers, bit by bit."""

import random
import warnings

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

from diagnose import DiagnoseCallback  # noqa: E402

FIT = {"epochs": 14, "batch_size": 16, "validation_split": 0.25}


class OwnStep(keras.Model):
    """A model with a train_step of its own, on any backend: it counts its calls, and trains as ever."""

    def __init__(self):
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(8, "relu"), keras.layers.Dense(1, "sigmoid")

    def call(self, inputs):
        return self.out(self.hidden(inputs))

    def train_step(self, *args, **kwargs):
        return super().train_step(*args, **kwargs)


def own_step(make):
    keras.utils.set_random_seed(1)
    model = OwnStep()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def two_outputs(make):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((8,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(8, "relu")(inputs))
    a = keras.layers.Dense(1, "sigmoid", name="a")(hidden)
    b = keras.layers.Dense(1, name="b")(hidden)
    model = keras.Model(inputs, {"a": a, "b": b})
    model.compile("adam", {"a": "binary_crossentropy", "b": "mse"}, metrics={"a": ["accuracy"], "b": ["mae"]})
    return model


def generated(x, y):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, at):
            return x[16 * at : 16 * at + 16], y[16 * at : 16 * at + 16]

    return Batches()


def tf_data(x, y):
    tensorflow = pytest.importorskip("tensorflow")
    return tensorflow.data.Dataset.from_tensor_slices((x, y)).shuffle(60, seed=3).batch(16)


def endless(x, y):
    rng = np.random.default_rng(4)
    while True:
        rows = rng.integers(0, len(x), 16)
        yield x[rows], y[rows]


CASES = {
    "shuffling": (lambda make: make(), lambda model, x, y, **kw: model.fit(x, y, **FIT, **kw)),
    "dropout": (lambda make: make(dropout=0.5), lambda model, x, y, **kw: model.fit(x, y, **FIT, **kw)),
    "steps_per_execution": (
        lambda make: make(steps_per_execution=3),
        lambda model, x, y, **kw: model.fit(x, y, **FIT, **kw),
    ),
    "jit_compile": (lambda make: make(jit_compile=True), lambda model, x, y, **kw: model.fit(x, y, **FIT, **kw)),
    "eager": (
        lambda make: make(run_eagerly=True),
        lambda model, x, y, **kw: model.fit(x, y, **{**FIT, "epochs": 12}, **kw),
    ),
    "validation_freq": (lambda make: make(), lambda model, x, y, **kw: model.fit(x, y, **FIT, validation_freq=3, **kw)),
    "custom train_step": (own_step, lambda model, x, y, **kw: model.fit(x, y, **FIT, **kw)),
    "PyDataset": (lambda make: make(), lambda model, x, y, **kw: model.fit(generated(x, y), epochs=12, **kw)),
    "generator": (
        lambda make: make(),
        lambda model, x, y, **kw: model.fit(endless(x, y), steps_per_epoch=4, epochs=12, **kw),
    ),
    "tf.data": (lambda make: make(), lambda model, x, y, **kw: model.fit(tf_data(x, y), epochs=12, **kw)),
    "sample weights": (
        lambda make: make(weighted_metrics=["accuracy"]),
        lambda model, x, y, **kw: model.fit(x, y, sample_weight=np.linspace(0.1, 1, len(x)), **FIT, **kw),
    ),
    "several outputs": (two_outputs, lambda model, x, y, **kw: model.fit(x, {"a": y, "b": x[:, 1]}, **FIT, **kw)),
    "initial_epoch": (lambda make: make(), lambda model, x, y, **kw: model.fit(x, y, **FIT, initial_epoch=3, **kw)),
    "no validation": (lambda make: make(), lambda model, x, y, **kw: model.fit(x, y, epochs=12, **kw)),
    "a metric of several numbers": (
        lambda make: make(metrics=[keras.metrics.F1Score(name="f1")]),
        lambda model, x, y, **kw: model.fit(x, y[:, None], **FIT, **kw),
    ),
    "NaN": (
        lambda make: make(loss="mse", metrics=[]),
        lambda model, x, y, **kw: model.fit(x, np.where(np.arange(len(y)) == 0, np.nan, y), **FIT, **kw),
    ),
}


def repeated(model, x, y, **kw):
    model.fit(x, y, **FIT, **kw)
    return model.fit(x, y, **{**FIT, "epochs": 20}, initial_epoch=14, **kw)


CASES["repeated fit"] = (lambda make: make(), repeated)


def trained(case, make, data, callbacks):
    build, fit = CASES[case]
    model = build(make)
    np.random.seed(5)
    random.seed(5)
    history = fit(model, *data, callbacks=callbacks, verbose=0)
    variables = [*model.weights, *model.optimizer.variables]
    return {
        "weights": [np.asarray(keras.ops.convert_to_numpy(one)).tobytes() for one in variables],
        "history": [(name, np.asarray(values).tobytes()) for name, values in history.history.items()],
        "numpy": np.random.get_state()[1].tobytes() + bytes([np.random.get_state()[2] % 256]),
        "python": random.getstate(),
        "keras": keras.random.normal((3,), seed=None).__array__().tobytes(),
    }


@pytest.mark.parametrize("case", CASES)
def test_bit_by_bit(case, make, data):
    if keras.backend.backend() == "torch" and case == "steps_per_execution":
        pytest.skip("Keras does not do that on PyTorch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras' own; the callback's would show in .broken
        without = trained(case, make, data, [])
        callback = DiagnoseCallback(verbose=0)
        with_it = trained(case, make, data, [callback])
    assert [name for name in without if with_it[name] != without[name]] == []
    assert not callback.adviser.broken and callback.report.curves.length >= 11


def test_the_comparison_can_fail(make, data):
    """A callback that draws one random number, or touches one weight, is found out."""

    class Draws(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            np.random.random()

    class Touches(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            kernel = self.model.weights[0]
            kernel.assign(np.nextafter(keras.ops.convert_to_numpy(kernel), np.float32(1)))

    without = trained("shuffling", make, data, [])
    assert trained("shuffling", make, data, [Draws()])["numpy"] != without["numpy"]
    assert trained("shuffling", make, data, [Touches()])["weights"] != without["weights"]


def test_logs_are_not_touched_and_other_callbacks_see_the_same(make, data, tmp_path):
    seen = []

    class Sees(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(dict(logs))

    files = [tmp_path / "without.csv", tmp_path / "with.csv"]
    for file, ours in zip(files, ([], [DiagnoseCallback(verbose=0)]), strict=True):
        make().fit(*data, **FIT, verbose=0, callbacks=[*ours, keras.callbacks.CSVLogger(file), Sees()])
    assert files[0].read_text() == files[1].read_text()
    assert seen[:14] == seen[14:]


def test_no_hook_is_run_each_batch():
    """One overridden batch hook makes Keras wait for every batch on JAX and PyTorch."""
    own = {name for name in vars(DiagnoseCallback) if "batch" in name}
    assert own == set()


@pytest.mark.parametrize("broken", ["append", "news", "report"])
def test_an_error_inside_is_one_warning_and_training_goes_on(broken, make, data, monkeypatch):
    from diagnose.live import Live

    def fails(*args, **kwargs):
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(Live, broken, fails)
    with pytest.warns(RuntimeWarning, match="ZeroDivisionError: a fault of ours; the training goes on") as warned:
        history = make().fit(*data, **FIT, verbose=0, callbacks=[DiagnoseCallback(verbose=0)])
    assert len(history.epoch) == 14
    assert len([one for one in warned if "diagnose" in str(one.message)]) == 1


def test_an_error_where_warnings_are_errors(make, data, capsys):
    def fails(finding):
        raise KeyError(finding.rule)

    labels = np.full(len(data[1]), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        callback = DiagnoseCallback(verbose=0, on_finding=fails)
        history = make(loss="mse", metrics=[]).fit(data[0], labels, **FIT, verbose=0, callbacks=[callback])
    assert len(history.epoch) == 14
    assert capsys.readouterr().err.count("diagnose stopped advising: KeyError: 'diverging'") == 1


def test_what_was_asked_for_is_done_though_the_advice_failed(make, data, monkeypatch):
    from diagnose.live import Live

    monkeypatch.setattr(Live, "append", lambda self, logs: 1 / 0)
    model = make(optimizer=keras.optimizers.Adam(0.05))
    with pytest.warns(RuntimeWarning, match="ZeroDivisionError"):
        history = model.fit(*data, **FIT, verbose=0, callbacks=[DiagnoseCallback(0, restore_best_weights=True)])
    x, y = data[0][45:], data[1][45:]
    assert model.evaluate(x, y, verbose=0)[0] == pytest.approx(min(history.history["val_loss"]), rel=1e-5)


def test_ctrl_c_is_python_s_again_after_any_end(make, data):
    import signal

    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            assert signal.getsignal(signal.SIGINT) is not before
            if self.fails:
                raise OSError("no disk")

    before, callback, other = signal.getsignal(signal.SIGINT), DiagnoseCallback(0), Fails()
    for other.fails in (True, True, False):
        try:
            make().fit(*data, epochs=2, verbose=0, callbacks=[callback, DiagnoseCallback(0), other])
        except OSError:
            signal.getsignal(signal.SIGINT)  # left behind, and found out by the next fit or the next Ctrl-C
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_after_a_fit_that_failed_prints_nothing(make, data, capsys):
    import signal

    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise OSError("no disk")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(OSError, match="no disk"):
        make().fit(*data, epochs=2, verbose=0, callbacks=[callback := DiagnoseCallback(), Fails()])
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().out == "" and callback.report.curves.length == 1
