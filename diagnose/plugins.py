"""Third-party rules and readers: entry points, found without paying for them where there are none.

``importlib.metadata`` takes longer to import than a history takes to judge, and nearly always finds nothing. So the
installed distributions' own ``entry_points.txt`` are looked through first, for the name of the group alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def entries(group: str) -> list[EntryPoint]:
    """The entry points of a group ("diagnose.rules", "diagnose.readers") in every installed distribution."""
    if not any(group.encode() in text for text in _texts()):
        return []
    from importlib.metadata import entry_points

    return list(entry_points(group=group))


def _texts() -> Iterator[bytes]:
    """The entry_points.txt of every distribution on the path."""
    for folder in dict.fromkeys(sys.path):
        try:
            with os.scandir(folder or ".") as entries:
                names = [one.path for one in entries if one.name.endswith((".dist-info", ".egg-info"))]
        except OSError:
            continue
        for name in names:
            try:
                yield Path(name, "entry_points.txt").read_bytes()
            except OSError:
                continue
