"""The bridge to the rules: in a checkout they lie in the top-level ``rules/``; in a wheel, here."""

from pathlib import Path

_root = Path(__file__).resolve().parents[2]
if (_root / "setup.cfg").is_file():
    __path__ = [str(_root / "rules")]
