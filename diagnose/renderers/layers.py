"""Gradients and weights as panels below the curves: one line a layer, first layers dark, last ones light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from diagnose.curves import FloatArray, IntArray
from diagnose.inside import Inside
from diagnose.renderers.plotted import LOG_RATIO, condense
from diagnose.renderers.words import clean
from diagnose.wording import number

NAMED = 8  # layers in a legend
LONGEST = 24  # letters of a layer's name in it
COLUMNS = 300  # about as fine as a line among many can be followed
FEW = 40  # epochs up to which the points are shown
LIGHTEST = 0.9  # of the colour map: its last tenth is a yellow that white paper hides
# Of the weights' norm, a step: "about 1e-3" in CS231n's notes (Neural Networks Part 3, "Ratio of weights:updates"), and
# 0.01 is "about okay" in its slides.
STEP = (1e-3, 1e-2)


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """What one panel shows of the layers that have weights. ``values``: (k, L), of the k inspected ``epochs``.

    log    whether the axis is logarithmic
    usual  the range that a rule of thumb calls sound, for a panel that has one
    """

    name: str
    layers: tuple[str, ...]
    epochs: IntArray
    values: FloatArray
    log: bool
    usual: tuple[float, float] | None


def measures(inside: Inside | None) -> list[Measure]:
    """Norms of gradients and weights and how far the weights moved; those of which anything was measured."""
    if inside is None:
        return []
    places = [at for at, one in enumerate(inside.layers) if one.parameters]
    layers = tuple(inside.layers[at].name for at in places)
    gradient = ("gradient norm", inside.gradient, 1.0, None)
    if np.isnan(inside.gradient).all():  # there was no sample
        gradient = ("gradient norm\n(optimizer's average)", inside.moment, 1.0, None)
    shown = [
        gradient,
        ("weight norm", inside.weight, LOG_RATIO, None),
        ("relative weight change\nin an epoch", inside.update, 1.0, _usual(inside)),
    ]
    return [
        Measure(name, layers, inside.epochs, values[:, places], _spans(values[:, places], ratio), usual)
        for name, values, ratio, usual in shown
        if not np.isnan(values[:, places]).all()
    ]


def _spans(values: FloatArray, ratio: float) -> bool:
    """Whether the largest of what a logarithm shows is at least this multiple of the smallest."""
    known = values[np.isfinite(values) & (values > 0)]
    return bool(known.size and known.max() / ratio >= known.min())


def _usual(inside: Inside) -> tuple[float, float] | None:
    """What n sound steps add up to: root n times one in random directions, n times if all go the same way."""
    steps = inside.steps[np.isfinite(inside.steps) & (inside.steps > 0)]
    if not steps.size:
        return None
    n = float(np.median(steps))
    return STEP[0] * n**0.5, STEP[1] * n


def draw_layers(ax: Any, measure: Measure, length: int) -> tuple[list[Any], str]:
    """The lines of all layers on a matplotlib axis; returns what the legend names, and its title."""
    from matplotlib import colormaps

    if measure.log:
        ax.set_yscale("log")
    count = len(measure.layers)
    tones = colormaps["viridis"](np.linspace(0.0, LIGHTEST, count))
    lines = [
        _line(ax, measure, at, {"color": tones[at], "zorder": 2.5 + 0.5 * (1 - at / count)}, length)
        for at in range(count)
    ]
    named = np.unique(np.linspace(0, count - 1, min(count, NAMED)).round().astype(int))
    handles = [lines[at] for at in named] + _edges(ax, measure, tones)
    if measure.usual is not None:
        label = f"usual: {STEP[0]:g} to {STEP[1]:g} a step"
        handles.append(ax.axhspan(*measure.usual, color="black", alpha=0.06, linewidth=0, zorder=0, label=label))
    return handles, "layers, first to last" if count <= NAMED else f"{len(named)} of {count} layers, first to last"


def _line(ax: Any, measure: Measure, at: int, look: dict[str, Any], length: int) -> Any:
    values = measure.values[:, at]
    on = np.isfinite(values) & ((values > 0) | (not measure.log))
    xs, ys = condense(measure.epochs, np.where(on, values, np.nan), length, COLUMNS)
    name = clean(measure.layers[at])
    name = name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"
    # Legends leave out labels that begin with an underscore.
    label = f"{' ' if name.startswith('_') else ''}{name}  {number(float(values[-1]))}"
    marker = {"marker": "o", "markersize": 2.5} if len(xs) <= FEW else {}
    return ax.plot(xs, ys, linewidth=1.2, label=label, **marker, **look)[0]


def _edges(ax: Any, measure: Measure, tones: FloatArray) -> list[Any]:
    """Triangles at the panel's edge where a layer becomes zero, which no logarithm shows, or infinite."""
    handles = []
    kinds = [
        ("zero from here", measure.values <= 0, 0.0, "v"),
        ("infinite from here", np.isinf(measure.values), 1.0, "^"),
    ]
    for label, there, height, marker in kinds if measure.log else kinds[1:]:
        begins = there & ~np.vstack([np.zeros_like(there[:1]), there[:-1]])
        rows, columns = np.nonzero(begins)
        if not rows.size:
            continue
        look = {"marker": marker, "s": 28, "clip_on": False, "zorder": 4, "transform": ax.get_xaxis_transform()}
        ax.scatter(measure.epochs[rows], np.full(rows.size, height), c=tones[columns], **look)
        handles += ax.plot([], [], marker, color="#777777", markersize=5, label=label)
    return handles
