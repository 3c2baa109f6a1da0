"""The bytes of one history, opened: what every format's reader is asked about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """One file's (or standard input's, or archive member's) content.

    source  what to call it in messages and reports
    name    the bare file name without compression suffixes, "" for standard input: a hint, never proof
    data    the unpacked bytes
    text    the decoded text with "\\n" line ends kept as found and no byte-order mark; None when it is binary
    """

    source: str
    name: str
    data: bytes
    text: str | None
