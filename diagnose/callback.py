"""The Keras callback. The only module with keras at its top; ``diagnose/live`` does the work."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras

from diagnose.curves import Direction
from diagnose.errors import UsageError
from diagnose.live.adviser import Adviser, harmless, to_screen, warn
from diagnose.live.interrupt import Interrupt
from diagnose.live.live import MIN_EPOCHS
from diagnose.live.outlets import LogTo
from diagnose.report import Finding, Report

if TYPE_CHECKING:
    from diagnose.inspection import Inspector

WAYS: dict[str, Direction] = {"up": "max", "down": "min"}  # of Keras metrics


class DiagnoseCallback(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Advice while ``model.fit`` runs, and the whole report at its end or on Ctrl-C.

        callback = DiagnoseCallback()
        model.fit(x, y, validation_split=0.2, epochs=100, callbacks=[callback])
        callback.report, callback.save("run.json")      # then: diagnose run.json

    It changes nothing: weights, logs, random state and optimizer are, bit by bit, those of a training without it. An error
    inside it becomes one warning. The exceptions are the two that the user asks for, ``stop_on`` and
    ``restore_best_weights``.

    verbose      default 1: a message of one or two lines when a problem appears, or clears, and has held, and the report at
                 the end; 2: messages are not wrapped to the screen; 0: nothing is printed
    min_epochs   default 12: epochs before the first message; a loss that is NaN is told at once
    select       default (): slugs of the only rules to judge, such as ["overfit"]; all of them
    ignore       default (): slugs of rules to leave out
    log_to       default None: where else to write: a text file, "tensorboard:DIR", "mlflow" or "wandb" (an active run of a
                 library that is loaded already), or a list of these
    on_finding   default None: a function that is called with each Finding as it is told
    stop_on      default (): rules or areas, such as ["overfit", "diverging"], that end the training when they are told
    restore_best_weights   default False: at the end the weights of the epoch with the lowest val_loss (without validation:
                 loss) are put back
    inspect      default False: read only the model's configuration and how its weights move; True: look at gradients,
                 activations, inputs and the output as well
    sample       default None: a batch (x, y) or (x, y, sample_weight) of training data to look at them on; for ``inspect``

    Raises UsageError for an argument that doesn't fit.
    """

    def __init__(
        self,
        verbose: int = 1,
        *,
        min_epochs: int = MIN_EPOCHS,
        select: Collection[str] = (),
        ignore: Collection[str] = (),
        log_to: LogTo = None,
        on_finding: Callable[[Finding], object] | None = None,
        stop_on: Sequence[str] = (),
        restore_best_weights: bool = False,
        inspect: bool = False,
        sample: Sequence[Any] | None = None,
    ) -> None:
        super().__init__()
        if sample is not None and not (isinstance(sample, (tuple, list)) and len(sample) in (2, 3)):
            raise UsageError(
                f"expected sample as a batch (x, y) or (x, y, sample_weight), found {type(sample).__name__}"
            )
        if sample is not None and not inspect:
            raise UsageError("a sample is for inspect=True; pass both, or neither")
        self.adviser = Adviser(
            verbose=verbose,
            min_epochs=min_epochs,
            select=select,
            ignore=ignore,
            log_to=log_to,
            on_finding=on_finding,
            stop_on=stop_on,
            printing=_print,
        )
        self.restore_best_weights, self.inspect, self.sample = restore_best_weights, inspect, sample
        self._inspector: Inspector | None = None
        self._interrupt: Interrupt | None = None
        self._best: tuple[float, Any] | None = None
        self._watched: Any = None
        self._begun = False

    @property
    def report(self) -> Report:
        """The verdict on the training so far, at any time. Raises NoHistory before the first epoch."""
        return self.adviser.report

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the history, and what was seen inside the model, to a file: ``diagnose run.json`` gives this verdict.

        Raises UsageError where there is a file that no callback saved, unless ``overwrite``; NoHistory before the first
        epoch; OSError.
        """
        self.adviser.save(path, overwrite=overwrite)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """A new ``fit``: an earlier one's error is forgotten."""
        self.adviser.broken = False
        self._begun, self._best = False, None
        self._listen()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Print what the last epoch gave: its progress bar is over, and the next one has not begun."""
        self._speak(epoch)
        self._look("begin", epoch)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Take the epoch's numbers and judge when it is time; nothing is printed before the next epoch begins."""
        if self.restore_best_weights:
            self._keep(logs or {})
        self._advise(logs, lambda happened: self._look("end", epoch, happened))

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """The report."""
        if self._interrupt is not None:
            self._interrupt.clear()
            self._interrupt = None
        if self._best is not None:
            self.model.set_weights(self._best[1])
            self._best = None
        self._end()

    @harmless
    def _listen(self) -> None:
        if _is_chief():
            self._interrupt = Interrupt(self._interrupted, self.model, "fit")
            self._interrupt.set()

    @harmless
    def _speak(self, epoch: int) -> None:
        if not self._begun:
            self._begin(epoch)
        self.adviser.flush()

    @harmless
    def _advise(self, logs: Mapping[str, Any] | None, look: Callable[[bool], None]) -> None:
        live = self.adviser.live
        if live is not None and not live.length:
            live.directions = _directions(self.model)  # metrics are built in the first epoch
        if self.adviser.epoch(logs, look) is not None:
            self.model.stop_training = True

    @harmless
    def _end(self) -> None:
        self.adviser.end()

    @harmless
    def _interrupted(self) -> None:
        if self.adviser.verbose:
            _print("")  # the progress bar's line
        self.adviser.end()

    def _look(self, when: str, *about: Any) -> None:
        """Let the inside of the model be looked at; where that fails, the curves are judged without it."""
        if self._inspector is None:
            return
        try:
            getattr(self._inspector, when)(*about)
        except Exception as error:  # noqa: BLE001
            self._inspector = None
            if self.adviser.live is not None:
                self.adviser.live.inside = None
            warn("diagnose stopped looking inside the model", error)

    def _begin(self, epoch: int) -> None:
        """The first epoch of a ``fit``: a new training, or more of the one that this callback has seen so far."""
        self._begun = True
        live, planned = self.adviser.live, (self.params or {}).get("epochs")
        goes_on = live is not None and self._watched is self.model and epoch > 0 and live.epoch == epoch
        if live is None or not goes_on:
            self._watched = self.model
            self._inspector = self._inspecting()
            live = self.adviser.begin(
                source=str(self.model.name),
                producer="Keras fit",
                first=epoch + 1,
                inside=self._inspector.inside if self._inspector is not None else None,
            )
            if not _is_chief():
                self.adviser.verbose, self.adviser.outlets = 0, []
        live.planned = planned - live.first + 1 if isinstance(planned, int) else None
        if self._inspector is not None:
            self._inspector.planned = live.planned

    def _inspecting(self) -> Inspector:
        from diagnose.inspection import Inspector

        return Inspector(self.model, sample=self.sample if self.inspect else None)

    def _keep(self, logs: Mapping[str, Any]) -> None:
        value = float(logs.get("val_loss", logs.get("loss", math.nan)))
        if math.isfinite(value) and (self._best is None or value < self._best[0]):
            self._best = (value, self.model.get_weights())


