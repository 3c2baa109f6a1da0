"""Which column is what, and which way is better: told by the whole words of its name, never by how it begins.

Starting from the beginning has misled others for years: "map" begins "mape", "pre" begins "precip_error".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from diagnose.curves import Direction, Split
from diagnose.vocabulary import (
    COUNTERS,
    DERIVED,
    KNOWN,
    RUNS,
    SETTINGS,
    SPLITS,
    TIMES,
    Family,
    Known,
)

Role = Literal["metric", "counter", "learning_rate", "time", "run", "setting", "derived"]

_LONGEST = 200  # characters of a name that are looked at: a whole file on one line can pass for one
_SEPARATORS = re.compile(r"[^0-9a-z]+")
_HEAD = re.compile(r"\((?:B|M|P)\)$")  # YOLO: boxes, masks, poses
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z])")
_GLUED = re.compile(r"(train|training|val|valid|validation|test)(loss|acc|accuracy|auc|f1|mse|mae|rmse)")
_MIN_WORDS = frozenset({"loss", "losses", "error", "err", "distance", "cost"})
_DECORATION = frozenset({"metrics", "metric", "epoch", "epochs", "mean", "avg", "average"})
_JOINED = {
    ("io", "u"): "iou",
    ("cross", "entropy"): "crossentropy",
    ("log", "loss"): "logloss",
    ("log", "cosh"): "logcosh",
}


def _folded(word: str) -> str:
    """The word without accents, in plain digits: "précision" as "precision", "r²" as "r2"."""
    return "".join(one for one in unicodedata.normalize("NFKD", word) if not unicodedata.combining(one))


# What counters are called in other languages; metrics mostly keep their English names.
_ABROAD = {
    **dict.fromkeys(
        map(_folded, "époque epoca época epoche epok epoka эпоха エポック 轮次 輪次 에포크".split()), "epoch"
    ),
    **dict.fromkeys(map(_folded, "étape paso passo schritt шаг ステップ 步数 步數 스텝".split()), "step"),
}
_ENGLISH = frozenset(word for words in (*KNOWN, *COUNTERS, *RUNS, *SETTINGS) for word in words).union(
    SPLITS, TIMES, DERIVED, ("learning", "rate", "lr")
)


@dataclass(frozen=True, slots=True)
class Column:
    """What one name says about its column.

    role       "metric" for a curve; else what it is instead
    split      the split the name states; None when it states none
    metric     the standard name of a metric ("acc" -> "accuracy"), without its split
    direction  which way is better; None when the name doesn't tell
    family     "loss", "error", "accuracy", "score", "count" (no way is better) or "unknown"
    exact      the whole name was understood, not only a part of it ("head_b_accuracy")
    per_step   logged each step where another column has the epoch's value ("train_loss_step")
    """

    name: str
    role: Role
    split: Split | None
    metric: str
    direction: Direction | None
    family: Family
    exact: bool = True
    per_step: bool = False


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name, lower-case: "val/mean_io_u(B)" -> ("val", "mean", "iou"), "valLoss" as "val_loss".

    A word keeps its accents unless it is a known one without them: "Précision" -> ("precision",), "Größe" -> ("größe",).
    """
    plain = _CAMEL.sub("_", _HEAD.sub("", name[:_LONGEST]).replace("@", " at ")).lower()
    words = _SEPARATORS.split(plain) if plain.isascii() else _foreign_words(plain)
    found: list[str] = []
    for word in filter(None, words):
        glued = _GLUED.fullmatch(word)
        found.extend(glued.groups() if glued else (word,))
    for (first, second), joined in _JOINED.items():
        for at in range(len(found) - 1, 0, -1):
            if (found[at - 1], found[at]) == (first, second):
                found[at - 1 : at + 1] = [joined]
    if len(found) == 1:
        return (_ABROAD.get(found[0] if plain.isascii() else _folded(found[0]), found[0]),)
    return tuple(found)


def _foreign_words(name: str) -> list[str]:
    """Letters, digits and the marks that belong to them, in any script, make words."""
    composed = unicodedata.normalize("NFC", name)
    kept = (one if one.isalnum() or unicodedata.category(one)[0] == "M" else " " for one in composed)
    words = [word for word in "".join(kept).split() if any(map(str.isalnum, word))]
    return [folded if (folded := _folded(word)) in _ENGLISH else word for word in words]


