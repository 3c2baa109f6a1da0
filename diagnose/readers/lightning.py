"""Lightning's ``metrics.csv``: one row a call of ``log_metrics``, so train and validation lie on different rows."""

from __future__ import annotations

from dataclasses import replace

from diagnose.readers import delimited
from diagnose.readers.content import Content
from diagnose.readers.grid import header_of
from diagnose.readers.table import Table

PRODUCER = "Lightning CSVLogger"


def recognise(content: Content) -> bool:
    """Whether the header has both counters and the rows have the gaps that Lightning leaves."""
    header = header_of(content)
    if not {"epoch", "step"} <= set(header) or "," not in (content.text or "")[:10_000]:
        return False
    sample = (content.text or "")[:20_000].splitlines()[1:40]
    return any(",," in line or line.startswith(",") or line.endswith(",") for line in sample)


def tables(content: Content) -> list[Table]:
    """The table; ``assemble`` brings the rows of an epoch together."""
    return [replace(table, producer=PRODUCER) for table in delimited.tables(content)]
