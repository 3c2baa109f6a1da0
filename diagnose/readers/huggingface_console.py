"""What the Hugging Face Trainer prints, between progress bars: {'loss': 2.41, 'learning_rate': 2e-05, 'epoch': 0.3}."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from diagnose.errors import NoHistory, ReadError
from diagnose.readers.content import Content
from diagnose.readers.huggingface import of_log
from diagnose.readers.literal import value_of
from diagnose.readers.table import Table
from diagnose.readers.terminal import plain

_LINE = re.compile(r"\{'(?:loss|eval_\w{1,80}|train_loss|train_runtime|grad_norm)': [^{}\n]{1,5000}\}")
_MANY = re.compile(r"\{'loss': ['\d.naif-]")


def recognise(content: Content) -> bool:
    """Whether there are dicts of single numbers with an epoch in them."""
    text = content.text or ""
    return _MANY.search(text) is not None and any("'epoch'" in one for one in _LINE.findall(text)[:5])


def tables(content: Content) -> list[Table]:
    """The one history in the output."""
    rows: list[dict[str, Any]] = []
    for match in _LINE.finditer(plain(content.text or "")):
        try:
            value = value_of(match[0], content.source)
        except ReadError:  # a bar drawn into the middle of the line
            continue
        if isinstance(value, dict):
            rows.append({name: _number(one) for name, one in value.items()})
    table = of_log(rows)
    if table is None:
        raise NoHistory("expected losses in the Trainer's lines, found none", source=content.source)
    return [replace(table, producer="Hugging Face Trainer output", source=content.source)]


def _number(value: Any) -> Any:
    """Newer versions print numbers as text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