def identify(name: str, names: Collection[str] = ()) -> Column:
    """What the name says; of its neighbours ``names`` only those matter that make it a plain name with a twin."""
    column = _identify(name)
    if column.split is None and column.role == "metric" and _has_twin(column, names):
        return Column(name, "metric", "train", column.metric, column.direction, column.family, column.exact)
    return column


@lru_cache(maxsize=1024)
def is_accuracy(metric: str) -> bool:
    """Whether the metric is a share of right answers, 0 to 1, by whatever name ("acc", "top_5_accuracy")."""
    return describe(tokens(metric))[1] == "accuracy"


@lru_cache(maxsize=4096)
def _identify(name: str) -> Column:
    words = tokens(name)
    role = _role(words)
    if role != "metric":
        return Column(name, role, None, "_".join(words), None, "unknown")
    at = next((place for place, word in enumerate(words) if word in SPLITS), None)
    split = None if at is None else SPLITS[words[at]]
    rest = words if at is None else words[:at] + words[at + 1 :]
    rest, per_step = _undecorated(rest)
    known, family, direction, exact = describe(rest)
    return Column(name, "metric", split, known, direction, family, exact, per_step)


def _has_twin(column: Column, names: Collection[str]) -> bool:
    others = (_identify(name) for name in names)
    return any(one.split == "validation" and one.metric == column.metric for one in others)


def _role(words: tuple[str, ...]) -> Role:
    bare = tuple(word for word in words if word not in SPLITS)
    ends = (*bare[:1], *bare[-1:])
    if not words or words in COUNTERS or words == ("unnamed", "0"):
        return "counter"
    if _is_rate(words):
        return "learning_rate"
    if bare in KNOWN:
        return "metric"
    if TIMES.intersection(ends) or words[-2:] == ("per", "second"):
        return "time"
    if bare in RUNS:
        return "run"
    if bare in SETTINGS:
        return "setting"
    return "derived" if DERIVED.intersection(ends) else "metric"


def _is_rate(words: tuple[str, ...]) -> bool:
    if words[0] == "lr" or words[-1] == "lr" or re.fullmatch(r"lr\d+", words[-1]):
        return True
    return any(words[at : at + 2] == ("learning", "rate") for at in range(len(words) - 1))


def _undecorated(words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Without what loggers wrap round a name: "metrics/", "epoch_", "(B)", "_step", "/dataloader_idx_0"."""
    if words[-3:] == ("dataloader", "idx", "0"):
        words = words[:-3]
    per_step = len(words) > 1 and (words[-1] in ("step", "batch") or words[0] == "batch")
    if per_step:
        words = words[1:] if words[0] == "batch" else words[:-1]
    while len(words) > 1 and not _understood(words) and words[0] in _DECORATION:
        words = words[1:]
    while len(words) > 1 and not _understood(words) and words[-1] in _DECORATION:
        words = words[:-1]
    return words, per_step


def _understood(words: tuple[str, ...]) -> bool:
    return words in KNOWN or (words[-1].isdigit() and words[:-1] in KNOWN)


def describe(words: tuple[str, ...]) -> tuple[str, Family, Direction | None, bool]:
    """Standard name, family, direction and whether the whole name was understood, for words without a split."""
    if words in KNOWN:
        return *_of(KNOWN[words]), True
    if len(words) > 1 and words[-1].isdigit() and words[:-1] in KNOWN:
        return *_of(KNOWN[words[:-1]]), True
    if not words:
        return "value", "unknown", None, True
    name = "_".join(words)
    if len(words) > 1 and words[0] in ("1", "neg", "negative"):
        direction = describe(words[1:])[2]
        return name, "error" if direction == "max" else "score", _flipped(direction), False
    if _MIN_WORDS.intersection(words):
        return name, "loss" if {"loss", "losses", "cost"}.intersection(words) else "error", "min", False
    known = _part(words)
    if known is not None:
        return name, known.family, known.direction, False
    if words[-1:] == ("score",) and len(words) > 1:
        return name, "score", "max", False
    return name, "unknown", None, False


def _of(known: Known) -> tuple[str, Family, Direction | None]:
    return known.name, known.family, known.direction


def _part(words: tuple[str, ...]) -> Known | None:
    """The longest known sequence of words inside the name, of equally long ones the last."""
    for length in range(len(words) - 1, 0, -1):
        for at in range(len(words) - length, -1, -1):
            known = KNOWN.get(words[at : at + length])
            if known is not None and known.name not in ("loss", "score"):
                return known
    return None


def _flipped(direction: Direction | None) -> Direction | None:
    return None if direction is None else ("min" if direction == "max" else "max")
