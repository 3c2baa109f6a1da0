"""Files that are no histories, by their first bytes: what each is, and what to give instead."""

from __future__ import annotations

from diagnose.errors import NoHistory, ReadError
from diagnose.readers.content import Content

_WRITE = 'save history.history (json.dump) or use keras.callbacks.CSVLogger("history.csv")'
_MODEL = f"a model, not a history: Keras does not store the history in it; {_WRITE}"
SETTINGS = (".yaml", ".yml", ".toml", ".ini", ".cfg")
_MAGIC = (
    (b"\x89HDF\r\n\x1a\n", f"an HDF5 file: this is {_MODEL}"),
    (b"\x89PNG", "an image (PNG); give the numbers the picture was drawn from"),
    (b"\xff\xd8\xff", "an image (JPEG); give the numbers the picture was drawn from"),
    (b"GIF8", "an image (GIF); give the numbers the picture was drawn from"),
    (b"%PDF", "a PDF; give the numbers its figures were drawn from"),
    (b"SQLite format 3", "an SQLite database; export the metrics of one run as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it"),
    (b"Rar!", "a RAR archive; unpack it"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data; unpack it with unzstd"),
    (b"ARROW1", "an Arrow file; save the frame as CSV"),
)


def what_is(content: Content) -> ReadError | None:
    """The error that names a known kind of file that can't hold a history, or None."""
    found = _binary(content) if content.text is None else _by_name(content.name) or _text(content.text)
    return None if found is None else NoHistory(f"expected a training history, found {found}", source=content.source)


def _binary(content: Content) -> str | None:
    data = content.data
    if data.startswith(b"PK"):
        return _archive(data)
    for magic, told in _MAGIC:
        if data.startswith(magic):
            return told
    if b"saved_model" in data[:200] or content.name.endswith((".pb", ".keras", ".h5")):
        return _MODEL
    return None


def _archive(data: bytes) -> str:
    """Archives are told by the names in them, which stand uncompressed in their directory at the end."""
    ending = data[-65536:]
    if b"xl/workbook" in ending or b"xl/" in ending:
        return "an Excel workbook; save the sheet as CSV"
    if b"config.json" in ending or b"data.pkl" in ending or b".weights.h5" in ending:
        return _MODEL
    return "an archive of documents; give the history itself"


def _by_name(name: str) -> str | None:
    if name.lower().endswith(SETTINGS):
        return "a file of settings; the history stands in another, such as metrics.csv"
    return None


def _text(text: str) -> str | None:
    head = text[:2000].lstrip().lower()
    if head.startswith("version https://git-lfs"):
        return "a Git LFS pointer, not the file itself; git lfs pull fetches it"
    if head.startswith(("<!doctype html", "<html", "<?xml", "<svg")):
        return "a web page or XML; save the raw file (on GitHub: the Raw button)"
    if head.startswith(("%pdf", "%!ps")):
        return "a printed document; give the numbers its figures were drawn from"
    return None
