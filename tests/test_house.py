"""The rules of the house that a program can check."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import diagnose
from diagnose import techniques
from diagnose.registry import load_rules

ENVIRONMENT = {
    **os.environ,
    "COLUMNS": "80",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONUTF8": "1",
    "NO_COLOR": "1",
}
ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "diagnose"
SLUGS = """
underfit-flat underfit-unfinished slow-learning underfit-plateau diverging oscillating
overfit overconfident unrepresentative-training unrepresentative-validation validation-easier
high-variance run-variance
chance-level constant-metric never-generalized suspected-leak not-comparable collapse wrong-output
vanishing-gradients exploding-gradients dead-units saturated-units unscaled-inputs non-finite-data
""".split()
HEADINGS = {
    "rule": ["What it means", "What the curves show", "How it is decided", "What else looks like it", "Sources"],
    "technique": ["What it changes", "When it helps", "Settings", "Risks", "Sources"],
}
# Left to right: a stage imports only what stands before it (and its own).
STAGES = [
    ["_version", "errors", "wording", "plugins"],
    ["curves", "inside"],
    ["vocabulary", "metrics"],
    ["readers", "inspection"],
    ["evidence"],
    ["report"],
    ["registry"],
    ["rules"],
    ["noticing"],
    ["judging"],
    ["recipes"],
    ["techniques_code", "techniques_models", "techniques_reason", "techniques"],
    ["engine"],
    ["renderers"],
    ["arguments", "gate", "output", "parallel", "session"],
    ["live"],
    ["callback", "adapters"],
    ["experiments"],
    ["rerun_command"],
    ["cli", "completion"],
]
LATER = {"report": {"techniques", "renderers", "registry"}}  # asked for lazily, by a method that somebody calls


def imports(path: Path, inside_functions: bool) -> set[str]:
    """Stages that a file imports: at its top only, or anywhere."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if inside_functions else iter(tree.body)
    found = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "diagnose":
            parts = node.module.split(".")
            found.update([parts[1]] if len(parts) > 1 else [alias.name for alias in node.names])
    return found


def stage_files() -> list[tuple[int, str, Path]]:
    out = []
    for order, names in enumerate(STAGES):
        for name in names:
            folder = ROOT / "rules" if name == "rules" else PACKAGE / name
            files = sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{name}.py"]
            out += [(order, name, file) for file in files]
    return out


@pytest.mark.parametrize(("order", "stage", "path"), stage_files(), ids=lambda value: getattr(value, "name", None))
def test_a_stage_imports_only_stages_to_its_left(order, stage, path):
    allowed = {name for names in STAGES[: order + 1] for name in names} | LATER.get(stage, set())
    assert imports(path, inside_functions=stage != "techniques") <= allowed


def test_public_names_are_sorted_and_real():
    assert diagnose.__all__ == sorted(diagnose.__all__)
    for name in diagnose.__all__:
        assert getattr(diagnose, name) is not None


def test_every_slug_of_the_contract_has_a_rule():
    assert set(SLUGS) <= set(load_rules())


def test_every_rule_file_is_loaded():
    files = {path.stem.replace("_", "-") for path in (ROOT / "rules").glob("[!_]*.py")}
    assert files and files == set(load_rules())


@pytest.mark.parametrize("slug", sorted(load_rules()))
def test_a_rule_explains_itself_and_names_techniques_that_exist(slug):
    rule = load_rules()[slug]
    positions = [rule.doc.find(f"\n{heading}\n") for heading in HEADINGS["rule"]]
    assert -1 not in positions and positions == sorted(positions)
    assert rule.doc.startswith(f"{slug}: ")
    assert not re.search(r"\{[A-Z]", rule.doc), "a constant in the docstring was not filled in"
    assert set(rule.techniques) <= set(techniques.names()) and rule.techniques
    assert set(rule.excludes) <= set(load_rules())
    assert (ROOT / "tests" / "rules" / f"test_{slug.replace('-', '_')}.py").is_file()


