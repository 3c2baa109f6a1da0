"""What holds for every adapter, whether its library is installed or not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from diagnose import adapters

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = {
    "HuggingFaceCallback": ("transformers", "hf"),
    "LightGBMCallback": ("lightgbm", "boosting"),
    "LightningCallback": ("lightning", "lightning"),
    "XGBoostCallback": ("xgboost", "boosting"),
}


def test_every_adapter_is_listed():
    assert adapters.__all__ == sorted(LIBRARIES)
    with pytest.raises(AttributeError, match="nothing"):
        adapters.nothing  # noqa: B018


@pytest.mark.parametrize("name", sorted(LIBRARIES))
def test_without_its_library_one_line_says_what_to_install(name, tmp_path):
    library, extra = LIBRARIES[name]
    for module in (library, "pytorch_lightning"):
        (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError('no', name={module!r})")
    code = (
        "import sys\nfrom diagnose import MissingDependency, adapters\n"
        "assert not {'lightning', 'transformers', 'xgboost', 'lightgbm', 'keras'} & set(sys.modules)\n"
        f"try: adapters.{name}\nexcept MissingDependency as error: print(error)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.startswith(f"{name} needs ") and f"pip install 'diagnose-curves[{extra}]'" in done.stdout


@pytest.mark.parametrize("name", sorted(LIBRARIES))
def test_the_options_are_the_advisers(name):
    pytest.importorskip(LIBRARIES[name][0], reason=f"{LIBRARIES[name][0]} is not installed")
    from diagnose import NoHistory, UsageError

    callback = getattr(adapters, name)(0, select=["overfit"], min_epochs=3)
    assert callback.adviser.select == ("overfit",) and callback.adviser.min_epochs == 3
    with pytest.raises(NoHistory):
        callback.report  # noqa: B018
    with pytest.raises(UsageError, match="did you mean 'overfit'"):
        getattr(adapters, name)(stop_on=["overfitt"])
