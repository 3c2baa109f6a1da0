"""JSON, Python literals, pickles, arrays and Python objects: one shape of history at a time."""

from __future__ import annotations

import collections
import io
import json
import math
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest

from diagnose.curves import Curves
from diagnose.errors import NoHistory, ReadError, Refused, UsageError
from diagnose.readers import pickled, read

LOSS = [0.9, 0.7, 0.6]
VALIDATION = [1.0, 0.8, 0.85]
HISTORY = {"loss": LOSS, "val_loss": VALIDATION}


def _json(value: Any) -> list[list[Curves]]:
    return read(io.StringIO(json.dumps(value)))


def _is_history(run: Curves) -> bool:
    train, validation = run.of("train", "loss"), run.of("validation", "loss")
    assert train is not None
    assert validation is not None
    return train.values.tolist() == LOSS and validation.values.tolist() == VALIDATION


@pytest.mark.parametrize(
    "value",
    [
        HISTORY,
        json.dumps(HISTORY),
        {"history": HISTORY, "params": {"epochs": 3}, "epoch": [0, 1, 2]},
        {"model": "cnn", "result": {"history": HISTORY}},
        [{"epoch": n, "loss": a, "val_loss": b} for n, (a, b) in enumerate(zip(LOSS, VALIDATION, strict=True))],
        {name: {str(at): one for at, one in enumerate(values)} for name, values in HISTORY.items()},
        {str(at): {"loss": a, "val_loss": b} for at, (a, b) in enumerate(zip(LOSS, VALIDATION, strict=True))},
        {"columns": ["loss", "val_loss"], "index": [0, 1, 2], "data": [[0.9, 1.0], [0.7, 0.8], [0.6, 0.85]]},
        {"train": {"loss": LOSS}, "val": {"loss": VALIDATION}},
        {"loss": {"train": LOSS, "valid": VALIDATION}},
        {"loss": [str(one) for one in LOSS], "val_loss": [str(one) for one in VALIDATION]},
    ],
)  # fmt: skip
def test_shapes_of_one_history(value: Any) -> None:
    ((run,),) = _json(value)
    assert _is_history(run)


def test_several_histories_are_named_behind_the_source() -> None:
    found = _json({"run1": HISTORY, "run2": HISTORY})
    assert [runs[0].source for runs in found] == ["file#run1", "file#run2"]


def test_json_lines_and_a_last_line_that_breaks_off() -> None:
    lines = [json.dumps({"epoch": n, "loss": one}) for n, one in enumerate(LOSS)]
    ((run,),) = read(io.StringIO("\n".join([*lines, '{"epoch": 3, "lo'])))
    assert run.length == 3


def test_bare_nan_and_null_are_different() -> None:
    ((run,),) = read(io.StringIO('{"loss": [0.5, NaN, Infinity, 0.1], "val_loss": [0.5, null, 0.4, 0.3]}'))
    train, validation = run.of("train", "loss"), run.of("validation", "loss")
    assert train is not None
    assert validation is not None
    assert math.isnan(train.values[1])
    assert train.values[2] == math.inf
    assert validation.epochs.tolist() == [1, 3, 4]


def test_the_trainers_state() -> None:
    log: list[dict[str, float]] = []
    for at in range(1, 6):
        log += [{"loss": 4.0 / at, "step": at * 20 - 10}, {"loss": 2.0 / at, "step": at * 20}]
        log.append({"eval_loss": 5.0 / at, "eval_runtime": 1.0, "step": at * 20})
    log.append({"train_runtime": 9.0, "train_loss": 99.0, "step": 100})
    ((run,),) = _json({"log_history": log, "global_step": 100, "max_steps": 200})
    train = run.of("train", "loss")
    assert train is not None
    assert train.values.tolist() == pytest.approx([3.0 / at for at in range(1, 6)])
    assert run.numbering is not None
    assert run.numbering.tolist() == [20, 40, 60, 80, 100]
    assert (run.axis, run.planned) == ("step", 10)


def test_the_trainer_hides_nan_behind_a_zero() -> None:
    log = [{"loss": 2.0, "grad_norm": 1.0, "step": 10}, {"loss": 0.0, "grad_norm": math.nan, "step": 20}]
    ((run,),) = _json({"log_history": log})
    train = run.of("train", "loss")
    assert train is not None
    assert math.isnan(train.values[1])


def test_boosting_results_know_their_sets() -> None:
    result = {"validation_0": {"logloss": LOSS}, "validation_1": {"logloss": VALIDATION}}
    for ((run,),) in (_json(result), read(result)):
        assert _is_history(run)
        assert (run.axis, run.extra["kind"]) == ("iteration", "boosting")
    ((alone,),) = read({"valid_0": {"l2": LOSS}})
    assert [one.split for one in alone.series] == ["validation"]
    ((lightgbm,),) = read({"training": {"auc": LOSS}, "valid_1": {"auc": VALIDATION}})
    assert [(one.split, one.direction) for one in lightgbm.series] == [("train", "max"), ("validation", "max")]


