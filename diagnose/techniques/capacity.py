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

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import boosters, changed_layers
from diagnose.techniques_reason import boosts, cause, library, seen

SMALLER = {"overfit", "overconfident", "unrepresentative-training", "never-generalized"}


@technique(area="learning", edits="model", source="Bengio (2012), Practical Recommendations")
def capacity(case: Case) -> Advice:
    """Twice the units; half of them where the model learns by heart."""
    less = case.finding.rule in SMALLER
    if boosts(case):
        return _of_trees(case, less)
    change = "max(1, settings[name] // 2)" if less else "2 * settings[name]"
    reason = "a smaller model cannot learn the examples by heart" if less else "a wider model can express more"
    return Advice(
        "half the units in hidden layers" if less else "units x2 in hidden layers, then x4; then one layer more",
        f"{seen(case)}: {reason}.",
        changed_layers(
            case,
            "Dense(32) where it was Dense(64)" if less else "Dense(128) where it was Dense(64)",
            'any(name in settings for name in ("units", "filters"))',
            f'name = "units" if "units" in settings else "filters"\n        settings[name] = {change}',
        ),
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
