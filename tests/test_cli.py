"""The command, as a user runs it: a process of its own, with real files, pipes and signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from diagnose import cli
from diagnose.parallel import _tasks

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads(files("diagnose.schema").joinpath("diagnose-1.json").read_text(encoding="utf-8"))
HEAVY = ("pandas", "scipy", "matplotlib", "keras", "tensorflow", "rich")


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return kept | {"PYTHONPATH": path, "TERM": "xterm", "LC_ALL": "C.UTF-8"} | more


def diagnose(*args, stdin=None, cwd=None, **env):
    done = subprocess.run(
        [sys.executable, "-m", "diagnose", *map(str, args)],
        input=stdin if stdin is not None else b"",
        capture_output=True, cwd=cwd, env=environment(**env), timeout=60,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


@pytest.fixture
def inside(capsys, monkeypatch):
    """The same without a process of its own, where only arguments and answers matter: ten times as fast."""

    def run(*args):
        monkeypatch.setattr(sys, "stdin", None)
        code = cli.run([str(one) for one in args])
        return code, *capsys.readouterr()

    return run


def csv(path, train, validation=None):
    head = "epoch,loss" + (",val_loss" if validation is not None else "")
    rows = [
        f"{at},{loss:.6f}" + (f",{validation[at]:.6f}" if validation is not None else "")
        for at, loss in enumerate(train)
    ]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def falling(epochs, start, rate, floor, seed):
    noise = np.random.default_rng(seed).normal(0, 0.004, epochs)
    return floor + start * rate ** np.arange(epochs) + noise


@pytest.fixture
def overfit(tmp_path):
    """Validation turns round at about epoch 20 of 60 and doubles; training goes on to nothing: overfit beyond doubt."""
    at = np.arange(60)
    validation = falling(60, 1.0, 0.85, 0.4, 1) + 0.015 * np.maximum(at - 20, 0)
    return csv(tmp_path / "overfit.csv", falling(60, 1.2, 0.93, 0.03, 2), validation)


@pytest.fixture
def healthy(tmp_path):
    """Both losses fall and stand still side by side for the later half."""
    return csv(tmp_path / "healthy.csv", falling(80, 1.0, 0.85, 0.30, 3), falling(80, 1.0, 0.85, 0.33, 4))


@pytest.fixture
def short(tmp_path):
    return csv(tmp_path / "short.csv", [1.0, 0.9, 0.8], [1.1, 1.0, 0.9])


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\0 not a history")
    return path


def test_the_verdict_of_a_file(overfit):
    code, out, err = diagnose(overfit)
    assert (code, err) == (0, "")
    assert "  OVERFIT   generalization problem, since epoch" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert len(out.splitlines()) <= 20


def test_options_may_follow_the_paths(overfit):
    code, out, _ = diagnose(overfit, "--format", "concise")
    assert code == 0
    assert out.startswith(f"{overfit}: overfit since epoch ")
    assert len(out.splitlines()) == 1


def test_standard_input_is_read_when_it_is_piped(overfit):
    _, named, _ = diagnose("-", "--format", "json", stdin=overfit.read_bytes())
    _, unnamed, _ = diagnose("--format", "json", stdin=overfit.read_bytes())
    assert json.loads(named) == json.loads(unnamed)
    assert json.loads(named)["reports"][0]["source"] == "-"
    assert json.loads(named)["reports"][0]["diagnosis"] == "overfit"


def test_json_fits_the_schema_and_keeps_the_order(overfit, healthy, short, broken):
    code, out, err = diagnose(healthy, broken, overfit, short, "--format", "json")
    found = json.loads(out)
    Draft202012Validator(SCHEMA).validate(found)
    assert code == 2
    assert [one["source"] for one in found["reports"]] == [str(healthy), str(overfit), str(short)]
    assert [one["diagnosis"] for one in found["reports"]][1:] == ["overfit", "too-short"]
    assert [one["source"] for one in found["errors"]] == [str(broken)]
    assert err.startswith(f"diagnose: {broken}: ")
    assert len(err.splitlines()) == 1


def test_json_is_printed_when_every_input_failed(broken, tmp_path):
    code, out, err = diagnose(broken, tmp_path / "none.csv", "--format", "json")
    assert code == 2
    assert json.loads(out)["reports"] == []
    assert len(json.loads(out)["errors"]) == 2
    assert len(err.splitlines()) == 2


def test_jobs_change_nothing_but_the_time(overfit, healthy, short, broken):
    paths = [overfit, broken, healthy, short]
    alone = diagnose(*paths, "--format", "json")
    assert diagnose(*paths, "--format", "json", "--jobs", "2") == alone


def test_jobs_share_a_directory_and_change_nothing_but_the_time(overfit, healthy, short, tmp_path):
    for at in range(12):
        shutil.copy(overfit, tmp_path / f"again{at}.csv")
    (tmp_path / "notes.txt").write_text("Dear all")
    (tmp_path / "history.json").write_text('{"loss": [0.5, ')
    (tmp_path / "empty").mkdir()
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "notes.txt").write_text("Dear all")
    paths = [tmp_path, tmp_path / "empty", tmp_path / "book", healthy]
    code, out, err = diagnose(*paths, "--format", "json")
    assert (code, len(json.loads(out)["reports"]), len(err.splitlines())) == (2, 16, 3)
    assert diagnose(*paths, "--format", "json", "--jobs", "2") == (code, out, err)


def test_jobs_stop_in_a_directory_where_one_process_would(overfit, tmp_path):
    """A column that one history does not have ends its directory, and not those behind it."""
    for at in range(12):
        name = "loss,val_err" if at == 6 else "loss,val_loss"
        text = overfit.read_text().replace("loss,val_loss", name)
        (tmp_path / "runs").mkdir(exist_ok=True)
        (tmp_path / "runs" / f"{at:02}.csv").write_text(text)
        os.utime(tmp_path / "runs" / f"{at:02}.csv", (1000, 1000))
    args = [tmp_path / "runs", overfit, "--validation", "val_loss", "--format", "json"]
    code, out, err = diagnose(*args)
    assert (code, len(json.loads(out)["reports"])) == (2, 7)
    assert diagnose(*args, "--jobs", "2") == (code, out, err)


def test_a_directory_is_shared_among_the_workers(tmp_path):
    for at in range(70):
        (tmp_path / f"{at:02}.csv").write_text("loss\n1\n")
        os.utime(tmp_path / f"{at:02}.csv", (1000, 1000))
    tasks = _tasks(str(tmp_path), 2)
    assert [len(one.paths) for one in tasks] == [8] * 8 + [6]
    assert [path for one in tasks for path in one.paths] == [str(tmp_path / f"{at:02}.csv") for at in range(70)]
    assert _tasks(str(tmp_path / "00.csv"), 2) == [str(tmp_path / "00.csv")]
    assert _tasks("-", 2) == ["-"]


def test_several_histories_worst_first_then_a_count(overfit, healthy):
    _, out, _ = diagnose(healthy, overfit)
    assert [Path(line.split()[0]).name for line in out.splitlines()[:2]] == ["overfit.csv", "healthy.csv"]
    assert out.splitlines()[-1].startswith("2 histories: ")


def test_a_directory_is_searched_and_one_without_a_history_is_an_error(overfit, healthy, tmp_path):
    code, out, _ = diagnose(tmp_path, "--format", "json")
    assert code == 0
    assert {Path(one["source"]).name for one in json.loads(out)["reports"]} == {"overfit.csv", "healthy.csv"}
    (tmp_path / "empty").mkdir()
    code, out, err = diagnose(tmp_path / "empty")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("paths", "gates", "code"),
    [
        (["overfit"], ["overfit"], 1),
        (["overfit"], ["generalization"], 1),
        (["overfit"], ["any"], 1),
        (["overfit"], ["diverging"], 0),
        (["overfit"], ["diverging", "overfit"], 1),
        (["overfit"], ["diverging,overfit"], 1),
        (["healthy"], ["overfit"], 0),
        (["short"], ["overfit"], 3),
        (["short", "overfit"], ["overfit"], 1),
        (["broken", "overfit"], ["overfit"], 2),
        (["broken", "short"], ["any"], 2),
    ],
)
def test_gates(paths, gates, code, request, inside):
    files = [request.getfixturevalue(one) for one in paths]
    assert inside(*files, *(word for one in gates for word in ("--fail-on", one)))[0] == code


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--fail-on", "overfitt"], "did you mean 'overfit'"),
        (["--select", "learning"], "expected a rule, found 'learning'"),
        (["--ignore", "overfit", "--fail-on", "overfit"], "can never trip"),
        (["--format", "yaml"], "'yaml' is not one of"),
        (["--format", "html"], "'html' is not one of"),
        (["--direction", "up"], "'up' is not one of"),
        (["--run", "0"], "from 1 on, or all"),
        (["--run", "x"], "from 1 on, or all"),
        (["--jobs", "0"], "x>=1"),
        (["--plot", "x.jpg"], ".png, .svg or .pdf"),
        (["--nonsense"], "--nonsense"),
        (["--run", "7"], "found 7"),
        (["--output", "."], "the directory ."),
        (["--output", "no/such/dir/x"], "diagnose: no/such/dir/x: expected to write there"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(args, said, overfit, tmp_path, inside, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = inside(overfit, *args)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("diagnose: ")
    assert said in err


def test_select_and_ignore(overfit, inside):
    def rules(*args):
        (report,) = json.loads(inside(overfit, "--format", "json", *args)[1])["reports"]
        return {one["rule"] for one in report["findings"]}

    assert rules("--select", "overfit,diverging") == {"overfit"}
    assert "overfit" not in rules("--ignore", "overfit", "--ignore", "diverging")


def test_a_number_sign_in_an_inputs_name_is_no_other_file(overfit, tmp_path, inside):
    runs = tmp_path / "runs"
    runs.mkdir()
    shutil.copy(overfit, runs / "run#1.csv")
    (runs / "run").write_text("old")
    code, _, err = inside(runs, "--output", runs / "run")
    assert (code, err) == (0, "")
    code, _, err = inside(runs, "--output", runs / "run#1.csv")
    assert code == 2
    assert "would be lost" in err


def test_output_is_replaced_and_keeps_its_permissions(overfit, tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")
    target.chmod(0o600)
    code, out, _ = diagnose(overfit, "--format", "json", "--output", target)
    assert (code, out) == (0, "")
    Draft202012Validator(SCHEMA).validate(json.loads(target.read_text()))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.json", "overfit.csv"]


@pytest.mark.parametrize("option", ["--output", "--plot"])
def test_an_input_is_never_written_over(option, overfit, tmp_path):
    before = overfit.read_bytes()
    link = tmp_path / "link.png"
    link.symlink_to(overfit)
    for args in ([overfit, option, link], [tmp_path, option, link]):
        code, _, err = diagnose(*args)
        assert code == 2
        assert "would be lost" in err
        assert overfit.read_bytes() == before
        assert link.is_symlink()


def test_plot_is_drawn_beside_the_report(overfit, healthy, tmp_path):
    code, out, err = diagnose(overfit, healthy, "--plot", tmp_path / "curves.svg")
    assert (code, err) == (0, "")
    assert "2 histories" in out
    assert (tmp_path / "curves.svg").read_bytes().startswith(b"<?xml")


def test_repeats_make_one_report(overfit, tmp_path):
    seeds = [
        csv(tmp_path / f"{seed}.csv", falling(60, 1, 0.9, 0.1, seed), falling(60, 1, 0.9, 0.2, seed)) for seed in (7, 8)
    ]
    code, out, _ = diagnose("--repeats", *seeds, "--format", "json")
    assert code == 0
    (report,) = json.loads(out)["reports"]
    assert report["source"] == "|".join(map(str, seeds))


def test_a_reader_that_goes_away_is_no_error(overfit):
    shell = f'{sys.executable} -m diagnose rules | head -n 1; echo "status ${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, env=environment())
    assert done.stderr == ""
    assert done.stdout == "learning\nstatus 0\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(overfit):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "diagnose", overfit],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
    assert done.returncode == 2
    assert done.stderr == "diagnose: output: expected to write there, found: No space left on device\n"


def test_closed_streams_are_no_traceback(overfit):
    command = f"{sys.executable} -m diagnose"
    done = subprocess.run(
        ["bash", "-c", f'{command} "$0" >&- 2>&-; echo $?; {command} - <&-', overfit],
        capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert done.stdout == "0\n"
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_control_c_prints_what_is_finished(overfit):
    keyboard, terminal = os.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "diagnose", overfit, "-", "--format", "json"],
        stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert running.stderr is not None
    assert running.stderr.readline() == b"diagnose: reading standard input; Ctrl-D ends it\n"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    os.close(keyboard)
    os.close(terminal)
    assert running.returncode == 130
    assert [one["source"] for one in json.loads(out)["reports"]] == [str(overfit)]
    assert b"Traceback" not in err


def test_color_on_request_only(overfit):
    assert "\x1b" in diagnose(overfit, FORCE_COLOR="1")[1]
    assert "\x1b" not in diagnose(overfit, FORCE_COLOR="1", NO_COLOR="1")[1]
    assert "\x1b" not in diagnose(overfit, FORCE_COLOR="1", TERM="dumb")[1]


@pytest.mark.parametrize(
    "env", [{"DIAGNOSE_ASCII": "1"}, {"TERM": "dumb"}, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}], ids=str
)
def test_ascii_where_the_place_cannot_show_more(env, overfit):
    assert diagnose(overfit, **env)[1].isascii()
    assert not diagnose(overfit)[1].isascii()


def test_width_follows_the_terminal(overfit):
    assert max(map(len, diagnose(overfit, COLUMNS="40")[1].splitlines())) <= 40


def test_the_first_word_may_be_a_command_or_with_a_slash_a_path(overfit, tmp_path):
    (tmp_path / "rules").write_bytes(overfit.read_bytes())
    assert diagnose("rules", cwd=tmp_path)[1].startswith("learning\n")
    assert json.loads(diagnose("--format", "json", "rules", cwd=tmp_path)[1])["schema"] == "diagnose-rules/1"
    assert "OVERFIT" in diagnose("./rules", cwd=tmp_path)[1]
    assert "OVERFIT" in diagnose("--", "rules", cwd=tmp_path)[1]
    (tmp_path / "--x.csv").write_bytes(overfit.read_bytes())
    assert "OVERFIT" in diagnose("--", "--x.csv", cwd=tmp_path)[1]


def test_explain_and_its_unknown_names(inside):
    code, out, _ = inside("explain", "overfit")
    assert code == 0
    assert out.startswith("OVERFIT   generalization problem\n")
    code, out, err = inside("explain", "overfitt")
    assert (code, out) == (2, "")
    assert "did you mean overfit" in err


@pytest.mark.parametrize("args", [["-h"], ["rules", "-h"], ["explain", "-h"], ["completion", "--help"]])
def test_help_fits_eighty_columns_and_lists_only_what_exists(args, inside):
    code, out, err = inside(*args)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    for missing in ("watch", "compare", "config", "scan"):
        assert f"diagnose {missing}" not in out
    assert "html" not in out


def test_version():
    from diagnose import __version__

    assert diagnose("--version") == (0, f"diagnose, version {__version__}\n", "")


def test_completion_offers_commands_options_and_rules():
    def offered(words, at):
        _, out, _ = diagnose(_DIAGNOSE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(at))
        return {line.partition(",")[2] for line in out.splitlines()}

    assert "explain" in offered("diagnose e", 1)
    assert "--fail-on" in offered("diagnose x.csv --f", 2)
    assert offered("diagnose x.csv --select diverging,over", 3) >= {"diverging,overfit"}
    assert "early-stopping" in offered("diagnose explain early", 2)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_call_the_command(shell, inside):
    code, out, _ = inside("completion", shell)
    assert code == 0
    assert f"_DIAGNOSE_COMPLETE={shell}_complete" in out


def test_nothing_heavy_is_imported_for_a_card(overfit):
    program = (
        "import sys, diagnose.cli; code = diagnose.cli.run(sys.argv[1:]);"
        f"print(code, [one for one in {HEAVY!r} if one in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, overfit], capture_output=True, text=True, env=environment())
    assert done.stderr == "0 []\n"
    assert "OVERFIT" in done.stdout
