"""TensorBoard event files and folders, read without TensorBoard: every point, tensors and simple values alike.

A file is a sequence of records, each with a length, a checksum and a protocol-buffer message; of the message only the
step, the time, and the tag and number of each scalar are taken. ``train`` and ``validation`` subfolders are the splits.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from diagnose.curves import Note
from diagnose.errors import NoHistory
from diagnose.metrics import tokens
from diagnose.readers.content import Content
from diagnose.readers.protobuf import fields, first, signed
from diagnose.readers.table import Table
from diagnose.vocabulary import SPLITS

MARK = "events.out.tfevents"
_FORMATS = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 14: "bfloat16", 19: "<f2"}  # of TensorFlow's types
_PACKED = {5: "<f4", 6: "<f8"}  # float_val and double_val
# Folders whose very name is a split; any other may hold the word by chance.
_HELD_OUT = ("validation", "valid", "val", "eval")
SPLIT_FOLDERS = {"train": "train", "training": "train", **dict.fromkeys(_HELD_OUT, "validation")}
_CUT = Note("cut-off", "an event file breaks off in the middle of a record; what is before it was read")


def recognise(content: Content) -> bool:
    """Whether the bytes begin with a record whose length has the right checksum."""
    return _length_at(content.data, 0) is not None


def tables(content: Content) -> list[Table]:
    """The history in one event file; its folder's name may say which split it is."""
    points = _Points()
    _collect(content.data, SPLIT_FOLDERS.get(Path(content.source).absolute().parent.name.lower(), ""), points)
    return [_table(points, content.source)]


def holds_events(directory: str) -> bool:
    """Whether the directory is one history: event files in it, or in its train or validation folder."""
    return bool(_event_files(directory)) or any(_event_files(folder) for folder, _ in _split_folders(directory))


def tables_in_folder(directory: str) -> list[Table]:
    """The history in a folder of event files."""
    from diagnose.readers.opening import open_path

    points = _Points()
    own = (Path(directory), SPLIT_FOLDERS.get(Path(directory).absolute().name.lower(), ""))
    for folder, split in [own, *_split_folders(directory)]:
        contents = []
        for path in _event_files(folder):
            try:
                contents.append(open_path(str(path)).data)
            except NoHistory:  # a writer that was opened and closed leaves an empty file
                continue
        for data in sorted(contents, key=_began):
            _collect(data, split, points)
    return [_table(points, directory)]


@dataclass(slots=True)
class _Points:
    """Scalars by place: (run, step) -> name -> number, with what each name is."""

    rows: dict[tuple[int, int], dict[str, float]] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    ignored: dict[str, None] = field(default_factory=dict)
    reached: dict[str, tuple[int, int]] = field(default_factory=dict)
    epochs: bool = False
    cut: bool = False


def _event_files(directory: str | Path) -> list[Path]:
    return [path for path in _listed(directory) if MARK in path.name and not path.name.endswith(".profile-empty")]


def _split_folders(directory: str) -> list[tuple[Path, str]]:
    return [(path, _split(path.name)) for path in _listed(directory) if _split(path.name)]


def _listed(directory: str | Path) -> list[Path]:
    try:
        return sorted(Path(directory).iterdir())
    except (OSError, ValueError):
        return []


def _split(folder: str) -> str:
    """The split a subfolder is for: "validation", or "Loss_val", which PyTorch's add_scalars makes for "Loss"."""
    words = tokens(folder)
    return SPLITS.get(words[-1], "") if words else ""


def _began(data: bytes) -> float:
    return next((_time(event) for event in _events(data, _Points())), 0.0)


def _time(event: bytes) -> float:
    raw = first(event, 1)
    return struct.unpack("<d", raw)[0] if isinstance(raw, bytes) and len(raw) == 8 else 0.0


def _collect(data: bytes, split: str, points: _Points) -> None:
    for event in _events(data, points):
        step, summary = first(event, 2), first(event, 5)
        if not isinstance(summary, bytes):
            continue
        at = signed(step) if isinstance(step, int) else 0
        for number, value in fields(summary):
            if number == 1 and isinstance(value, bytes):
                _add(value, at, split, points)


