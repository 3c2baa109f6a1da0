"""The inspector: called at the beginning and end of epochs, it fills an ``Inside``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diagnose.inside import MEASURES, Inside
from diagnose.inspection import configuration
from diagnose.inspection.parts import Part, parts
from diagnose.inspection.sample import Probe, Sample
from diagnose.inspection.weights import Arrays, Moments, change, kernels, norm, snapshot, steps

# Share by which the run has grown when it is inspected again: 20 times in 100 epochs, 40 in 10,000; without a sample, when
# the curves are to cost next to nothing, 13 and 24 times.
GROWTH = 0.25
GROWTH_ALONE = 0.5
FOLLOWED = 2  # epochs inspected after one in which something happened


class Inspector:
    """Measures a keras model at epochs' ends, and leaves no trace in it.

    model    compiled; it may be built later
    sample   (x, y) or (x, y, sample_weight), arrays or tensors of at least some examples; None: only what needs no data

    ``begin(epoch)`` and ``end(epoch)`` belong into ``on_epoch_begin`` and ``on_epoch_end``; their argument, keras's own
    number of the epoch, is not needed for counting: the first epoch seen is position 1 of the run.

    Inspected are the epochs 1 to 8, then ever fewer of them (10, 12, 15, 18, 22, 27, 33...; without a sample 1 to 4, 6, 9,
    13, 19...), so that a long run costs little more than a short one; the one at position ``planned``, the last; and at once
    one in which something happened.
    How far weights moved is measured within one epoch, from its begin to its end, however far apart the inspected are.
    """

    def __init__(self, model: Any, sample: Any = None) -> None:
        self._model = model
        self._position = 0
        self._due = 1
        self._until = self._quiet = (
            0  # positions: up to which all are inspected, and before which nothing more can be asked
        )
        self.planned: int | None = None
        self._inside: Inside | None = None
        self._parts: tuple[Part, ...] | None = None
        self._before: list[Arrays] = []
        self._seen = 0  # position at whose end ``_before`` was taken
        self._made = 0  # the optimizer's steps then
        self._epochs: list[int] = []
        self._steps: list[float] = []
        self._rows: list[dict[str, list[float]]] = []
        self._rate: float | None = None
        self._sample = None if sample is None else Sample(sample)
        self._probe: Probe | None = None

    def begin(self, epoch: int = 0) -> None:
        """Remember the weights, if this epoch is one to inspect."""
        if self._seen == self._position and self._before:
            return  # nothing has moved since
        self._before = []
        if self._is_due(self._position + 1) and self._built():
            self._before, self._made = [kernels(part) for part in self._parts or ()], self._steps_now()

    def end(self, epoch: int = 0, happened: bool = False) -> None:
        """Measure, if this epoch is one to inspect; ``happened``: the loss jumped, or is no number any more.

        Then it and the next two are inspected, which is what evidence takes for "late"; at most once between two that are
        due anyway.
        """
        self._position += 1
        pause = max(1, int((GROWTH if self._sample else GROWTH_ALONE) * self._position))
        if happened and self._position > self._quiet:
            self._until = self._position + FOLLOWED
            self._quiet = self._until + pause
        if not self._is_due(self._position):
            return
        if self._position >= self._due:
            self._due = self._position + pause
        if self._built():
            now = self._steps_now()
            self._epochs.append(self._position)
            self._steps.append(float(now - self._made) if self._before else math.nan)
            self._made = now
            self._rows.append(self._measured())
            self._rate = configuration.learning_rate(self._model)
            self._inside = None

    def _is_due(self, position: int) -> bool:
        return position >= self._due or position <= self._until or position == self.planned

    def inside(self) -> Inside:
        """All that was measured so far."""
        if self._inside is None:
            self._inside = self._collected()
        return self._inside

    def _collected(self) -> Inside:
        layers = tuple(part.layer for part in self._parts or ())
        unknown = [math.nan] * len(layers)
        arrays: dict[str, Any] = {
            name: np.array([row.get(name, unknown) for row in self._rows], dtype=np.float64).reshape(
                len(self._rows), len(layers)
            )
            for name in MEASURES
        }
        heads = configuration.heads(self._model)
        return Inside(
            np.array(self._epochs, dtype=np.int64),
            np.array(self._steps, dtype=np.float64),
            layers,
            **arrays,
            heads=self._sample.heads(heads) if self._sample else heads,
            data=self._sample.data() if self._sample else (),
            optimizer=configuration.optimizer(self._model),
            learning_rate=self._rate,
            waiting=self._waiting(),
        )

    def _waiting(self) -> tuple[str, ...]:
        if self._sample is None:
            return ("gradients, activations, inputs and targets wait for a sample: inspect=True, sample=(x, y)",)
        return (self._probe.waiting,) if self._probe and self._probe.waiting else ()

    def _steps_now(self) -> int:
        return steps(getattr(self._model, "optimizer", None))

    def _built(self) -> bool:
        if self._parts is None and self._model.built:
            self._parts = parts(self._model, configuration.ends(self._model))
            if self._sample is not None:
                self._probe = Probe(self._model, self._parts, self._sample)
        return self._parts is not None

    def _measured(self) -> dict[str, list[float]]:
        found = self._parts or ()
        after, moments = snapshot(found), Moments(getattr(self._model, "optimizer", None))
        before: list[Arrays] = self._before or [()] * len(found)
        self._before, self._seen = [one.kernels for one in after], self._position
        first = next((at for at, part in enumerate(found) if part.kernels), None)
        probed = self._probe.measured() if self._probe else {}
        return probed | {
            "weight": [norm(one.kernels, part.layer.parameters) for one, part in zip(after, found, strict=True)],
            "update": [change(a, b.kernels) for a, b in zip(before, after, strict=True)],
            "lost": [one.lost for one in after],
            "moment": [moments.norm(part.kernels) for part in found],
            "implied": [moments.implied(part) if at == first else math.nan for at, part in enumerate(found)],
        }
