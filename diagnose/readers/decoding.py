"""From bytes to text: byte-order marks, UTF-8, UTF-16, and Latin-1 for what is left; None for binary content."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 4096
# Control characters that text never holds; consoles do write backspace, bell, tab, line ends, form feed and escape.
_STRANGE = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27})


def decode(data: bytes) -> str | None:
    """The text of the bytes without a byte-order mark, or None when they aren't text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\x00" in data[:_HEAD]:
        wide = _wide(data[:_HEAD])
        if wide is not None:
            return data.decode(wide, "replace")
    data = data.rstrip(b"\x00")  # a crash leaves a file padded with zeros
    head = data[:_HEAD]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None if _binary(data) else data.decode("latin-1")
    return None if _binary(head) or "\x00" in text else text


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: Western text in it has a zero in every second byte."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > 0.9 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.9 * half and odd < 0.1 * half else None


def _binary(data: bytes) -> bool:
    strange = len(data) - len(data.translate(None, _STRANGE))
    return strange > 0.01 * len(data)
