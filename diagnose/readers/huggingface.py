"""Hugging Face Trainer's log: trainer_state.json and lists of its log lines.

The Trainer logs the training loss as a mean since the last log line and evaluates more rarely: the loss is averaged
between evaluations, so that both are of the same interval. Non-finite losses are logged as 0.0 beside a NaN gradient.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from diagnose.curves import Note
from diagnose.readers.objects import of_records
from diagnose.readers.table import Table

_SPEEDS = ("_runtime", "_per_second", "_flos", "_tokens_seen")
_FEW = 5  # with fewer evaluations than this the log lines themselves are the better points
Row = dict[str, Any]


def is_log(rows: Sequence[Any]) -> bool:
    """Whether these records are the Trainer's: evaluations and training losses on rows of their own, by step."""
    keys = {str(key) for row in rows[:2000] for key in row}
    if not ({"step", "epoch"} & keys and "loss" in keys):
        return False
    mixed = any("loss" in row and any(str(key).startswith("eval_") for key in row) for row in rows[:2000])
    known = {"grad_norm", "train_runtime", "eval_runtime", "total_flos"} & keys
    return not mixed and bool(known or any(key.startswith("eval_") for key in keys))


def of_state(state: Mapping[str, Any]) -> Table | None:
    """The history in a trainer_state.json."""
    table = of_log([row for row in state["log_history"] if isinstance(row, Mapping)])
    steps, planned = state.get("global_step"), state.get("max_steps")
    if table is None or not _counts(steps) or not _counts(planned) or planned <= steps:  # type: ignore[operator]
        return table
    points = len(next(iter(table.columns.values())))
    return replace(table, planned=round(points * planned / steps))  # type: ignore[operator]


def of_log(rows: Sequence[Mapping[Any, Any]]) -> Table | None:
    """The Trainer's log lines as one row a point: an evaluation, or a log line where there are hardly any."""
    lines = [_cleaned(row) for row in rows if "train_runtime" not in row]
    unused = {str(key) for row in rows for key in (row if "train_runtime" in row else row.keys() - _cleaned(row))}
    lines = [line for line in lines if any(key not in ("epoch", "step") for key in line)]
    notes: list[Note] = []
    filtered = sum(_was_filtered(line) for line in lines)
    if filtered:
        told = f"{filtered} losses of 0.0 beside a NaN gradient are read as the NaN that the Trainer hides"
        notes.append(Note("filtered-nan", told))
    lines = [{**line, "loss": math.nan} if _was_filtered(line) else line for line in lines]
    evaluations = sum(_is_evaluation(line) for line in lines)
    losses = sum("loss" in line for line in lines)
    if evaluations >= _FEW or (evaluations and losses < _FEW):
        if losses > 1.5 * evaluations:
            told = f"the training loss is the mean of the log lines between evaluations ({losses} to {evaluations})"
            notes.append(Note("averaged", told))
        lines = _by_evaluation(lines)
    else:
        lines = _by_step(lines)
    table = of_records(lines) if lines else None
    if table is None:
        return None
    columns = dict(table.columns)
    axis, point = _axis(columns)
    if axis is None:
        unused.add("epoch")
        columns.pop("epoch", None)
    return replace(
        table,
        columns=columns,
        producer="Hugging Face Trainer",
        axis=axis,
        point=point,
        unused=(*table.unused, *sorted(unused - columns.keys() - {*table.unused})),
        notes=(*table.notes, *notes),
    )


def _axis(columns: Mapping[str, Any]) -> tuple[str | None, str]:
    """Steps, else whole epochs. Fractions of epochs are rounded when logged, so that several points share one."""
    if "step" in columns:
        return "step", "step"
    epochs = columns.get("epoch")
    if epochs is not None and (epochs == epochs.round()).all() and (epochs[1:] > epochs[:-1]).all():
        return "epoch", "epoch"
    return None, "point"


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _cleaned(row: Mapping[Any, Any]) -> Row:
    return {str(key): value for key, value in row.items() if not str(key).endswith(_SPEEDS)}


def _was_filtered(line: Row) -> bool:
    gradient = line.get("grad_norm")
    if line.get("loss") != 0.0 or "grad_norm" not in line:
        return False
    return gradient is None or (isinstance(gradient, float) and not math.isfinite(gradient))


def _is_evaluation(line: Row) -> bool:
    return any(key.startswith("eval_") for key in line)


def _by_evaluation(lines: Sequence[Row]) -> list[Row]:
    """One row an evaluation, with the mean of what was logged since the one before; what follows the last is kept."""
    found: list[Row] = []
    since: list[Row] = []
    for line in lines:
        if not _is_evaluation(line):
            since.append(line)
        elif found and not since and line.get("step") == found[-1].get("step"):
            found[-1].update(line)  # several evaluation sets at one step
        else:
            found.append({**_mean(since), **line})
            since = []
    return [*found, _mean(since)] if since else found


def _mean(lines: Sequence[Row]) -> Row:
    merged: Row = {}
    for line in lines:
        merged.update(line)
    losses = [line["loss"] for line in lines if isinstance(line.get("loss"), (int, float))]
    if losses:
        merged["loss"] = sum(losses) / len(losses)
    return merged


def _by_step(lines: Sequence[Row]) -> list[Row]:
    """Log lines and evaluations of one step on one row."""
    found: list[Row] = []
    for line in lines:
        if found and "step" in line and found[-1].get("step") == line["step"]:
            found[-1].update(line)
        else:
            found.append(dict(line))
    return found
