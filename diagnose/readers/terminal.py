"""Text as it stood on a screen: without colours, with what a bar overwrote on lines of its own."""

from __future__ import annotations

import re

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
_REWRITES = re.compile(r"[\x08\r]+\n?|\x0c|\x0b|\x07")


def plain(text: str) -> str:
    """The text without escape codes; backspaces and carriage returns become line breaks."""
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    return _REWRITES.sub("\n", text)
