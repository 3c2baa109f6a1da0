"""Activation: ReLU in hidden layers, so that gradients reach the early ones.

What it changes
    Hidden units' activation from sigmoid or tanh to ReLU (or leaky ReLU, GELU), with He initialization.

When it helps
    A deep network of sigmoid or tanh units whose loss stays flat: gradients vanish on their way down.
    Leaky ReLU if ReLU units died (output 0 for every input).

Settings
    activation="relu", kernel_initializer="he_normal"; "leaky_relu", "elu" or "gelu" as alternatives.
    The output layer keeps what the loss needs: sigmoid, softmax or none.

Risks
    ReLU units die at high learning rates. Recurrent layers keep tanh, and gates (what is multiplied with something)
    their sigmoid. The weights are drawn anew; weights from another training stay.

Sources
    Glorot, Bordes and Bengio, Deep Sparse Rectifier Neural Networks (2011).
    Brownlee, Visualizing the vanishing gradient problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_models import changed_layers
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

BOUNDED = ("sigmoid", "tanh", "hard_sigmoid", "hard_tanh", "softsign")  # flat towards both sides


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """ReLU where there is a sigmoid; relatives with a slope on both sides where ReLU units may have died."""
    from diagnose.recipes import CannotEdit

    bounded, rectified = (any(name in kinds for name in facts.activations) for kinds in (BOUNDED, ("relu", "relu6")))
    if rectified and (rule == "dead-units" or not bounded):
        return ({"to": "leaky_relu"}, {"to": "elu"})
    if bounded and rule != "dead-units":
        return ({"to": "relu"}, {"to": "elu"})
    found = ", ".join(sorted(set(facts.activations))) or "none"
    raise CannotEdit(f"no hidden layer has a sigmoid, a tanh or a ReLU that could be another; they have: {found}")


def _edit(recipe: Recipe, to: str) -> Recipe:
    """Sigmoid and tanh become this; ReLU, too, unless it is what is asked for."""
    from diagnose.recipes import settings

    kinds = BOUNDED if to == "relu" else (*BOUNDED, "relu", "relu6")
    return recipe.remodelled(lambda model: settings.activated(model, to, kinds))


@technique(
    area="learning",
    edits="model",
    source="Glorot, Bordes and Bengio (2011), Deep Sparse Rectifier Networks",
    edit=_edit,
    settings=_settings,
)
def activation(case: Case) -> Advice:
    """ReLU for sigmoid and tanh; leaky ReLU for ReLU, which may have died."""
    to = (case.settings or {}).get("to")
    kinds = str(BOUNDED if to == "relu" else (*BOUNDED, "relu", "relu6")).replace("'", '"')
    choice = f'"{to}"' if to else '"leaky_relu" if settings["activation"] == "relu" else "relu"'
    leaky = to in (None, "leaky_relu")  # a layer of its own, too: keras.layers.ReLU has a slope
    other = ", type(one).__name__.lower()" if leaky else ""
    slope = '\nif type(layer) is keras.layers.ReLU:\n    settings["negative_slope"] = 0.2' if leaky else ""
    return Advice(
        f'Dense(n, "{to or "relu"}", kernel_initializer="he_normal"), hidden',
        f"{seen(case)}: saturated sigmoid or tanh units, or dead ReLU ones, pass no gradient to earlier layers.",
        changed_layers(
            case,
            f'Dense(64, activation="{to or "relu"}", kernel_initializer="he_normal") in hidden layers',
            '"recurrent_initializer" not in settings',
            f"""\
kinds = {kinds}
behind = blocks.get(layer.name, [])[1:]
names = [one.get_config().get("activation"{other}) for one in behind]
if "kernel_initializer" in settings and {{settings.get("activation"), *names}} & {{*kinds}}:
    settings["kernel_initializer"] = "he_normal"
if settings.get("activation") in kinds:{"  # relu units may have died" if leaky else ""}
    settings["activation"] = {choice}{slope}""",
            blocks=True,
        ),
    )
