"""What boosting libraries print each round: XGBoost, LightGBM, CatBoost."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnose.errors import NoHistory
from diagnose.readers.boosting import KIND, assign
from diagnose.readers.content import Content
from diagnose.readers.objects import of_records
from diagnose.readers.table import Table
from diagnose.readers.terminal import plain

_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf)"
_ROUND = re.compile(r"^(?:\[(\d{1,9})\](?=[\t ,]+\S)|(\d{1,9}):(?=\s+(?:learn|test\d*): ))[\t ,]*(.*)$", re.M)
_PAIR = re.compile(
    rf"(?:^|[\t ,])([A-Za-z_][^\s:]{{0,80}}(?:'s [^\s:]{{1,80}})?|valid \w{{1,40}}):[ ]?({_NUMBER})(?=[\s,+]|$)"
)
_OF_NAME = re.compile(
    r"(?P<set>.+?)(?:'s | )(?P<metric>.+)|(?P<first>.+?)-(?P<second>(?:aft|gamma|poisson|tweedie|cox)-.+|[^-]+)"
)
_NOT_METRICS = ("total", "remaining", "best", "passed")


def recognise(content: Content) -> bool:
    """Whether lines begin with the number of a round and name a set and a metric."""
    text = plain(content.text or "")[:500_000]
    return any(_pairs(one[3]) for one in list(_ROUND.finditer(text))[:20])


def tables(content: Content) -> list[Table]:
    """The one history in the log, a point a round that was printed."""
    rows: list[dict[str, float]] = []
    catboost = False
    for one in _ROUND.finditer(plain(content.text or "")):
        pairs = _pairs(one[3])
        if pairs:
            catboost = catboost or one[2] is not None
            rows.append({"iteration": float(one[1] or one[2]), **pairs})
    table = of_records(rows) if rows else None
    if table is None:
        raise NoHistory("expected a metric for each round, found none", source=content.source)
    names = [name for name in table.columns if name != "iteration"]
    parted = {name: _parted(name) for name in names}
    splits, notes = assign(list(dict.fromkeys(name for name, _ in parted.values())))
    lightgbm = any("'s " in name for name in names)
    return [
        replace(
            table,
            producer="CatBoost output" if catboost else "LightGBM output" if lightgbm else "XGBoost output",
            source=content.source,
            axis="iteration",
            point="iteration",
            splits={name: (splits[of], metric) for name, (of, metric) in parted.items()},
            notes=(*table.notes, *notes),
            extra=KIND,
        )
    ]


def _pairs(text: str) -> dict[str, float]:
    found = {name: float(value) for name, value in _PAIR.findall(text) if name not in _NOT_METRICS}
    return {name: value for name, value in found.items() if _OF_NAME.fullmatch(name) or name in ("learn", "test")}


def _parted(name: str) -> tuple[str, str]:
    """Set and metric: "train-logloss", "valid_0's auc"; CatBoost prints its loss under the name of the set alone."""
    match = _OF_NAME.fullmatch(name)
    if match is None:
        return name, "loss"
    return (match["set"], match["metric"]) if match["set"] else (match["first"], match["second"])
