"""Techniques of other packages, found by their entry points."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUEST = '''"""Guest: a technique of another package."""
from diagnose.techniques import Advice, technique


def _edit(recipe, strength):
    return recipe.fitted(epochs=strength)


@technique(
    area="generalization", edits="fit", source="a guest", edit=_edit,
    settings=lambda facts, rule: [{"strength": 2}], treats=("overfit",),
)
def guest(case):
    return Advice("be a guest", "a guest helps", "# code of the guest")


@technique(area="generalization", edits="fit", source="a guest")
def dropout(case):
    return Advice("", "", "")


word = "not a technique"
'''
ASK = """
import sys
sys.path.insert(0, sys.argv[1])
from diagnose import diagnose, techniques
from diagnose.errors import RuleError
try:
    report = diagnose(sys.argv[2])
    print(techniques.get("guest").slug, "guest" in techniques.names(), [one.technique for one in report.recommendations])
except RuleError as error:
    print(error)
"""


def asked(folder: Path, entry: str) -> str:
    (folder / "guests.py").write_text(GUEST)
    info = folder / "guests-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: guests\nVersion: 1.0\n")
    (info / "RECORD").write_text("")
    (info / "entry_points.txt").write_text(f"[diagnose.techniques]\n{entry}\n")
    history = next((ROOT / "fixtures" / "overfit").glob("*.csv"))
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(folder), str(history)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.strip()


def test_a_technique_of_another_package_is_recommended_behind_the_rule_s_own(tmp_path):
    told = asked(tmp_path, "guest = guests:guest")
    assert told.startswith("guest True [")
    named = told[told.index("[") :]
    assert "'guest'" in named and named.index("'early-stopping'") < named.index("'guest'")


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (
            "taken = guests:dropout",
            "entry point taken = guests:dropout: the slug 'dropout' is taken by another technique",
        ),
        ("word = guests:word", "entry point word = guests:word: expected a function under @technique, found str"),
        (
            "gone = no_guests:gone",
            "entry point gone = no_guests:gone: the technique can't be loaded: ModuleNotFoundError",
        ),
    ],
)
def test_a_broken_one_is_named(tmp_path, entry, found):
    assert asked(tmp_path, entry).startswith(found)
