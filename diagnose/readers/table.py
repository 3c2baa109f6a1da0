"""What a format's reader hands over: columns of numbers, before anybody knows which column is what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from numpy import bool_
from numpy.typing import NDArray

from diagnose.curves import Direction, FloatArray, Note

BoolArray = NDArray[bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns of one history as found.

    columns     name -> (rows,) numbers; NaN and Inf where the history says so; anything at a missing place
    missing     name -> (rows,) True where the cell holds nothing (empty, NA, None); absent name: nothing missing
    producer    who wrote it: "Keras CSVLogger", "CSV", "Lightning CSVLogger"
    source      what to call it, with "#..." behind the file's name when the file holds several
    axis        the column that counts the points, when the format says which; None: found by name
    point       what a point is ("epoch", "step", "iteration"); None: by the axis column's name, else "epoch"
    starts      rows (0-based) at which a new run is known to begin, beyond the first
    directions  name -> "min" | "max" where the producer itself says so
    splits      name -> (split, bare metric name) where the format says so ("train" folder of TensorBoard)
    unused      columns that hold no numbers (text, dates), by name, to be listed as ignored
    planned     how many points were asked for, if the history says so
    notes       what the reader saw that is no problem
    extra       further facts for ``Curves.extra``
    """

    columns: Mapping[str, FloatArray]
    missing: Mapping[str, BoolArray] = field(default_factory=dict)
    producer: str = "history"
    source: str = "history"
    axis: str | None = None
    point: str | None = None
    starts: tuple[int, ...] = ()
    directions: Mapping[str, Direction] = field(default_factory=dict)
    splits: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    planned: int | None = None
    notes: tuple[Note, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
