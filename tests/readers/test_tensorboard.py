"""TensorBoard's files: written here byte by byte, and the same with TensorFlow's own writer where it is installed."""

from __future__ import annotations

import importlib.util
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from diagnose.curves import Curves
from diagnose.errors import NoHistory
from diagnose.readers import find, read
from diagnose.readers.tensorboard import masked_crc


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def _event(step: int, tag: str, value: float, time: float = 1.0, tensor: bool = False) -> bytes:
    """One record: Event{wall_time=1, step=2, summary=5{value=1{tag=1, simple_value=2 or tensor=8{1, 4}}}}."""
    if tensor:
        number = _field(8, b"\x08\x01" + _field(4, struct.pack("<f", value)))
    else:
        number = b"\x15" + struct.pack("<f", value)
    event = (
        b"\x09"
        + struct.pack("<d", time)
        + b"\x10"
        + bytes([step])
        + _field(5, _field(1, _field(1, tag.encode()) + number))
    )
    head = struct.pack("<Q", len(event))
    return head + struct.pack("<I", masked_crc(head)) + event + struct.pack("<I", masked_crc(event))


def _write(path: Path, *events: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(events))
    return path


def _values(run: Curves, split: str, metric: str = "loss") -> list[float]:
    return next(one.values.tolist() for one in run.series if (one.split, one.metric) == (split, metric))


def test_the_checksum_of_castagnoli() -> None:
    # CRC-32C of "123456789" is 0xE3069283; masked: rotated right by 15 bits, plus 0xA282EAD8.
    rotated = ((0xE3069283 >> 15) | (0xE3069283 << 17)) & 0xFFFFFFFF
    assert masked_crc(b"123456789") == (rotated + 0xA282EAD8) & 0xFFFFFFFF


@pytest.mark.parametrize("tensor", [False, True])
def test_keras_folders_are_the_splits(tmp_path: Path, tensor: bool) -> None:
    for split, first in (("train", 2.0), ("validation", 3.0)):
        events = [_event(step, "epoch_loss", first / (step + 1), tensor=tensor) for step in (0, 1, 3)]
        ignored = _event(9, "evaluation_loss_vs_iterations", 7.0, tensor=tensor)
        _write(tmp_path / "logs" / split / "events.out.tfevents.1.host.v2", *events, ignored)
    ((run,),) = read(tmp_path / "logs")
    assert _values(run, "train") == [2.0, 1.0, 0.5]
    assert _values(run, "validation") == [3.0, 1.5, 0.75]
    assert (run.axis, run.ignored) == ("epoch", ("evaluation_loss_vs_iterations",))
    assert find(str(tmp_path)) == [str(tmp_path / "logs")]
    assert [runs[0].source for runs in read(tmp_path)] == [str(tmp_path / "logs")]


def test_tags_name_the_split_where_folders_do_not(tmp_path: Path) -> None:
    events = [_event(step, tag, value) for step, value in ((10, 2.0), (20, 1.0)) for tag in ("Loss/train", "Loss/val")]
    ((run,),) = read(_write(tmp_path / "events.out.tfevents.1.host", *events))
    assert _values(run, "validation") == [2.0, 1.0]
    assert run.label(2) == "step 20"


def test_every_point_is_read(tmp_path: Path) -> None:
    events = [_event(step, "loss", 100.0 - step) for step in range(100)]
    ((run,),) = read(_write(tmp_path / "events.out.tfevents.1.host", *events))
    assert _values(run, "train") == [100.0 - step for step in range(100)]


def test_a_second_training_into_the_same_folder_is_a_second_run(tmp_path: Path) -> None:
    # The later file comes first by name: the time in the events decides.
    _write(tmp_path / "events.out.tfevents.a", *(_event(step, "loss", 5.0, time=200.0) for step in range(3)))
    _write(tmp_path / "events.out.tfevents.b", *(_event(step, "loss", 9.0, time=100.0) for step in range(4)))
    (runs,) = read(tmp_path)
    assert [_values(one, "train") for one in runs] == [[9.0] * 4, [5.0] * 3]


def test_a_resumed_training_is_one_run(tmp_path: Path) -> None:
    _write(tmp_path / "events.out.tfevents.a", *(_event(step, "loss", 9.0, time=100.0) for step in range(3)))
    _write(tmp_path / "events.out.tfevents.b", *(_event(step, "loss", 5.0, time=200.0) for step in range(3, 6)))
    ((run,),) = read(tmp_path)
    assert _values(run, "train") == [9.0] * 3 + [5.0] * 3


@pytest.mark.parametrize("lost", [1, 7, 20])
def test_a_record_that_breaks_off_is_left_out_and_noted(tmp_path: Path, lost: int) -> None:
    path = _write(tmp_path / "events.out.tfevents.1", *(_event(step, "loss", 1.0) for step in range(4)))
    path.write_bytes(path.read_bytes()[:-lost])
    ((run,),) = read(path)
    assert run.length == 3
    assert "cut-off" in [note.note for note in run.notes]


def test_no_scalars_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(NoHistory, match="batch_loss"):
        read(_write(tmp_path / "events.out.tfevents.1", _event(1, "batch_loss", 1.0)))


_WRITER = """
import sys
import tensorflow as tf
kind = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
for split, first in (("train", 2.0), ("validation", 3.0)):
    with tf.summary.create_file_writer(f"{sys.argv[1]}/{split}").as_default():
        for step in range(30):
            value = tf.constant(first / (step + 1), tf.float32)
            tf.summary.write("epoch_loss", value, step=step, metadata=tf.compat.v1.SummaryMetadata(plugin_data=kind))
        tf.summary.write("weights", tf.constant([1.0, 2.0]), step=0)
        tf.summary.write("text", tf.constant("hello"), step=0)
"""


def test_what_tensorflow_writes(tmp_path: Path) -> None:
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("tensorflow is not installed")
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run([sys.executable, "-c", _WRITER, str(tmp_path)], check=True, capture_output=True, env=quiet)
    ((run,),) = read(tmp_path)
    assert _values(run, "train") == pytest.approx([2.0 / (step + 1) for step in range(30)])
    assert _values(run, "validation") == pytest.approx([3.0 / (step + 1) for step in range(30)])
    assert run.axis == "epoch"
