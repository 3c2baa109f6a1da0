"""Damaged and random input: a list of curves or a DiagnoseError, and nothing else, in bounded time and memory.

The number of generated examples is small by default; ``DIAGNOSE_FUZZ=10000`` makes the long run.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import pickle
import random
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnose.curves import Curves
from diagnose.errors import DiagnoseError
from diagnose.readers import read
from diagnose.readers.tensorboard import masked_crc

EXAMPLES = int(os.environ.get("DIAGNOSE_FUZZ", "200"))
MUTATIONS = max(500, EXAMPLES)
SECONDS = 5.0  # far above what any of these small inputs needs: a hang is meant
MEMORY = 200_000_000  # bytes, for inputs of a few kilobytes

LOSSES = [1.9, 1.2, 0.8, 0.61, 0.52, 0.47]
HISTORY = {"loss": LOSSES, "val_loss": [1.8, 1.3, 0.9, 0.75, 0.74, 0.78]}


def _csv() -> bytes:
    rows = [f"{at},{one},{one + 0.1:.3f}" for at, one in enumerate(LOSSES)]
    return "\n".join(["epoch,loss,val_loss", *rows, ""]).encode()


def _console() -> bytes:
    lines = [
        f"Epoch {at}/6\n\x1b[1m6/6\x1b[0m \x1b[32m━━━━\x1b[0m 1s 20ms/step - loss: {one} - val_loss: {one:.3f}\x08\r"
        for at, one in enumerate(LOSSES, start=1)
    ]
    return "\n".join(lines).encode()


def _loop() -> bytes:
    return "\n".join(
        f"Epoch [{at}/6] | train loss: {one}, val acc: {at}/10" for at, one in enumerate(LOSSES, 1)
    ).encode()


def _trainer() -> bytes:
    rows: list[dict[str, float]] = []
    for at, one in enumerate(LOSSES, start=1):
        rows += [{"loss": one, "epoch": at, "step": at * 10}, {"eval_loss": one, "epoch": at, "step": at * 10}]
    return json.dumps({"log_history": rows, "global_step": 60, "max_steps": 100}).encode()


def _boosting() -> bytes:
    return "\n".join(f"[{at}]\ttrain-logloss:{one}\teval-logloss:{one}" for at, one in enumerate(LOSSES)).encode()


def _notebook() -> bytes:
    output = {"output_type": "stream", "name": "stdout", "text": [_console().decode()]}
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "outputs": [output]}]}).encode()


def _events() -> bytes:
    found = b""
    for step, one in enumerate(LOSSES):
        value = b"\x0a\x04loss\x15" + np.float32(one).tobytes()
        summary = b"\x0a" + bytes([len(value)]) + value
        event = (
            b"\x09" + np.float64(step).tobytes() + b"\x10" + bytes([step]) + b"\x2a" + bytes([len(summary)]) + summary
        )
        head = len(event).to_bytes(8, "little")
        found += head + masked_crc(head).to_bytes(4, "little") + event + masked_crc(event).to_bytes(4, "little")
    return found


def _npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, **{name: np.array(values) for name, values in HISTORY.items()})
    return file.getvalue()


def _npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(HISTORY, dtype=object), allow_pickle=True)
    return file.getvalue()


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("history.csv", _csv())
    return file.getvalue()


GOOD: dict[str, Callable[[], bytes]] = {
    "history.csv": _csv,
    "console.txt": _console,
    "loop.log": _loop,
    "trainer_state.json": _trainer,
    "boosting.txt": _boosting,
    "run.ipynb": _notebook,
    "events.out.tfevents.1.host": _events,
    "history.npz": _npz,
    "history.npy": _npy,
    "history.zip": _zip,
    "history.json": lambda: json.dumps(HISTORY).encode(),
    "lines.jsonl": lambda: "\n".join(json.dumps({"epoch": n, "loss": one}) for n, one in enumerate(LOSSES)).encode(),
    "dict.txt": lambda: str(HISTORY).encode(),
    "array.pkl": lambda: pickle.dumps({name: np.array(values) for name, values in HISTORY.items()}),
    "old.pkl": lambda: pickle.dumps(HISTORY, protocol=0),
    "history.csv.gz": lambda: gzip.compress(_csv()),
    "history.csv.bz2": lambda: bz2.compress(_csv()),
    "utf16.csv": lambda: _csv().decode().encode("utf-16"),
}


class _File(io.BytesIO):
    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def _reads_or_refuses(data: bytes, name: str = "history") -> None:
    began = time.monotonic()
    try:
        histories = read(_File(data, name))
    except DiagnoseError as error:
        assert "\n" not in str(error)
    else:
        assert all(isinstance(one, Curves) for runs in histories for one in runs)
    assert time.monotonic() - began < SECONDS


def _mutated(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(out) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            del out[at : at + chance.randint(1, 40)]
        elif kind == 1:
            out[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
        elif kind == 2 and out:
            out[min(at, len(out) - 1)] ^= 1 << chance.randrange(8)
        elif kind == 3:
            out[at:at] = out[at : at + chance.randint(1, 200)] * chance.randint(1, 5)
        else:
            del out[at:]
        if not out:
            return b"\x00"
    return bytes(out)


@pytest.mark.parametrize("name", GOOD)
def test_the_good_ones_are_read(name: str) -> None:
    runs = read(_File(GOOD[name](), name))[0]
    assert runs[0].of("train", "loss") is not None
    assert runs[0].length == len(LOSSES)


@pytest.mark.parametrize("name", GOOD)
def test_mutations_of_good_files(name: str) -> None:
    chance = random.Random(name)
    good = GOOD[name]()
    for _ in range(MUTATIONS // len(GOOD) + 1):
        _reads_or_refuses(_mutated(good, chance), name)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    _reads_or_refuses(data)


_VOCABULARY = """
epoch Epoch loss val_loss acc 1 2 3/50 0.5 nan inf -1e-5 NA : = , ; | [ ] { } ( ) ' " - % step train 6/6 loss: {'loss':
1/3 [1] train-auc:0.5 ... ━━ 1s ms/step <table> null true 1e999 99999999999999999999
"""
_WORDS = st.sampled_from([*_VOCABULARY.split(), "Epoch 1/3", " - loss: 0.5", "\n", "\r", "\t", "\x08", " "])


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_WORDS, max_size=60), st.sampled_from(["", " ", ","]))
def test_any_text_of_the_words_of_logs(words: list[str], joint: str) -> None:
    _reads_or_refuses(joint.join(words).encode())


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(["loss", "val_loss", "train", "log_history", "history", "epoch", "0", "1"]), inner
        )
    ),
    max_leaves=20,
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(_VALUES)
def test_any_json_and_any_object(value: object) -> None:
    _reads_or_refuses(json.dumps(value).encode())
    if isinstance(value, (dict, list)):
        try:
            read(value)
        except DiagnoseError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b"{'a':" * 50_000,
        b"(" * 100_000,
        b"Epoch 1/3\n" * 50_000,
        b"- a.b.c/d-" * 50_000,
        b"epoch " * 100_000,
        b"1/1 " * 100_000,
        b"loss: " + b"9" * 300_000,
        b"Epoch " + b"9" * 300_000,
        b"epoch 1 " + b"loss " * 100_000 + b"0.5",
        b"\n".join([b"epoch 1 " + b"a.a/a " * 800 + b": 0.5"] * 40),
        b"a" * 500_000,
        b"a b " * 200_000,
        b'"' * 300_000,
        b"\x80\x04" + b"]\x94a" * 100_000,
        b"\x1b[" * 200_000,
        b" " * 500_000 + b"x",
        b"<table>" * 100_000,
        b"[0]\ta" + b"-a" * 200_000 + b":1",
        b"{" + b"\\" * 300_000,
        b"-1" * 100_000 + b"\n" + b"-1" * 100_000,
        b"epoch,loss\n" + b"1,2\n" * 3 + b"," * 300_000,
        b"x=" * 100_000 + b"{1:" + b"-" * 100_000 + b"1}",
    ],
    ids=range(23),
)
def test_input_made_to_be_slow(data: bytes) -> None:
    _reads_or_refuses(data)


def test_memory_is_bounded() -> None:
    bombs = [
        b"\x80\x04]r\xff\xff\xff\x7f.",
        b"\x80\x04X\xff\xff\xff\x7fabc.",
        b"\x80\x04\x8e" + (1 << 40).to_bytes(8, "little") + b"abc.",
        GOOD["history.npz"]().replace(b"(6,)", b"(9e9"),
        gzip.compress(b"epoch,loss\n" + b"\x00" * 20_000_000),
    ]
    tracemalloc.start()
    try:
        for bomb in bombs:
            _reads_or_refuses(bomb)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