@pytest.mark.parametrize(
    "text",
    [
        "[{n}]\ttrain-logloss:{a}\teval-logloss:{b}",
        "[{n}]\ttraining's binary_logloss: {a}\tvalid_1's binary_logloss: {b}",
        "{n}:\tlearn: {a}\ttest: {b}\tbest: 0.1 (0)\ttotal: 50ms\tremaining: 1.3s",
    ],
)
def test_boosting_text(text: str) -> None:
    lines = [text.format(n=n, a=a, b=b) for n, (a, b) in enumerate(zip(LOSS, VALIDATION, strict=True))]
    ((run,),) = read(io.StringIO("\n".join(["Will train until it stops", *lines])))
    assert _is_history(run)
    assert run.axis == "iteration"


def test_catboost_states_the_direction() -> None:
    meta = {
        "learn_metrics": [{"best_value": "Min", "name": "Logloss"}],
        "test_metrics": [{"best_value": "Max", "name": "Odd"}],
    }
    rows = [{"iteration": n, "learn": [a], "test": [b]} for n, (a, b) in enumerate(zip(LOSS, VALIDATION, strict=True))]
    ((run,),) = _json({"meta": meta, "iterations": rows})
    assert {one.name: one.direction for one in run.series} == {"learn-Logloss": "min", "test-Odd": "max"}


@pytest.mark.parametrize(
    "text",
    [
        str(HISTORY),
        f"history = {HISTORY}",
        "{'loss': [np.float64(0.9), 0.7, 0.6], 'val_loss': array([1.0, 0.8, 0.85], dtype=float32)}",
        f"defaultdict(<class 'list'>, {HISTORY})",
        f"OrderedDict([('loss', {LOSS}), ('val_loss', {VALIDATION})])",
    ],
)
def test_python_literals(text: str) -> None:
    ((run,),) = read(io.StringIO(text))
    assert _is_history(run)


def test_a_literal_is_never_evaluated() -> None:
    with pytest.raises(ReadError, match="expected numbers and lists"):
        read(io.StringIO("{'loss': [open('/etc/passwd').read()]}"))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_pickles(protocol: int) -> None:
    plain = collections.defaultdict(list, {"loss": np.array(LOSS), "val_loss": [np.float64(one) for one in VALIDATION]})
    ((run,),) = read(io.BytesIO(pickle.dumps(plain, protocol=protocol)))
    assert _is_history(run)


class _Model:
    """Any object of a class of one's own."""


def test_other_pickles_are_refused() -> None:
    with pytest.raises(Refused, match=r"_Model, whose loading would run code"):
        read(io.BytesIO(pickle.dumps({"loss": LOSS, "model": _Model()})))


_GIB = 1 << 30
_SCALAR = b"\x80\x02cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02f8\x85R"


@pytest.mark.parametrize(
    "data",
    [b"\x80\x05" + code + _GIB.to_bytes(8, "little") + b"." for code in (b"\x8d", b"\x8e", b"\x95", b"\x96")]
    + [b"\x80\x04" + code + _GIB.to_bytes(4, "little") + b"." for code in (b"B", b"T", b"X", b"\x8b")]
    + [_SCALAR + b"J" + _GIB.to_bytes(4, "little") + b"\x86R."],
    ids=["BINUNICODE8", "BINBYTES8", "FRAME", "BYTEARRAY8", "BINBYTES", "BINSTRING", "BINUNICODE", "LONG4", "scalar"],
)
def test_a_pickle_reserves_no_more_memory_than_it_has_bytes(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ReadError):
            read(io.BytesIO(data))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_bytearray_in_a_pickle_is_read_whole() -> None:
    kept = {"loss": LOSS, "long": bytearray(b"x" * 100_000), "short": bytearray(b"ab")}
    assert pickled.unpickled(pickle.dumps(kept, protocol=5), "run.pkl") == kept


def test_a_pickle_can_set_no_attribute_of_what_rebuilds_it() -> None:
    named = b"U\x08__name__U\x04gones"
    with pytest.raises(Refused, match="with attributes"):
        read(io.BytesIO(b"\x80\x02cnumpy.core.multiarray\nscalar\nN}" + named + b"\x86b."))
    assert pickled._scalar.__name__ == "_scalar"


def test_a_pickle_that_contains_itself_is_refused() -> None:
    value: dict[str, Any] = {"a": []}
    value["a"].append(value)
    with pytest.raises(Refused, match="without end"):
        read(io.BytesIO(pickle.dumps(value)))


def test_arrays() -> None:
    file = io.BytesIO()
    np.savez(file, **{name: np.array(values) for name, values in HISTORY.items()})
    assert _is_history(read(io.BytesIO(file.getvalue()))[0][0])
    file = io.BytesIO()
    np.save(file, np.array(HISTORY, dtype=object), allow_pickle=True)
    assert _is_history(read(io.BytesIO(file.getvalue()))[0][0])
    file = io.BytesIO()
    np.save(file, np.array(list(zip(LOSS, VALIDATION, strict=True)), dtype=[("loss", "f8"), ("val_loss", "f8")]))
    assert _is_history(read(io.BytesIO(file.getvalue()))[0][0])


def test_parquet() -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(pyarrow.table(HISTORY), file)
    assert _is_history(read(io.BytesIO(file.getvalue()))[0][0])


def test_objects_that_are_no_history() -> None:
    with pytest.raises(UsageError, match="found int"):
        read(5)
    with pytest.raises(NoHistory, match="found an empty object"):
        read({})
    with pytest.raises(NoHistory, match="found an empty list"):
        read([])


def test_curves_pass_through() -> None:
    ((run,),) = read(HISTORY)
    assert read(run) == [[run]]
