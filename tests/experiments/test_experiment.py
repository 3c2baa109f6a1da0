"""What makes a study that of one experiment: the text of its file and of what that imports from beside it."""

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
