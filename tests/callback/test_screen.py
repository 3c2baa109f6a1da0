"""How it looks where people see it: a terminal (tmux), a pipe, a notebook; and Ctrl-C."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("keras", reason="needs Keras: pip install 'diagnose-curves[keras]'")

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import numpy as np, keras
from diagnose import DiagnoseCallback
keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x, y = rng.normal(size=(80, 20)).astype("float32"), rng.integers(0, 2, 80)
model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(128, "relu"), keras.layers.Dense(1, "sigmoid")])
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
callback = DiagnoseCallback()
"""
FIT = "model.fit(x, y, validation_split=0.4, epochs={epochs}, verbose={verbose}, callbacks=[callback])\n"
INTERRUPTED = f"""
try:
    {FIT.format(epochs=10**6, verbose=2)}except KeyboardInterrupt:
    print("interrupted after", callback.report.curves.length)
import signal
print("as before:", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "COLUMNS": "80",
    "LC_ALL": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
}


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    return done.stdout


def shown(text):
    """What is left on a line after carriage returns and backspaces, without colours."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = []
    for line in text.split("\n"):
        screen, at = [], 0
        for one in line:
            if one in "\b\r":
                at = max(0, at - 1) if one == "\b" else 0
                continue
            screen[at : at + 1] = [one]
            at += 1
        lines.append("".join(screen).rstrip())
    return lines


def check(lines, epochs):
    """Every line is wholly the bar's or wholly ours; the message stands between two epochs, the report at the end."""
    at = [place for place, line in enumerate(lines) if "diagnose: epoch" in line]
    assert at, lines
    for place in at:
        assert lines[place].startswith("diagnose: epoch ")
        number = int(lines[place].split()[2].rstrip(":"))
        following = next(line for line in lines[place + 1 :] if not line.startswith("  "))
        assert following.startswith(f"Epoch {number + 1}/{epochs}") or following == ""
        assert "step" in lines[place - 1] and "val_loss: " in lines[place - 1]
    assert sum(line.startswith("  OVERFIT   ") for line in lines) == 1
    bars = [line for line in lines if "/step" in line]
    assert all(re.fullmatch(r" *[12]/2 .*loss: [\d.e-]+", line) for line in bars), bars
    assert sum("val_loss: " in line for line in bars) == epochs


@pytest.mark.parametrize("verbose", [1, 2])
def test_in_a_pipe(verbose):
    lines = shown(run(SCRIPT + FIT.format(epochs=20, verbose=verbose)))
    check(lines, 20)
    assert not any("\x1b" in line for line in lines if line.startswith(("diagnose", "  OVERFIT")))


@pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")
def test_in_a_terminal(tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT + FIT.format(epochs=20, verbose=1))
    socket = str(tmp_path / "socket")

    def tmux(*words):
        return subprocess.run(["tmux", "-S", socket, *words], capture_output=True, text=True, env=ENVIRONMENT).stdout

    tmux("-f", "/dev/null", "new-session", "-d", "-x", "110", "-y", "120", "sh")
    try:
        tmux("send-keys", f"unset COLUMNS; {sys.executable} {tmp_path / 'train.py'} 2>/dev/null; echo o'v'er", "Enter")
        end = time.monotonic() + 120
        while "\nover" not in (screen := tmux("capture-pane", "-p")) and time.monotonic() < end:
            time.sleep(0.3)
    finally:
        tmux("kill-server")
    lines = [line.rstrip() for line in screen.splitlines()]
    check(lines[1:], 20)
    assert max(len(line) for line in lines if line.startswith(("diagnose", "  do:"))) > 80, "the width is not used"


def interrupted(process):
    """What it printed: it is interrupted once it has trained for some epochs."""
    lines = []
    with process:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("Epoch 15/"):
                process.send_signal(signal.SIGINT)
    return lines


def test_ctrl_c_prints_the_report_and_interrupts():
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT + INTERRUPTED],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=ENVIRONMENT,
    )
    lines = interrupted(process)
    assert process.returncode == 0
    assert sum("Keras fit, " in line for line in lines) == 1
    after = [int(line.split()[2]) for line in lines if line.startswith("interrupted after ")]
    assert len(after) == 1 and after[0] >= 14  # later on a machine that is slow to deliver the signal
    assert lines[-1] == "as before: True"


def test_ctrl_c_that_nobody_catches_ends_as_ever():
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT + FIT.format(epochs=10**6, verbose=2)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=ENVIRONMENT,
    )
    lines = interrupted(process)
    assert process.returncode == -signal.SIGINT
    assert sum("Keras fit, " in line for line in lines) == 1


def test_in_a_notebook():
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    head = f"import os\nos.environ.update({ENVIRONMENT!r})\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    code = head + SCRIPT + FIT.format(epochs=20, verbose=1).rstrip() + ";"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(one) for one in (code, "callback.report", "_.plot()")]
    )
    nbclient.NotebookClient(notebook, timeout=180, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    text = "".join(one.text for one in outputs if one.output_type == "stream" and one.name == "stdout")
    check(shown(text), 20)
    html = notebook.cells[1].outputs[0].data["text/html"]
    assert "overfit" in html.lower()
    assert notebook.cells[2].outputs[0].data["image/png"].startswith("iVBORw0KGgo"), "the picture is not shown"