def _add(value: bytes, step: int, split: str, points: _Points) -> None:
    raw = first(value, 1)
    tag = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    scalar = _scalar(value)
    if scalar is None or not tag:
        return
    if tag.startswith("batch_") or (tag.startswith("evaluation_") and tag.endswith("_vs_iterations")):
        points.ignored[tag] = None
        return
    name = tag.removeprefix("epoch_")
    if any(word in SPLITS for word in tokens(name)):
        split = ""
    points.epochs = points.epochs or name != tag
    column = f"{split}/{name}" if split else name
    if split:
        points.names[column] = (split, name)
    run, before = points.reached.get(column, (0, step))
    run += step < before
    points.reached[column] = (run, step)
    points.rows.setdefault((run, step), {})[column] = scalar


def _scalar(value: bytes) -> float | None:
    simple, tensor = first(value, 2), first(value, 8)
    if isinstance(simple, bytes) and len(simple) == 4:
        found: float = struct.unpack("<f", simple)[0]
        return found
    return _of_tensor(tensor) if isinstance(tensor, bytes) else None


def _of_tensor(tensor: bytes) -> float | None:
    """The number of a tensor that holds exactly one."""
    kind, content = first(tensor, 1), first(tensor, 4)
    form = _FORMATS.get(kind) if isinstance(kind, int) else None
    if form is None:
        return None
    if isinstance(content, bytes) and content:
        return _number(content, form)
    for number, packed in _PACKED.items():
        raw = first(tensor, number)
        if isinstance(raw, bytes):
            return _number(raw, packed)
    return None


def _number(raw: bytes, form: str) -> float | None:
    if form == "bfloat16":
        raw, form = b"\x00\x00" + raw, "<f4"
    dtype = np.dtype(form)
    return float(np.frombuffer(raw, dtype)[0]) if len(raw) == dtype.itemsize else None


def _table(points: _Points, source: str) -> Table:
    if not points.rows:
        listed = f"; there is {', '.join(list(points.ignored)[:5])}" if points.ignored else ""
        raise NoHistory(f"expected scalars by epoch or step in the events, found none{listed}", source=source)
    places = sorted(points.rows)
    names = list(dict.fromkeys(name for place in places for name in points.rows[place]))
    columns = {name: np.array([points.rows[place].get(name, np.nan) for place in places]) for name in names}
    missing = {name: np.array([name not in points.rows[place] for place in places], dtype=np.bool_) for name in names}
    axis = "epoch" if points.epochs else "step"
    while axis in columns:
        axis += " "
    columns[axis] = np.array([step for _, step in places], dtype=np.float64)
    runs = [run for run, _ in places]
    return Table(
        columns=columns,
        missing={name: gone for name, gone in missing.items() if gone.any()},
        producer="TensorBoard",
        source=source,
        axis=axis,
        point="epoch" if points.epochs else "step",
        starts=tuple(at for at in range(1, len(runs)) if runs[at] != runs[at - 1]),
        splits=points.names,
        unused=tuple(points.ignored),
        notes=(_CUT,) if points.cut else (),
    )


def _events(data: bytes, points: _Points) -> Iterator[bytes]:
    """The records' contents. A length whose checksum is wrong, or that leads beyond the end, ends them."""
    at = 0
    while at < len(data):
        length = _length_at(data, at)
        if length is None or at + 16 + length > len(data):
            points.cut = True
            return
        yield data[at + 12 : at + 12 + length]
        at += 16 + length


def _length_at(data: bytes, at: int) -> int | None:
    head = data[at : at + 12]
    if len(head) < 12:
        return None
    length, checksum = struct.unpack("<QI", head)
    return int(length) if masked_crc(head[:8]) == checksum else None


def _crc_table() -> list[int]:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        found.append(byte)
    return found


_CRC = _crc_table()


def masked_crc(data: bytes) -> int:
    """TFRecord's checksum: CRC-32C, rotated and shifted so that it can be stored inside what it checks."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
