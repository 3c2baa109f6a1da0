"""The wire format of protocol buffers: numbered fields, without their schema."""

from __future__ import annotations

from collections.abc import Iterator

Value = int | bytes
_SIZES = {1: 8, 5: 4}


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """(number, value) of each field: an int for varints, bytes for everything else. Ends early where it is damaged."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind, number = key & 7, key >> 3
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in _SIZES:
            size = _SIZES[kind]
        else:
            return
        if at + size > len(message):
            return
        yield number, message[at : at + size]
        at += size


def first(message: bytes, number: int) -> Value | None:
    """The first field of this number."""
    for found, value in fields(message):
        if found == number:
            return value
    return None


def signed(value: int) -> int:
    """A varint as the signed 64-bit number it stands for."""
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >= 1 << 63 else value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    return value, len(message)
