"""Hugging Face's Trainer: ``Trainer(..., callbacks=[HuggingFaceCallback()])``."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from diagnose.adapters.advised import Advised

LEFT_OUT = ("_runtime", "_per_second", "_flos", "_tokens_seen", "epoch")


class HuggingFaceCallback(Advised, TrainerCallback):
    """A point for each evaluation, with the mean of the training losses logged since the last one; without evaluation, a
    point for each log line. ``stop_on`` sets ``control.should_training_stop``. Only the first process speaks.
    """

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A new training."""
        self._losses: list[dict[str, Any]] = []
        self._evaluated = False
        name = type(kwargs.get("model")).__name__
        self._begin(source=name, producer="Hugging Face Trainer", axis="point")
        if not state.is_world_process_zero:
            self.adviser.verbose, self.adviser.outlets = 0, []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """A log line: of the training, or of an evaluation, which makes a point of those before it."""
        row = {name: value for name, value in (logs or {}).items() if not name.endswith(LEFT_OUT)}
        if "train_runtime" in (logs or {}) or not row:
            return
        evaluation = any(name.startswith("eval_") for name in row)
        if evaluation and not self._losses and not self._evaluated:
            return  # before the first step
        if not evaluation and getattr(args.eval_strategy, "value", args.eval_strategy) != "no":
            self._losses.append(row)
            return
        mean = _mean(self._losses) if evaluation else {}
        self._losses, self._evaluated = [], evaluation
        if self._take({**mean, **row}) is not None:
            control.should_training_stop = True

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """What was held back while the progress bar was being written."""
        self._flush()

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The report."""
        self._end()


def _mean(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The last of each name, but the mean of the losses."""
    merged: dict[str, Any] = {}
    for row in rows:
        merged |= row
    losses = [row["loss"] for row in rows if isinstance(row.get("loss"), (int, float))]
    return {**merged, "loss": sum(losses) / len(losses)} if losses else merged