@pytest.mark.parametrize("slug", techniques.names())
def test_a_technique_explains_itself(slug):
    doc = techniques.get(slug).doc
    positions = [doc.find(f"\n{heading}\n") for heading in HEADINGS["technique"]]
    assert -1 not in positions and positions == sorted(positions)
    assert any(slug in rule.techniques for rule in load_rules().values()) or slug in UNNAMED


# Techniques that no rule of the curves calls for: they are there to be explained and re-run.
UNNAMED: set[str] = set()


@pytest.mark.parametrize("slug", sorted(load_rules()))
def test_a_rule_tells_every_threshold_that_decides(slug):
    tree = ast.parse((ROOT / "rules" / f"{slug.replace('-', '_')}.py").read_text())
    numbers = (ast.Constant, ast.UnaryOp)
    named = {
        node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, numbers)
    }
    doc = ast.get_docstring(tree, clean=False)
    assert [name for name in sorted(named) if "{" + name not in doc] == []


def test_functions_are_not_long():
    long = {}
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "rules").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                words = len((ast.get_docstring(node, clean=False) or "").splitlines())
                lines = node.end_lineno - node.body[0].lineno + 1 - words
                if lines > 42:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_importing_loads_nothing_heavy():
    code = "import sys, diagnose; print([m for m in sys.modules if m.split('.')[0] in %r])" % (
        ["click", "rich", "pandas", "scipy", "matplotlib", "keras", "tensorflow", "sklearn"],
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_the_terminal_loads_nothing_heavy():
    history = next((ROOT / "fixtures" / "overfit").glob("*.csv"))
    code = (
        "import sys; sys.argv = ['diagnose', sys.argv[1]]\n"
        "from diagnose.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'pandas', 'scipy', 'matplotlib', 'keras', 'tensorflow'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(history)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_files_are_not_crowded():
    crowded = {}
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "rules").glob("*.py")]:
        tree = ast.parse(path.read_text())
        documented = [node for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))]
        words = sum(len((ast.get_docstring(node, clean=False) or "").splitlines()) for node in documented)
        lines = len(path.read_text().splitlines()) - words
        if lines > 250:
            crowded[str(path.relative_to(ROOT))] = lines
    assert crowded == {}


def test_the_example_of_the_rules_docstring_is_a_working_rule(tmp_path):
    doc = ast.get_docstring(ast.parse((ROOT / "rules" / "__init__.py").read_text()), clean=False)
    block = doc[doc.index('       """late-start') : doc.index("   The docstring is what")]
    source = "\n".join(line[7:] for line in block.splitlines())
    package = tmp_path / "late_start.py"
    package.write_text(source)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from late_start import late_start\n"
        "from diagnose.evidence.run import Run\n"
        "from diagnose.readers import read\n"
        "late = read({'loss': [1.0] * 12 + [0.5, 0.25, 0.12, 0.06]})[0][0]\n"
        "soon = read({'loss': [1.0, 0.5, 0.25, 0.12, 0.06, 0.05, 0.05, 0.05]})[0][0]\n"
        "print(late_start.slug, late_start.judge(Run(late)).confidence > 0.5 > late_start.judge(Run(soon)).confidence)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split() == ["late-start", "True"], done.stderr


def test_the_readme_shows_what_the_command_prints():
    text = (ROOT / "README.md").read_text()
    first, shown = text.split("```")[1].strip(), text.split("```")[3].strip("\n")
    install, command = first.split(" && ")
    assert install == "pip install ." and len(first.splitlines()) == 1
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], capture_output=True, text=True, cwd=ROOT, check=True, env=ENVIRONMENT
    )
    assert done.stdout.rstrip("\n") == shown


def test_the_readme_names_every_rule():
    text = (ROOT / "README.md").read_text()
    assert [slug for slug in load_rules() if f"`{slug}`" not in text] == []
