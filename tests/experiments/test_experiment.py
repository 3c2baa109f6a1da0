"""What makes a study that of one experiment: the text of its file and of what that imports from beside it."""

import os
import subprocess
import sys

import pytest

from diagnose.experiments.experiment import ExperimentFile, digest

FILE = "import numpy\nfrom models import small\nimport rows.made as made\n\ndef build_model():\n    return small()\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rows").mkdir()
    for name, text in {
        "mine.py": FILE,
        "models.py": "from layers import one\n\ndef small():\n    return one(3)\n",
        "layers.py": "import models\n\ndef one(units):\n    return units\n",  # in a circle
        "rows/__init__.py": "",
        "rows/made.py": "COUNT = 1\n",
        "other.py": "x = 1\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", ["mine.py", "models.py", "layers.py", "rows/made.py", "rows/__init__.py"])
def test_whatever_it_imports_from_beside_it_belongs_to_it(folder, name):
    one = ExperimentFile(str(folder / "mine.py"))
    before = digest(one)
    assert before == digest(one)
    (folder / name).write_text((folder / name).read_text() + "# another\n")
    assert digest(one) != before


def test_what_it_does_not_import_does_not(folder):
    one = ExperimentFile(str(folder / "mine.py"))
    before = digest(one)
    (folder / "other.py").write_text("x = 2\n")
    (folder / "numpy.txt").write_text("")
    assert digest(one) == before


def test_a_file_that_is_no_python_is_told_apart_too(folder):
    one = ExperimentFile(str(folder / "mine.py"))
    (folder / "mine.py").write_text("def build_model(:\n")
    before = digest(one)
    (folder / "mine.py").write_text("def build_model(::\n")
    assert digest(one) != before


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("x.py", "def build_model(:\n", "x.py: line 1: expected Python, found: invalid syntax"),
        ("x.py", "x = 1\0\n", "null bytes"),
        ("beside.py", "x = 1\ny = (\n", "beside.py: line 2: expected Python, found: '(' was never closed"),
    ],
)
def test_what_is_no_python_is_named(file, text, said, tmp_path):
    (tmp_path / "x.py").write_text("import beside\n")
    (tmp_path / "beside.py").write_text("")
    (tmp_path / file).write_text(text)
    program = "from diagnose.experiments.rerunning import existing; existing('x.py').load()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    last = done.stderr.splitlines()[-1]
    assert "UsageError: " in last and said in last
