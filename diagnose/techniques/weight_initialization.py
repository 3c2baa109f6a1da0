"""Weight initialization: first weights of a size that fits the activation.

What it changes
    The random weights training starts from, so that signals neither die out nor blow up from layer to layer.

When it helps
    Loss flat or exploding from the very first epoch; home-made initial weights (zeros, or a normal of deviation 1).

Settings
    ReLU and relatives: "he_normal". tanh, sigmoid, softmax: "glorot_uniform" (Keras' default). Recurrent: orthogonal.
    Biases zero. Output bias at the base rate when classes are rare: log(p / (1 - p)).

Risks
    All-zero weights never learn. With batch normalization the choice matters little. Repeat over several seeds.
    Recurrent layers, and weights that come from another training, are left alone.

Sources
    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).
    He et al., Delving Deep into Rectifiers (2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_models import changed_layers
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Recipe


def _edit(recipe: Recipe) -> Recipe:
    """Kernels drawn anew where the initializer does not fit the activation behind them; biases that begin at zero."""
    from diagnose.recipes import settings

    return recipe.remodelled(settings.initialized)


@technique(area="learning", edits="model", source="Glorot and Bengio (2010); He et al. (2015)", edit=_edit)
def weight_initialization(case: Case) -> Advice:
    """He for the ReLU family, Glorot for the rest."""
    return Advice(
        'kernel_initializer="he_normal" (relu), "glorot_uniform"',
        f"{seen(case)}: first weights that fit the activation keep signals and gradients the same size in all layers.",
        changed_layers(
            case,
            'Dense(64, activation="relu", kernel_initializer="he_normal"); "glorot_uniform" with tanh, sigmoid',
            '"kernel_initializer" in settings and "recurrent_initializer" not in settings',
            "names = [one.get_config().get('activation', type(one).__name__) for one in blocks.get(layer.name, [])[1:]]\n"
            'relu = any("lu" in str(name).lower() for name in [settings.get("activation"), *names])  # relu, elu, gelu\n'
            'settings["kernel_initializer"] = "he_normal" if relu else "glorot_uniform"\n'
            'if "bias_initializer" in settings and layer is not old.layers[-1]:\n'
            '    settings["bias_initializer"] = "zeros"',
            output=True,
            blocks=True,
        ),
    )
