"""Parquet files, where pyarrow is installed."""

from __future__ import annotations

import io

from diagnose.errors import MissingDependency, ReadError, Refused
from diagnose.readers.content import Content
from diagnose.readers.table import Table
from diagnose.readers.values import tables_of

_CELLS = 100_000_000


def recognise(content: Content) -> bool:
    """Whether the bytes begin and end as Parquet does."""
    return content.data.startswith(b"PAR1")


def tables(content: Content) -> list[Table]:
    """The frame's columns. MissingDependency where pyarrow isn't installed."""
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise MissingDependency(
            "a Parquet file needs pyarrow; pip install 'diagnose-curves[parquet]', or save it as CSV"
        ) from error
    try:
        file = parquet.ParquetFile(io.BytesIO(content.data))
        if file.metadata.num_rows * file.metadata.num_columns > _CELLS:
            told = f"expected at most {_CELLS:,} cells, found more; copy the loss columns into a CSV"
            raise Refused(told, source=content.source)
        columns = file.read().to_pydict()
    except ReadError:
        raise
    except Exception as error:  # Arrow's errors are of its own kinds
        told = f"expected a complete Parquet file, found it damaged ({error})"
        raise ReadError(told, source=content.source) from error
    return tables_of(columns, content.source, "Parquet")
