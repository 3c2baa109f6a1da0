"""The rules are found, whoever wrote them; what is broken is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from diagnose import RuleError, UsageError
from diagnose.registry import AREAS, Rule, Verdict, check_names, load_rules, rule
from diagnose.wording import share

ROOT = Path(__file__).resolve().parents[1]
RULE = '''"""{slug}: made for a test."""

from diagnose.registry import Verdict, rule


@rule(area="{area}", techniques=("learning-rate",))
def {name}(run):
    return Verdict(0.97, say="{{curve}} was judged by a guest", curve=run.train.name, names={{"curve": run.train.name}})
'''
LOAD = """
import sys
import diagnose.rules
from diagnose.errors import RuleError
from diagnose.registry import load_rules
folder = sys.argv[1]
if folder:
    diagnose.rules.__path__ = [folder]
try:
    print(*load_rules())
except RuleError as error:
    print(error)
"""


def run(code, *arguments, path=()):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": ":".join(map(str, [*path, ROOT])), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def loaded(folder):
    return run(LOAD, folder)


def installed(where, name, entry):
    """A distribution as pip leaves it: the metadata that names the entry point, beside the module."""
    info = where / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text("")
    (info / "entry_points.txt").write_text(f"[diagnose.rules]\n{entry}\n")


def test_rules_come_by_area_and_then_by_name():
    rules = list(load_rules().values())
    assert rules == sorted(rules, key=lambda one: (AREAS.index(one.area), one.slug))
    assert {one.area for one in rules} == set(AREAS)
    assert all(load_rules()[slug].slug == slug for slug in load_rules())


def test_a_rule_is_its_function_s_name_and_its_module_s_words():
    one = load_rules()["overfit"]
    rise = sys.modules[one.module].RISE
    assert isinstance(one, Rule)
    assert one.doc.startswith("overfit: ")
    assert "{" not in one.doc and f"({share(rise)})" in one.doc

    @rule(area="learning", techniques=("learning-rate",), trendless=True)
    def some_new_fault(run):
        return Verdict(0.0)

    assert some_new_fault.model is None
    assert (some_new_fault.slug, some_new_fault.area, some_new_fault.trendless) == ("some-new-fault", "learning", True)


MODELLED = """
from diagnose.evidence.belief import Model, Term
from diagnose.registry import Verdict, rule

MODEL = {model}


@rule(area="learning", techniques=("learning-rate",))
def modelled(run):
    return Verdict(0.0)
"""


@pytest.mark.parametrize(
    ("model", "found"),
    [("Model({'rise': Term(0.1, 0.3)}, {'constant': 0.0, 'rise': 1.0})", ["rise"]), ("'a ResNet'", None)],
    ids=["a model", "another thing of that name"],
)
def test_a_rule_s_model_is_its_module_s(monkeypatch, model, found):
    module = ModuleType("modelled_rules")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(MODELLED.format(model=model), module.__dict__)
    assert (module.modelled.model and list(module.modelled.model.terms)) == found


def test_fitted_rules_have_one_and_others_none():
    one = load_rules()["overfit"]
    assert one.model is sys.modules[one.module].MODEL
    assert load_rules()["collapse"].model is None


def test_a_folder_of_rules(tmp_path):
    (tmp_path / "one_fault.py").write_text(RULE.format(slug="one-fault", name="one_fault", area="prediction"))
    (tmp_path / "two_fault.py").write_text(RULE.format(slug="two-fault", name="two_fault", area="learning"))
    assert loaded(tmp_path) == "two-fault one-fault"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def broken(:\n", "rules/odd_one.py: the rule can't be loaded: SyntaxError: "),
        ("import no_such_module_at_all\n", "rules/odd_one.py: the rule can't be loaded: ModuleNotFoundError: "),
        ("x = 1\n", "rules/odd_one.py: expected a function under @rule of the file's name, found NoneType"),
        ("def odd_one(run):\n    pass\n", "expected a function under @rule of the file's name, found function"),
        (
            RULE.format(slug="x", name="another_name", area="learning"),
            "rules/odd_one.py: expected a function under @rule",
        ),
        (
            RULE.format(slug="odd-one", name="odd_one", area="weather"),
            "expected an area among learning, generalization,",
        ),
    ],
    ids=["syntax", "import", "nothing", "no decorator", "another name", "another area"],
)
def test_a_broken_rule_file_is_named(tmp_path, text, said):
    (tmp_path / "odd_one.py").write_text(text)
    told = loaded(tmp_path)
    assert said in told and "odd_one" in told
    assert "\n" not in told


def test_no_rule_at_all_is_an_error(tmp_path):
    """A wheel built without the rules would call every history healthy."""
    assert loaded(tmp_path).startswith("no rule was found: the installation is incomplete")


JUDGE = """
from diagnose import diagnose
report = diagnose({"loss": [5.0, 3.0, 2.0, 1.5, 1.2, 1.1]})
print([one.summary for one in report.findings if one.rule == "guest-fault"])
"""


def test_a_rule_of_another_package(tmp_path):
    installed(tmp_path, "guest", "guest = guest_rules:guest_fault")
    (tmp_path / "guest_rules.py").write_text(RULE.format(slug="guest-fault", name="guest_fault", area="learning"))
    assert "guest-fault" in run(LOAD, "", path=[tmp_path]).split()
    assert run(JUDGE, path=[tmp_path]) == "['loss was judged by a guest']"
    assert run(JUDGE) == "[]"


def test_a_guest_cannot_take_a_known_slug(tmp_path):
    installed(tmp_path, "guest", "guest = guest_rules:overfit")
    (tmp_path / "guest_rules.py").write_text(RULE.format(slug="overfit", name="overfit", area="learning"))
    told = run(LOAD, "", path=[tmp_path])
    assert told == "entry point guest = guest_rules:overfit: the slug 'overfit' is taken by another rule"


def test_a_guest_that_is_not_there_is_named(tmp_path):
    installed(tmp_path, "guest", "guest = no_such_guest:fault")
    assert run(LOAD, "", path=[tmp_path]).startswith(
        "entry point guest = no_such_guest:fault: the rule can't be loaded: ModuleNotFoundError"
    )


def test_names_are_checked_with_a_suggestion():
    check_names(["overfit", "diverging"])
    check_names(["learning", "overfit"], areas=True)
    with pytest.raises(UsageError, match="expected a rule, found 'overfitt'; did you mean 'overfit'"):
        check_names(["overfitt"])
    with pytest.raises(UsageError, match="expected a rule, found 'learning'"):
        check_names(["learning"])
    with pytest.raises(UsageError, match="expected a rule or an area, found 'xyzzy'; `diagnose rules` lists them"):
        check_names(["xyzzy"], areas=True)


def test_a_broken_rule_is_a_rule_error():
    assert issubclass(RuleError, RuntimeError)
