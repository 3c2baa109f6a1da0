"""What is saved is read again as it was: the same numbers, the same verdict."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from diagnose import NoHistory, ReadError, UsageError, diagnose
from diagnose.inside import MEASURES, Inside, Layer
from diagnose.live import Live
from diagnose.readers import read

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())


def live_of(logs, **facts):
    live = Live(**facts)
    for row in logs:
        live.append(row)
    return live


@pytest.mark.parametrize("case", [case for case in sorted(EXPECTED) if not EXPECTED[case]["repeats"]])
def test_the_verdict_stays_what_it_was(case, rows, tmp_path):
    live = live_of(rows(read(FIXTURES / case)[0][-1]), producer="Keras fit", planned=5000)
    live.save(tmp_path / "run.json")
    again, now = diagnose(tmp_path / "run.json"), live.report()
    assert [one.to_dict() for one in again.findings] == [one.to_dict() for one in now.findings]
    assert (again.diagnosis, again.confidence, again.notes) == (now.diagnosis, now.confidence, now.notes)
    assert again.curves.read_as == now.curves.read_as and again.curves.planned == 5000


def test_every_number_comes_back(tmp_path):
    logs = [{"loss": 0.1 + at, "odd": at / 3} for at in range(8)]
    logs[2]["val_loss"], logs[5]["val_loss"] = math.nan, 1e-300
    logs[6]["loss"], logs[7]["loss"] = math.inf, -math.inf
    logs[7]["f1"] = [0.1, 0.2]
    live = live_of(logs, first=11, axis="step", directions={"odd": "max"})
    live.save(tmp_path / "run.json")
    json.loads((tmp_path / "run.json").read_text(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    one, other = read(tmp_path / "run.json")[0][0], live.report().curves
    assert (one.axis, one.ignored) == (other.axis, other.ignored) == ("step", ("f1",))
    assert {s.name: s.direction for s in one.series}["odd"] == "max"
    assert one.extra == {"resumed": True} and one.notes == other.notes
    for mine, theirs in zip(one.series, other.series, strict=True):
        assert mine.epochs.tolist() == theirs.epochs.tolist()
        np.testing.assert_array_equal(mine.values, theirs.values)


def test_what_was_seen_inside_is_kept(tmp_path):
    arrays = {name: np.full((1, 1), float(at)) for at, name in enumerate(MEASURES)}
    layers = (Layer("a", "Dense", "relu", 10, True),)
    seen = Inside(np.array([1]), np.array([19.0]), layers, **arrays, optimizer="Adam", learning_rate=0.001)
    live = live_of([{"loss": 1.0}], inside=lambda: seen)
    live.save(tmp_path / "run.json")
    assert read(tmp_path / "run.json")[0][0].inside.to_dict() == seen.to_dict()


def test_an_inside_that_no_callback_saved(tmp_path):
    live_of([{"loss": 1.0}]).save(tmp_path / "run.json")
    saved = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(saved | {"inside": {"layers": ["dense"]}}))
    with pytest.raises(ReadError, match="Inside"):
        read(tmp_path / "run.json")


def test_the_terminal_reads_it(tmp_path):
    live_of([{"loss": 1.0, "val_loss": 1.0}, {"loss": math.nan, "val_loss": 1.0}]).save(tmp_path / "run.json")
    done = subprocess.run(
        [sys.executable, "-m", "diagnose", str(tmp_path / "run.json"), "--format", "json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert json.loads(done.stdout)["reports"][0]["diagnosis"] == "diverging"


def test_a_strangers_file_is_not_replaced_unasked(tmp_path):
    file = tmp_path / "run.json"
    live = live_of([{"loss": 1.0}])
    file.write_text('{"loss": [1, 2, 3]}')
    with pytest.raises(UsageError, match="would be lost"):
        live.save(file)
    assert file.read_text() == '{"loss": [1, 2, 3]}'
    live.save(file, overwrite=True)
    live.append({"loss": 0.5})
    live.save(file)
    assert read(file)[0][0].length == 2
    with pytest.raises(UsageError, match="the directory"):
        live.save(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_where_nothing_can_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match=r"run\.json"):
        live_of([{"loss": 1.0}]).save(tmp_path / "run.json")


def test_nothing_to_save(tmp_path):
    with pytest.raises(NoHistory):
        Live().save(tmp_path / "run.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"diagnose_run": 2}, "expected version 1 of a saved training, found 2; update diagnose"),
        ({"columns": [1, 2]}, "expected columns of a saved training as dict, found list"),
        ({"columns": {"loss": 3}}, "expected a list of numbers in column 'loss', found int"),
        ({"columns": {"loss": [1, "one"]}}, "expected numbers in column 'loss', found 'one'"),
        ({"columns": {"loss": [1], "val_loss": [1, 2]}}, "columns of one length"),
        ({"columns": {}}, "expected a column such as loss"),
        ({"first": "1"}, "expected first of a saved training as int, found str"),
        ({"point": 3}, "expected point of a saved training as str, found int"),
        ({"splits": {"loss": "train"}}, "expected a split and a metric for column 'loss', found 'train'"),
        ({"inside": []}, "expected inside of a saved training as dict, found list"),
    ],
)
def test_what_was_changed_by_hand_is_one_line(tmp_path, changed, message):
    live_of([{"loss": 1.0}] * 6).save(tmp_path / "run.json")
    value = {**json.loads((tmp_path / "run.json").read_text()), **changed}
    (tmp_path / "run.json").write_text(json.dumps(value))
    with pytest.raises(ReadError, match=message) as caught:
        diagnose(tmp_path / "run.json")
    assert "\n" not in str(caught.value)
