"""Bad input: one line that is true and helpful, never a traceback. What each must say stands in fixtures/broken."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from diagnose.errors import DiagnoseError, ReadError, Refused
from diagnose.readers import each, read

BROKEN = Path(__file__).parents[1] / "fixtures" / "broken"
EXPECTED: dict[str, str] = json.loads((BROKEN / "expected.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_says_what_is_wrong_in_one_line(name: str) -> None:
    with pytest.raises(DiagnoseError) as caught:
        read(BROKEN / name)
    message = str(caught.value)
    assert re.search(EXPECTED[name], message), message
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize("name", EXPECTED)
def test_each_gives_the_error_instead_of_raising_it(name: str) -> None:
    found = list(each(str(BROKEN / name)))
    assert len(found) == 1
    assert isinstance(found[0], ReadError)
    assert found[0].source == str(BROKEN / name)


def test_every_file_is_expected_to_fail_and_there_are_enough() -> None:
    files = {path.name for path in BROKEN.iterdir()} - {"expected.json"}
    assert files == set(EXPECTED)
    assert len(files) >= 25


@pytest.mark.parametrize("name", ["runs-code.pkl", "whole-history.pkl", "runs.tar.gz", "two-files.zip"])
def test_what_would_run_code_or_hides_several_files_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        read(BROKEN / name)


def test_nothing_in_a_pickle_is_run(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Refused):
        read(BROKEN / "runs-code.pkl")
    assert "diagnose-was-here" not in capfd.readouterr().out


def test_the_command_gives_a_line_for_each_and_exit_status_2() -> None:
    names = sorted(EXPECTED)
    done = subprocess.run(
        [sys.executable, "-m", "diagnose", *(str(BROKEN / name) for name in names)],
        capture_output=True,
        text=True,
        cwd=BROKEN.parents[1],
        timeout=60,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    for name in names:
        lines = [line for line in done.stderr.splitlines() if f"broken/{name}" in line]
        assert len(lines) == 1, (name, done.stderr)
        assert re.search(EXPECTED[name].removeprefix("^"), lines[0]), lines
