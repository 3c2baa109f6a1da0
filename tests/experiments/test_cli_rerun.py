"""``diagnose rerun`` as a user runs it: one small study of real trainings, looked at from every side."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import diagnose
from diagnose import cli

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(files("diagnose.schema").joinpath("diagnose-rerun-1.json").read_text(encoding="utf-8"))
# One neuron on a line that it can learn; with this rate it hardly moves. From zero weights no seed is a lucky one.
EXPERIMENT = """
import keras
import numpy as np

def load_data():
    x = np.random.default_rng(0).normal(size=(150, 2)).astype("float32")
    y = (x[:, 0] > 0).astype("float32")
    return (x[:50], y[:50]), (x[50:100], y[50:100]), (x[100:], y[100:])

def build_model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.001), "binary_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model

fit_arguments = {"epochs": 8}
"""
SLOW = (
    EXPERIMENT
    + """
class Slow(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        import time
        time.sleep(0.2)

class Model(keras.Sequential):
    def fit(self, *args, callbacks=(), **more):
        return super().fit(*args, callbacks=[*callbacks, Slow()], **more)

def build_model():
    model = Model([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model
"""
)


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return kept | {"PYTHONPATH": path, "TERM": "xterm", "LC_ALL": "C.UTF-8"} | more


def command(*args):
    return [sys.executable, "-m", "diagnose", "rerun", *map(str, args)]


def run(*args, cwd=None):
    done = subprocess.run(command(*args), capture_output=True, cwd=cwd, env=environment(), timeout=300)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def inside(capsys):
    """The same without a process of its own, where only arguments and answers matter."""

    def answer(*args):
        code = cli.run(["rerun", *map(str, args)])
        return code, *capsys.readouterr()

    return answer


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """One study, finished: its directory, exit status, standard output and error."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "line.py").write_text(EXPERIMENT)
    told = run(
        "line.py", "--technique", "learning-rate", "--seeds", 3, "--jobs", 2, "--format", "json",
        "--export", "trials.csv", "--plot", "plot.svg", cwd=folder,
    )  # fmt: skip
    return folder, *told


@pytest.fixture(scope="module")
def report(study):
    """The report of the same study, by its Python face; nothing is trained again."""
    folder = study[0]
    before = json.loads(study[2])["trials"]
    found = diagnose.rerun(folder / "line.py", technique="learning-rate", seeds=3, resume=True)
    assert found.trials == before
    return found


def test_the_study_ends_with_status_0_and_json_of_the_schema(study):
    _, code, out, _ = study
    found = json.loads(out)
    Draft202012Validator(SCHEMA).validate(found)
    assert code == 0
    assert found["complete"] and found["stopped"] is None
    assert {one["technique"] for one in found["results"]} == {"learning-rate"}


def test_ten_times_the_rate_helps_here(study):
    """From the same zero weights ten times the step goes further down in the same epochs, from every seed."""
    found = json.loads(study[2])
    faster = next(one for one in found["results"] if one["settings"]["learning_rate"] == 0.01)
    assert faster["loss_helped"] and faster["loss_interval"][1] < 0


def test_the_winner_is_a_model_that_scores_as_reported(study):
    folder, _, out, _ = study
    import keras

    found = json.loads(out)
    model = keras.models.load_model(folder / found["winner"]["model"])
    space = {}
    exec(EXPERIMENT, space)
    _, _, (x, y) = space["load_data"]()
    accuracy = float(((model.predict(x, verbose=0)[:, 0] > 0.5) == y).mean())
    won = next(one for one in found["results"] if one["steps"] == found["winner"]["steps"])
    assert min(abs(accuracy - one) for one in won["scores"]) < 1e-6


def test_progress_is_a_line_a_training_on_standard_error(study):
    _, _, out, err = study
    lines = [line for line in err.splitlines() if " seed " in line]
    assert len(lines) == json.loads(out)["trials"]
    assert lines[0].startswith("diagnose: 1 of ") and "baseline seed " in lines[0]
    assert all("; best " in line for line in lines)
    assert "\x1b" not in err and "\r" not in err


def test_every_training_is_exported(study):
    folder, _, out, _ = study
    with open(folder / "trials.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == json.loads(out)["trials"]
    assert {row["seed"] for row in rows if row["techniques"] == "baseline"} == set("012345")
    assert all(len(json.loads(row["history"])["val_loss"]) == 8 for row in rows)
    judged = [row for row in rows if row["seed"] in "345"]
    scores = sorted(float(row["verdict_accuracy"]) for row in judged if row["techniques"] == "baseline")
    assert scores == sorted(json.loads(out)["baseline"]["scores"])


def test_the_plot_is_drawn(study):
    assert (study[0] / "plot.svg").read_bytes().startswith(b"<?xml")


def test_nothing_is_left_beside_the_study(study):
    found = {one.name for one in study[0].iterdir()}
    assert found == {"line.py", "line.rerun", "trials.csv", "plot.svg"}


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_the_real_report_is_written_in_every_format(form, report):
    from diagnose.experiments.writeup import render

    text = render(form, report)
    assert "accuracy" in text and "learning_rate=0.01" in text.replace("\\", "")
    if form == "text":
        head, _, rest = text.partition("\nCode\n")
        assert max(map(len, head.splitlines())) <= 80 and rest


def test_the_python_face_and_the_terminal_say_the_same(study, report):
    told, found = json.loads(study[2]), report.to_dict()
    for one in (told, found):
        one.pop("directory")
        one["winner"].pop("model")
    assert found == told


def test_the_report_is_what_the_package_says_it_is(report):
    assert isinstance(report, diagnose.RerunReport)
    assert "Baseline" in str(report)
    assert report._repr_html_().startswith("<div")


def test_a_study_that_is_there_is_not_begun_again_unasked(study):
    folder = study[0]
    code, out, err = run("line.py", cwd=folder)
    assert (code, out) == (2, "")
    assert "--resume" in err and len(err.splitlines()) == 1


def test_dry_run_tells_the_plan_and_leaves_nothing(tmp_path):
    (tmp_path / "line.py").write_text(EXPERIMENT)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    done = subprocess.run(
        command("line.py", "--dry-run", "--format", "json", "--technique", "learning-rate,data-scaling", "--seeds", 4),
        capture_output=True, cwd=tmp_path, env=environment(TMPDIR=str(temporary)), timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    found = json.loads(done.stdout)
    assert [one["technique"] for one in found["candidates"]] == ["learning-rate"] * 3 + ["data-scaling"]
    # the baseline 4 times; 4 candidates on seeds 0, 1 and 2 (at most 6, then 4 stay); 2 of them are judged on seeds 3
    # to 6, of which the baseline has one already, and perhaps once more with as many
    assert found["trainings_at_most"] == 4 + 4 + 4 + 4 + 2 * 4 + 3 + 3 * 4
    assert found["rows"] == {"train": 50, "choice": 50, "verdict": 50}
    assert 0 < found["training_seconds"] < found["seconds_at_most"]
    assert "not kept" in found["diagnosed"]
    assert {one.name for one in tmp_path.iterdir()} == {"line.py", "tmp"}
    assert [one for one in temporary.iterdir() if not one.name.startswith("pymp-")] == []


def test_dry_run_of_a_history_takes_its_diagnosis(tmp_path):
    (tmp_path / "line.py").write_text(EXPERIMENT)
    history = ROOT / "fixtures" / "overfit" / "moons_wide.csv"
    code, out, err = run("line.py", "--dry-run", "--history", history, "--budget", "1s", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert f"overfit (of {history})" in " ".join(out.split()) and "early-stopping" in out  # wrapped where it must
    assert "about 1 s at most" in out
    assert max(map(len, out.splitlines())) <= 80


def children(group):
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(os.name != "posix", reason="needs signals and process groups")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_control_c_ends_the_trainings_and_leaves_a_report(tmp_path, end):
    """And so does the word of a machine that is taken away."""
    (tmp_path / "slow.py").write_text(SLOW)
    running = subprocess.Popen(
        command("slow.py", "--format", "json", "--jobs", 2),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=environment(), start_new_session=True,
    )  # fmt: skip
    assert running.stderr is not None
    first = running.stderr.readline()
    assert b" of " in first, first
    if end == signal.SIGINT:
        os.killpg(running.pid, end)  # as a terminal sends it: to all
    else:
        os.kill(running.pid, end)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"Traceback" not in err and b"KeyboardInterrupt" not in err
    assert err.splitlines()[-1].startswith(b"diagnose: interrupted")
    found = json.loads(out)
    Draft202012Validator(SCHEMA).validate(found)
    assert (found["complete"], found["stopped"]) == (False, "interrupted")
    assert found["trials"] >= 1
    deadline = time.monotonic() + 20
    while children(running.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not children(running.pid)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["none.py"], "none.py: expected a Python file"),
        (["x.py", "--technique", "dropuot"], "expected a technique, found 'dropuot'"),
        (["x.py", "--technique", "repeat-runs"], "repeat-runs is to be done by hand"),
        (["x.py", "--seeds", "0"], "x>=1"),
        (["x.py", "--budget", "soon"], "expected a time such as 90s, 30m or 1.5h; found 'soon'"),
        (["x.py", "--budget", "-5m"], "expected a time"),
        (["x.py", "--format", "yaml"], "'yaml' is not one of"),
        (["x.py", "--output", "x.py"], "--output x.py is an input"),
        (["x.py", "--plot", "x.gif"], ".png, .svg or .pdf"),
        (["x.py", "--export", "x.xls"], ".csv or .json"),
        (["x.py", "--export", "no/dir/t.csv"], "expected the directory no/dir"),
        (["x.py", "--export", "t.csv", "--output", "./t.csv"], "name the same file"),
        (["x.py", "--dry-run", "--plot", "p.png"], "--dry-run leaves nothing to plot"),
        (["x.py", "--dry-run", "--format", "html"], "--format text or json"),
        (["x.py", "--storage", "mysql://a"], "postgresql://"),
        (["x.py", "--history", "none.csv"], "none.csv"),
        ([], "EXPERIMENT.py"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_wrong_usage_is_one_line_and_status_2(args, said, inside, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.py").write_text("raise SystemExit('this is not run for a wrong option')\n")
    code, out, err = inside(*args)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert said in err
    assert Path("x.py").read_text().startswith("raise")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def build_model(): ...\n", "expected a function load_data(), found none"),
        ("def build_model(:\n", "line 1: expected Python"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        (EXPERIMENT.replace("epochs", "epoch"), "x.py: fit_arguments: expected arguments of model.fit, found epoch"),
        (EXPERIMENT.replace("model.compile", "#"), "x.py: expected a compiled model"),
    ],
    ids=["nothing to load", "no Python", "fails", "no argument of fit", "not compiled"],
)
def test_an_experiment_that_cannot_run_is_one_line_and_status_2(text, said, tmp_path):
    (tmp_path / "x.py").write_text(text)
    code, out, err = run("x.py", "--quiet", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert said in err


@pytest.mark.parametrize("module", ["optuna", "keras"])
def test_a_missing_library_is_one_line(module, tmp_path):
    (tmp_path / "x.py").write_text(EXPERIMENT)
    program = (
        f"import sys; sys.modules[{module!r}] = None; from diagnose.cli import run; sys.exit(run(['rerun', 'x.py']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=environment()
    )
    assert done.returncode == 2
    assert done.stderr == f"diagnose: rerun needs {module}, not installed here: pip install 'diagnose-curves[rerun]'\n"
    assert [one.name for one in tmp_path.iterdir()] == ["x.py"]


def test_help_says_that_the_file_is_run_and_fits_eighty_columns(inside):
    code, out, err = inside("-h")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "it is run" in " ".join(out.split())


def test_completion_offers_techniques_and_options():
    def offered(words, at):
        env = environment(_DIAGNOSE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(at))
        out = subprocess.run([sys.executable, "-m", "diagnose"], capture_output=True, text=True, env=env).stdout
        return {line.partition(",")[2] for line in out.splitlines()}

    assert "rerun" in offered("diagnose re", 1)
    assert "early-stopping" in offered("diagnose rerun x.py --technique early", 4)
    assert "repeat-runs" not in offered("diagnose rerun x.py --technique re", 4)
    assert "--dry-run" in offered("diagnose rerun --d", 2)


def test_importing_the_names_loads_nothing_heavy():
    program = (
        "import sys; from diagnose import rerun, RerunReport; import diagnose.rerun_command;"
        "print([one for one in ('keras', 'tensorflow', 'optuna', 'scipy', 'matplotlib') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert done.stdout == "[]\n", done.stderr


def test_no_card_loads_the_command():
    program = "import sys, diagnose.cli; print([one for one in sys.modules if 'rerun' in one or 'experiments' in one])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert done.stdout == "[]\n", done.stderr


def test_the_readme_shows_the_example_as_it_is():
    example = (ROOT / "examples" / "circles.py").read_text()
    section = (ROOT / "README.md").read_text().split("## Re-run")[1].split("\n## ")[0]
    shown = section.split("```python")[1].split("```")[0]
    assert "def build_model" in shown
    for line in shown.strip().splitlines():
        assert line in example.splitlines(), line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"budget": "30m"}, "budget: expected seconds, found '30m'"),
        ({"seed": 3}, "expected options among budget, .*, found seed"),
    ],
)
def test_a_wrong_option_of_the_function_is_a_usage_error(tmp_path, options, said):
    with pytest.raises(diagnose.UsageError, match=said):
        diagnose.rerun(tmp_path / "none.py", **options)