def _print(text: str) -> None:
    """A line where Keras prints its own: standard output, or the log of absl."""
    if keras.config.is_interactive_logging_enabled():
        to_screen(text)
    else:
        from absl import logging

        logging.info(text)


def _directions(model: Any) -> dict[str, Direction]:
    """What the model's metrics say of themselves: name, and name on the validation data, -> "min" or "max"."""
    found: dict[str, Direction] = {}
    for one in model.metrics:
        for metric in getattr(one, "metrics", None) or [one]:
            way = WAYS.get(str(getattr(metric, "_direction", None)))
            if way is not None:
                found |= {metric.name: way, f"val_{metric.name}": way}
    return found


def _is_chief() -> bool:
    """Whether this process is the one of a distributed training that speaks."""
    if keras.backend.backend() == "jax":
        return bool(sys.modules["jax"].process_index() == 0)
    if keras.backend.backend() == "torch":
        return os.environ.get("RANK", "0") == "0"
    try:
        told = json.loads(os.environ.get("TF_CONFIG") or "{}")
    except ValueError:
        return True
    task, cluster = told.get("task", {}), told.get("cluster", {})
    kind, index = task.get("type"), task.get("index", 0)
    return kind is None or kind in ("chief", "master") or (kind == "worker" and index == 0 and "chief" not in cluster)
