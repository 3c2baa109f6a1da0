"""Capacity: more units or layers for a model that is too small (fewer, when it learns by heart).

What it changes
    The width or depth of the hidden layers, and with it what the model can express.

When it helps
    Both curves settle together at a poor level. Smaller instead, when training is perfect and validation poor.

Settings
    Units x2, then x4; then one layer more. Prefer too large and regularized to too small.
    The first hidden layer wider than the input.

Risks
    A larger model overfits more easily: add early stopping. It learns no more than the inputs tell: if 4x changes
    nothing, look for better features.

Sources
    Bengio, Practical Recommendations for Gradient-Based Training of Deep Architectures (2012).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 11.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import boosters, fit, snippet
from diagnose.techniques_models import OLD, REBUILT, changed_layers
from diagnose.techniques_reason import boosts, cause, library, seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

SMALLER = {"overfit", "overconfident", "unrepresentative-training", "never-generalized"}


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """Twice, four times the width, a layer more; a half and a quarter where the model learns by heart."""
    from diagnose.recipes import CannotEdit

    if not facts.editable:
        raise CannotEdit("the model is a subclass whose layers stand in its own code: change their sizes there")
    if rule in SMALLER:
        if not facts.deep:
            raise CannotEdit("the model has no hidden layer that could be smaller")
        return ({"width": 0.5}, {"width": 0.25})
    return ({"width": 2.0}, {"width": 4.0}, {"layers": 1}) if facts.deep else ({"layers": 1},)


def _edit(recipe: Recipe, width: float = 1.0, layers: int = 0) -> Recipe:
    """So many times the units or filters in the hidden layers, or so many hidden layers more."""
    from diagnose.recipes import widths

    for _ in range(layers):
        recipe = recipe.remodelled(widths.deepened)
    return recipe if width == 1 else recipe.remodelled(lambda model: widths.widened(model, width))


@technique(
    area="learning",
    edits="model",
    source="Bengio (2012), Practical Recommendations",
    edit=_edit,
    settings=_settings,
)
def capacity(case: Case) -> Advice:
    """Twice the units; half of them where the model learns by heart."""
    found = case.settings or {}
    width = found.get("width")
    less = case.finding.rule in SMALLER if width is None else width < 1
    if boosts(case):
        return _of_trees(case, less)
    if found.get("layers"):
        return _deeper(case)
    default = "max(1, settings[name] // 2)" if less else "2 * settings[name]"
    change = f"max(1, round({width:g} * settings[name]))" if width else default
    reason = "a smaller model cannot learn the examples by heart" if less else "a wider model can express more"
    return Advice(
        _brief(width, less),
        f"{seen(case)}: {reason}.",
        changed_layers(
            case,
            "Dense(32) where it was Dense(64)" if less else "Dense(128) where it was Dense(64)",
            'any(name in settings for name in ("units", "filters"))',
            f'name = "units" if "units" in settings else "filters"\nsettings[name] = {change}',
        ),
    )


def _brief(width: float | None, less: bool) -> str:
    if width is not None:
        return f"units x{width:g} in hidden layers"
    return "half the units in hidden layers" if less else "units x2 in hidden layers, then x4; then one layer more"


def _deeper(case: Case) -> Advice:
    return Advice(
        "one hidden layer more, like the last one",
        f"{seen(case)}: a deeper model can express more.",
        snippet(f"""
import keras

# by hand: the line of the last hidden layer twice (recurrent: return_sequences=True in the first of the two)
{OLD}
sized = [layer.name for layer in old.layers if hasattr(layer, "units") or hasattr(layer, "filters")]
last = sized[-2] if len(sized) > 1 else None  # the output layer is the last of all

def change(layer, *args, **kwargs):
    if last is None and layer.name in sized:  # there is no hidden layer yet
        units = min(max(2 * args[0].shape[-1], 16), 256)
        first = keras.layers.Dense(units, "relu", kernel_initializer="he_normal", name=layer.name + "_hidden")
        return layer(first(args[0]), *args[1:], **kwargs)
    if layer.name != last:
        return layer(*args, **kwargs)
    more = {{"name": layer.name + "_deeper"}}
    if hasattr(layer, "cell"):
        more["return_sequences"] = True
        first = type(layer).from_config({{**layer.get_config(), **more}})
        return layer(first(args[0]), *args[1:], **kwargs)
    if hasattr(layer, "strides"):
        more |= {{"strides": 1, "padding": "same"}}
    return type(layer).from_config({{**layer.get_config(), **more}})(layer(*args, **kwargs))

{REBUILT}
model.compile_from_config(old.get_compile_config())
{fit(case)}
"""),
    )


def _of_trees(case: Case, less: bool) -> Advice:
    depths, leaves = ((4, 3), (15, 7)) if less else ((8, 10), (63, 127))
    reason = "smaller trees cannot learn the examples by heart" if less else "larger trees can express more"
    by_depth, by_leaves = f"max_depth={depths[0]}", f"num_leaves={leaves[0]}"
    both = '**({"num_leaves": choice[1]} if hasattr(model, "num_leaves") else {"max_depth": choice[0]})'
    line, choices, setting = {
        "lightgbm": (f"{by_leaves}, then {leaves[1]}", leaves, "num_leaves=choice"),
        "": (f"{by_depth} (LightGBM: {by_leaves})", tuple(zip(depths, leaves, strict=True)), both),
    }.get(library(case), (f"{by_depth}, then {depths[1]}", depths, "max_depth=choice"))
    return Advice(line, f"{cause(case)}: {reason}.", boosters(str(choices), setting))
