"""The news in a file, in TensorBoard's events, in the active run of a tracker."""

import struct
import sys

import pytest

from diagnose import diagnose
from diagnose.live.adviser import Adviser
from diagnose.live.events import EventFile, _checksum
from diagnose.live.outlets import outlets


def overfits(epochs=60):
    return [{"loss": 0.9**at, "val_loss": 0.4 + 0.6 * 0.8**at + 0.02 * max(0, at - 20)} for at in range(epochs)]


def advise(log_to, logs=None):
    adviser = Adviser(verbose=0, log_to=log_to)
    adviser.begin(producer="a loop")
    for row in logs or overfits():
        adviser.epoch(row)
    adviser.end()
    return adviser


def test_a_file_gets_whole_lines_at_its_end(tmp_path):
    file = tmp_path / "log.txt"
    file.write_text("mine\n")
    adviser = advise(file)
    text = file.read_text()
    assert text.startswith("mine\ndiagnose: epoch ") and "\n  do: early stopping: " in text
    assert text.endswith(f"{adviser.report}\n") and "…" not in text.splitlines()[1]


def test_several_places(tmp_path):
    advise([tmp_path / "one", f"tensorboard:{tmp_path / 'board'}"])
    assert (tmp_path / "one").exists() and list((tmp_path / "board").glob("events.out.tfevents.*"))


def test_nothing_is_made_before_there_is_something_to_say(tmp_path):
    outlets([str(tmp_path / "log"), f"tensorboard:{tmp_path / 'board'}", "mlflow", "wandb"])
    assert not list(tmp_path.iterdir()) and not {"mlflow", "wandb"} & set(sys.modules)


def test_the_checksum_is_crc32c():
    """RFC 3720, appendix B.4: 32 bytes of zeros, of ones, and rising; unmasked here as the format masks them."""
    for data, crc in ((bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E)):
        masked = (struct.unpack("<I", _checksum(data))[0] - 0xA282EAD8) & 0xFFFFFFFF
        assert (masked << 15 | masked >> 17) & 0xFFFFFFFF == crc


@pytest.mark.filterwarnings("default")
def test_tensorflow_reads_the_events(tmp_path):
    tensorflow = pytest.importorskip("tensorflow")
    advise(f"tensorboard:{tmp_path}")
    (file,) = tmp_path.iterdir()
    events = list(tensorflow.compat.v1.train.summary_iterator(str(file)))
    assert events[0].file_version == "brain.Event:2"
    values = [(event.step, value) for event in events[1:] for value in event.summary.value]
    assert [value.tag for _, value in values] == ["diagnose/news", "diagnose/report"]
    for _, value in values:
        assert value.metadata.plugin_data.plugin_name == "text"
        assert value.tensor.dtype == tensorflow.string.as_datatype_enum
    assert 20 < values[0][0] < 60 and values[1][0] == 60
    assert values[0][1].tensor.string_val[0].decode().startswith("diagnose: epoch ")


def test_a_folder_with_these_events_is_still_read(tmp_path):
    """Beside the scalars of a training; the text is no curve."""
    tensorflow = pytest.importorskip("tensorflow")
    for split, name in (("train", "loss"), ("validation", "val_loss")):
        with tensorflow.summary.create_file_writer(str(tmp_path / split)).as_default():
            for at, row in enumerate(overfits()):
                tensorflow.summary.write("epoch_loss", tensorflow.constant(row[name]), step=at, metadata=_scalars())
    alone = diagnose(tmp_path)
    EventFile(str(tmp_path), "diagnose").text("diagnose/news", "text", 3)
    both = diagnose(tmp_path)
    assert both.curves.length == alone.curves.length == 60
    assert [one.name for one in both.curves.series] == [one.name for one in alone.curves.series]


def _scalars():
    from tensorflow.core.framework.summary_pb2 import SummaryMetadata

    return SummaryMetadata(plugin_data={"plugin_name": "scalars"})


@pytest.mark.filterwarnings("default")
def test_the_active_mlflow_run(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    advise("mlflow")
    assert mlflow.active_run() is None, "a run was begun that nobody asked for"
    with mlflow.start_run() as run:
        report = advise("mlflow").report
    tags = mlflow.get_run(run.info.run_id).data.tags
    assert tags["diagnose.diagnosis"] == report.diagnosis and "diagnose: epoch " in tags["diagnose.news"]
    assert next(tmp_path.rglob("diagnose.txt")).read_text() == str(report)


@pytest.mark.filterwarnings("default")
def test_the_active_run_of_wandb(tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    advise("wandb")
    with wandb.init(mode="offline", dir=str(tmp_path)) as run:
        report = advise("wandb").report
        assert run.summary["diagnose/diagnosis"] == report.diagnosis
        assert run.summary["diagnose/report"] == str(report) and "diagnose: epoch " in run.summary["diagnose/news"]
