"""Opening: compression, encodings, streams, directories, and files that can't be opened."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import json
import lzma
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from diagnose.errors import DiagnoseError, NoHistory, ReadError, Refused
from diagnose.readers import each, find, read
from diagnose.readers.opening import contained, open_path

CSV = "epoch,loss,val_loss\n0,0.9,1.0\n1,0.7,0.8\n2,0.6,0.85\n"
ROOT = Path(__file__).resolve().parents[2]


def _zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, CSV)
    return file.getvalue()


def _losses(path: Path | str) -> list[float]:
    ((run,),) = read(path)
    train = run.of("train", "loss")
    assert train is not None
    return train.values.tolist()


@pytest.mark.parametrize(
    "data",
    [gzip.compress(CSV.encode()), bz2.compress(CSV.encode()), lzma.compress(CSV.encode()), _zipped("a.csv"),
     _zipped("__MACOSX/._a.csv", "a.csv")],
    ids=["gzip", "bzip2", "xz", "zip", "zip of a mac"],
)  # fmt: skip
def test_compressed_by_content_whatever_its_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "history.dat").write_bytes(data)
    assert _losses(tmp_path / "history.dat") == [0.9, 0.7, 0.6]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_a_bomb_is_refused_at_the_limit(pack: object) -> None:
    bomb = pack(b"0" * 100_000)  # type: ignore[operator]
    with pytest.raises(Refused, match="at most 50,000 bytes unpacked"):
        contained("bomb", "bomb", bomb, limit=50_000)
    assert contained("bomb", "bomb", bomb, limit=100_000).text == "0" * 100_000


@pytest.mark.parametrize("name", ["a.csv", "loss.npy"])
def test_a_damaged_member_of_a_zip_packed_with_lzma(tmp_path: Path, name: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(name, CSV * 50)
    data = bytearray(file.getvalue())
    at = 30 + len(name) + 4  # behind the member's head and LZMA's version: the properties, of which 255 is none
    data[at] = 255
    (tmp_path / "run.zip").write_bytes(data)
    with pytest.raises(ReadError, match="found it damaged"):
        read(tmp_path / "run.zip")


def test_a_bomb_in_a_zip_and_a_file_beyond_the_limit(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="at most 20 bytes"):
        contained("bomb", "bomb", _zipped("a.csv"), limit=20)
    (tmp_path / "a.csv").write_text(CSV)
    with pytest.raises(Refused, match="at most 20 bytes"):
        open_path(str(tmp_path / "a.csv"), limit=20)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = (
        CSV
        if "-" in encoding[-3:] and encoding != "latin-1"
        else CSV.replace("val_loss", "val_loss,durée").replace("\n", ",1\n")
    )
    text = text.replace("durée,1", "durée")
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert _losses(tmp_path / "a.csv") == [0.9, 0.7, 0.6]


def test_the_epochs_column_of_another_language_is_the_axis(tmp_path: Path) -> None:
    rows = "".join(f"{10 * at},{1 / at},{1 / at + 0.1},0.5\n" for at in range(1, 4))
    (tmp_path / "a.csv").write_bytes(("époque,loss,val_loss,précision\n" + rows).encode("latin-1"))
    ((run,),) = read(tmp_path / "a.csv")
    assert [(one.name, one.metric) for one in run.series] == [
        ("loss", "loss"), ("val_loss", "loss"), ("précision", "precision"),
    ]  # fmt: skip
    assert run.numbering is not None
    assert (run.axis, run.numbering.tolist()) == ("epoch", [10, 20, 30])


def test_zeros_at_the_end_of_a_file_after_a_crash(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV.encode() + bytes(5000))
    assert _losses(tmp_path / "a.csv") == [0.9, 0.7, 0.6]


@pytest.mark.parametrize("name", ["a b.csv", "-x.csv", "ü.csv", "a'b\"c.csv", "#1.csv", "no-suffix", "a.PNG"])
def test_odd_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(CSV)
    ((run,),) = read(tmp_path / name)
    assert run.source == str(tmp_path / name)


def test_open_files_are_read_from_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("# a remark\n" + CSV)
    with (tmp_path / "a.csv").open() as file:
        next(file)
        ((run,),) = read(file)
    assert (run.length, run.source) == (3, str(tmp_path / "a.csv"))
    with (tmp_path / "a.csv").open("rb") as binary:
        assert read(binary)[0][0].length == 3


def test_parquet_without_pyarrow_names_the_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1 \x00\x01 PAR1")
    (found,) = each(str(tmp_path / "a.parquet"))
    assert isinstance(found, ReadError)
    assert found.source == str(tmp_path / "a.parquet")
    assert str(found).startswith("a Parquet file needs pyarrow; pip install")


def test_too_much_is_to_be_copied_and_not_to_be_removed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    with pytest.raises(Refused, match="copy the loss columns into a CSV"):
        open_path(str(tmp_path / "a.csv"), limit=20)


def test_standard_input_and_process_substitution() -> None:
    code = (
        "import sys; from diagnose.readers import read; print([(r[0].source, r[0].length) for r in read(sys.argv[1])])"
    )
    for name in ("-", "/dev/stdin"):
        done = subprocess.run(
            [sys.executable, "-c", code, name],
            input=CSV,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=True,
        )
        assert done.stdout.strip() == f"[({name!r}, 3)]"


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    cases = {
        str(tmp_path / "missing.csv"): "found nothing by this name",
        str(tmp_path / "pipe.csv"): "found a named pipe",
        str(tmp_path / "loop"): "found that opening it fails",
        str(tmp_path / "missing" / ".." / "a.csv"): "found nothing by this name",
        "/dev/zero": "found a device",
        "a\0b": "no file can have",
    }
    for path, told in cases.items():
        with pytest.raises(ReadError, match=told) as caught:
            read(path)
        assert caught.value.source == path


def test_no_permission(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "a.csv").chmod(0)
    if os.access(tmp_path / "a.csv", os.R_OK):
        pytest.skip("the superuser may read everything")
    with pytest.raises(ReadError, match="no permission"):
        read(tmp_path / "a.csv")


def _set_time(path: Path, seconds: int) -> None:
    os.utime(path, (seconds, seconds))


def test_a_directory_newest_first(tmp_path: Path) -> None:
    for place, name in enumerate(["b.csv", "sub/a.csv", "c.csv"]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(CSV)
        _set_time(tmp_path / name, 1000 + place)
    _set_time(tmp_path / "c.csv", 1000)
    for name, text in {
        "code.py": "x = 1",
        "hparams.yaml": "lr: 1",
        "notes.txt": "Dear all",
        "config.json": "{}",
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "curve.png").write_bytes(b"\x89PNG")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "log.csv").write_text(CSV)
    assert [runs[0].source for runs in read(tmp_path)] == [
        str(tmp_path / one) for one in ("sub/a.csv", "b.csv", "c.csv")
    ]
    assert [type(one) for one in each(str(tmp_path))] == [list] * 3


def test_one_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(CSV)
    (tmp_path / "history.json").write_text('{"loss": [0.5, ')
    found = list(each(str(tmp_path)))
    errors = [one for one in found if isinstance(one, ReadError)]
    assert [one.source for one in errors] == [str(tmp_path / "history.json")]
    assert len(found) == 2
    assert len(read(tmp_path)) == 1


def test_a_directory_without_a_history(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Dear all")
    with pytest.raises(NoHistory, match="none below it"):
        read(tmp_path)
    (found,) = each(str(tmp_path))
    assert isinstance(found, NoHistory)


def test_only_the_last_checkpoint_of_a_trainer(tmp_path: Path) -> None:
    for step in (500, 1000, 9):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(json.dumps({"log_history": []}))
    assert find(str(tmp_path)) == [str(tmp_path / "checkpoint-1000" / "trainer_state.json")]


def test_every_module_that_is_asked_exists() -> None:
    from diagnose.readers import dispatch

    names = {*dispatch._BINARY, *dispatch._JSON, *dispatch._CONSOLE, *dispatch._DELIMITED, *dispatch._LAST}
    for name in names:
        module = importlib.import_module(f"diagnose.readers.{name}")
        assert callable(module.recognise)
        assert callable(module.tables)


def test_reading_a_table_imports_nothing_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    code = (
        "import sys, diagnose.readers as r; before = set(sys.modules); r.read({'loss': [1.0, 0.5]}); "
        "assert set(sys.modules) == before, set(sys.modules) - before; "
        "r.read(sys.argv[1]); print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.csv")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    heavy = ("json", "zipfile", "gzip", "bz2", "lzma", "pickle", "sqlite3", "html", "ast", "zlib", "importlib.metadata")
    assert not [name for name in heavy if f"'{name}'" in done.stdout], done.stdout


def test_readers_of_other_distributions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirs.py").write_text(
        "from diagnose.readers.table import Table\nimport numpy as np\n"
        "def recognise(content):\n    return content.data.startswith(b'THEIRS')\n"
        "def tables(content):\n    return [Table({'loss': np.array([1.0, 0.5])}, source=content.source)]\n"
    )
    told = tmp_path / "theirs-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (told / "entry_points.txt").write_text("[diagnose.readers]\ntheirs = theirs\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert read(io.BytesIO(b"THEIRS \x00\x01\x02"))[0][0].length == 2
    with pytest.raises(DiagnoseError):
        read(io.BytesIO(b"OTHER \x00\x01\x02"))
