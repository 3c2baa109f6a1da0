"""Numbers in sentences: a sentence is a template, filled from the very numbers that decided, when somebody reads it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping


def number(value: float) -> str:
    """Three significant digits as a person would write them: 0.558, 12,300, 4.1e-07; "NaN" and "Inf" spelt out."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e7 or size < 1e-4:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent):d}"
    if size >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(size)))}f}"


def share(value: float) -> str:
    """A relative amount: 0.51 -> "51%", 0.055 -> "5.5%", 0.07 -> "7%", 23.4 -> "23 times"."""
    if not math.isfinite(value):
        return "without bound"
    if abs(value) >= 10:
        return f"{number(value) if abs(value) >= 1000 else format(value, '.0f')} times"
    return f"{value:.1%}".replace(".0%", "%") if abs(value) < 0.1 else f"{value:.0%}"


def times(value: float) -> str:
    """A multiple: 1.4 -> "1.4 times", 14.2 -> "14 times", 3e6 -> "over 1000 times"."""
    if not value < 1000:
        return "over 1000 times"
    return f"{value:.1f} times" if value < 10 else f"{value:.0f} times"


_FORMS: dict[str, Callable[[float], str]] = {"": number, "%": share, "x": times, "d": lambda value: f"{value:,.0f}"}


class _Figure:
    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value

    def __format__(self, spec: str) -> str:
        return _FORMS[spec](self.value)


# Words for a run that is over, and for one that goes on; every template may use them.
TENSES = {"ends": ("ends", "is now"), "in_all": ("over the whole run", "so far")}


def fill(
    template: str,
    evidence: Mapping[str, float],
    names: Mapping[str, str],
    label: Callable[[int], str],
    *,
    running: bool = False,
) -> str:
    """The template with its numbers: ``{rise:%}`` "51%", ``{noise:x}`` "14 times", ``{count:d}`` "12", ``{best}`` "0.370".

    A key that ends in ``_epoch`` holds a 1-based position and becomes what the history calls it ("epoch 19").
    ``names`` are words, such as the curve's name. ``{ends}`` and ``{in_all}`` say "is now" and "so far" of a run that is
    still ``running``.
    """
    values: dict[str, object] = {key: words[running] for key, words in TENSES.items()}
    values |= {
        key: label(round(value)) if key.endswith("_epoch") else _Figure(value) for key, value in evidence.items()
    }
    values.update(names)
    return template.format_map(values)
