"""Input noise: a little random noise on the inputs, new in every batch.

What it changes
    A GaussianNoise layer in front (or between hidden layers), active in training only.

When it helps
    Overfitting on few examples of continuous features.

Settings
    stddev 0.1 for standardised inputs; try 0.01 to 0.3.

Risks
    Meaningless for token ids and one-hot columns; scale the inputs first. Training loss looks worse than it is.
    It belongs behind a scaling layer (Rescaling, Normalization), not in front of it.

Sources
    Bishop, Training with Noise is Equivalent to Tikhonov Regularization (1995).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 7.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, snippet
from diagnose.techniques_models import OLD, added_layers
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """In front of the model, weak and strong, then between its layers."""
    from diagnose.recipes import CannotEdit

    if not facts.scaled and not facts.has("Normalization", "Rescaling", "BatchNormalization"):
        raise CannotEdit("the inputs are far from a spread of 1, for which the noise is made: scale them first")
    between: tuple[Settings, ...] = ({"stddev": 0.1, "between": True},) if facts.deep and facts.editable else ()
    if facts.has("Embedding", "TextVectorization", "StringLookup"):
        return between
    return ({"stddev": 0.1}, {"stddev": 0.3}, *between)


def _edit(recipe: Recipe, stddev: float, between: bool = False) -> Recipe:
    """Behind each input of quantities, and behind what scales it; or behind every hidden layer."""
    import keras

    from diagnose.recipes import layers

    def noise(name: str) -> object:
        return keras.layers.GaussianNoise(stddev, name=f"{name}_noise" if name else None)

    if between:
        return recipe.remodelled(
            lambda model: layers.inserted(model, layers.hidden(model), lambda layer: noise(layer.name))
        )
    return recipe.remodelled(lambda model: layers.entered(model, noise))


@technique(
    area="generalization",
    edits="model",
    source="Bishop (1995), Training with Noise",
    edit=_edit,
    settings=_settings,
)
def input_noise(case: Case) -> Advice:
    """Gaussian noise of deviation 0.1 in front of the model."""
    found = case.settings or {}
    stddev = f"{found.get('stddev', 0.1):g}"
    noise = f"layers.GaussianNoise({stddev})"
    why = f"{seen(case)}: examples that look a little different each time cannot be learnt by heart."
    if found.get("between"):
        code = added_layers(case, f"{noise} in a line of its own behind each hidden layer", f"keras.{noise}")
        return Advice(f"{noise} behind hidden layers", why, code)
    return Advice(
        f"{noise} as the first layer",
        why,
        snippet(f"""
import keras

# by hand: keras.{noise} right behind keras.Input(...); inputs with deviation 1
{OLD}
inputs = keras.Input(old.input_shape[1:])
model = keras.Model(inputs, old(keras.{noise}(inputs)))
model.compile_from_config(old.get_compile_config())
{fit(case)}
"""),
    )
