"""TensorBoard event files with text in them, written by hand: a few bytes round each message.

A file is a sequence of records: the length, its checksum, a protocol-buffer message, its checksum (TensorFlow's
``record_writer.cc``); the messages are ``Event`` and ``Summary`` of ``event.proto`` and ``summary.proto``.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from functools import cache
from pathlib import Path

_STRING = 7  # DT_STRING in types.proto
_POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected


class EventFile:
    """A new event file in a directory, made if it isn't there; each text is appended and the file closed again."""

    def __init__(self, directory: str, name: str) -> None:
        Path(directory).mkdir(parents=True, exist_ok=True)
        host = socket.gethostname()
        self.path = Path(directory) / f"events.out.tfevents.{time.time_ns() // 10**9}.{host}.{os.getpid()}.{name}.v2"
        self._append(_number(1, time.time()) + _bytes(3, b"brain.Event:2"))

    def text(self, tag: str, text: str, step: int) -> None:
        """One text at a step, shown on TensorBoard's page of texts."""
        metadata = _bytes(1, _bytes(1, b"text"))  # plugin_data { plugin_name }
        tensor = _varint(1, _STRING) + _bytes(2, b"") + _bytes(8, text.encode())
        value = _bytes(1, tag.encode()) + _bytes(9, metadata) + _bytes(8, tensor)
        self._append(_number(1, time.time()) + _varint(2, step) + _bytes(5, _bytes(1, value)))

    def _append(self, event: bytes) -> None:
        length = struct.pack("<Q", len(event))
        with self.path.open("ab") as file:
            file.write(length + _checksum(length) + event + _checksum(event))


def _raw(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _varint(field: int, value: int) -> bytes:
    return _raw(field << 3) + _raw(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _raw(field << 3 | 2) + _raw(len(value)) + value


def _number(field: int, value: float) -> bytes:
    return _raw(field << 3 | 1) + struct.pack("<d", value)


@cache
def _table() -> tuple[int, ...]:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
        found.append(byte)
    return tuple(found)


def _checksum(data: bytes) -> bytes:
    """The masked CRC-32C of the record format."""
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
