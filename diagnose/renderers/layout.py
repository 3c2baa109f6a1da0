"""Text in columns: how wide a string is on a terminal, wrapping and cutting by that width, colours."""

from __future__ import annotations

from diagnose.renderers import Look

CODES = {
    "bold": "1",
    "dim": "2",
    "learning": "1;31",
    "generalization": "1;33",
    "prediction": "1;35",
    "healthy": "1;32",
    "untold": "1;36",
    "train": "36",
    "validation": "33",
}
ASCII = str.maketrans(
    {
        "…": "...", "–": "-", "—": "-", "‑": "-", "−": "-", "×": "x", "·": ".", "→": "->", "≥": ">=", "≤": "<=",
        "±": "+/-", "≈": "~", "’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ",
    }
)  # fmt: skip


def spaced(text: str) -> int:
    """Columns a terminal gives the text: two for East Asian wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def pad(text: str, width: int) -> str:
    """The text with spaces behind it, up to ``width`` columns."""
    return text + " " * (width - spaced(text))


def cut(text: str, width: int, *, left: bool = False, plain: bool = False) -> str:
    """At most ``width`` columns of the text, an ellipsis for the rest; ``left`` keeps the end (of a path)."""
    if spaced(text) <= width:
        return text
    mark = "..." if plain else "…"
    kept = text
    while kept and spaced(kept) + len(mark) > width:
        kept = kept[1:] if left else kept[:-1]
    return mark + kept if left else kept.rstrip() + mark


def wrap(text: str, width: int) -> list[str]:
    """The text's lines of at most ``width`` columns, broken at spaces; a longer word is broken where it must."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and spaced(line) + 1 + spaced(word) <= width:
            line = f"{line} {word}"
            continue
        if line:
            lines.append(line)
        *whole, line = _broken(word, width)
        lines += whole
    return [*lines, line] if line else lines


def _broken(word: str, width: int) -> list[str]:
    pieces = [""]
    for one in word:
        if spaced(pieces[-1] + one) > width and pieces[-1]:
            pieces.append("")
        pieces[-1] += one
    return pieces


def hang(label: str, text: str, look: Look, *, indent: int = 8, most: int = 99) -> list[str]:
    """Wrapped text under a label in the margin, at most ``most`` lines: the card's "Why", "Do", "Fine"."""
    room = max(look.width - indent, 12)
    lines = wrap(text, room)
    if len(lines) > most:
        lines = [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), room, plain=look.plain)]
    heads = [paint(pad(f"  {label}", indent), "bold", look) if label else " " * indent]
    return [f"{head}{line}" for head, line in zip(heads + [" " * indent] * len(lines), lines, strict=False)]


def paint(text: str, style: str, look: Look) -> str:
    """The text in a style of ``CODES``, if the place shows colours."""
    return f"\x1b[{CODES[style]}m{text}\x1b[0m" if look.color and text else text


def plain(text: str, look: Look) -> str:
    """The text in the characters the place can show: typographic ones become ASCII where they must."""
    return text.translate(ASCII) if look.plain else text
