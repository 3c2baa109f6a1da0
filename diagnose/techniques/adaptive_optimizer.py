"""Adaptive optimizer: Adam, or SGD with momentum, instead of plain SGD.

What it changes
    Every weight gets its own step size from the history of its gradients (Adam), or steps gather speed in a lasting
    direction (momentum).

When it helps
    Slow or stuck learning with plain SGD, features on different scales, sparse inputs, deep networks.

Settings
    Adam(learning_rate=0.001); SGD(learning_rate=0.01, momentum=0.9). Try both, each with its own rate search.

Risks
    Adam can overfit sooner than tuned SGD. The old optimizer's learning rate does not carry over: start at the default.

Sources
    Kingma and Ba, Adam: A Method for Stochastic Optimization (2015).
    Sutskever et al., On the importance of initialization and momentum in deep learning (2013).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import best, fit, snippet
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


KINDS = {"adam": "Adam", "sgd": "SGD"}
# Of the old optimizer's settings these go on; rate, momentum and the like are its own.
KEPT = (
    "weight_decay clipnorm clipvalue global_clipnorm use_ema ema_momentum ema_overwrite_frequency loss_scale_factor "
    "gradient_accumulation_steps"
).split()
ADAM = {"optimizer": "adam", "learning_rate": 0.001}
MOMENTUM = {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9}


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """Adam for an SGD and for the older adaptive ones; momentum for whatever has none."""
    from diagnose.recipes import CannotEdit

    if facts.learning_rate is None:
        raise CannotEdit("the learning rate follows a schedule that was made for this optimizer: change both by hand")
    if facts.optimizer.startswith("adam") or facts.optimizer in ("nadam", "lamb"):
        return (MOMENTUM,)
    return (ADAM,) if facts.momentum else (ADAM, MOMENTUM)


def _edit(recipe: Recipe, optimizer: str, learning_rate: float, momentum: float = 0.0) -> Recipe:
    """Another optimizer at its own rate; clipping, weight decay and averaging of weights go on."""
    import keras

    from diagnose.recipes.compiled import exchanged

    own = {"momentum": momentum, "nesterov": True} if momentum else {}

    def other(old: object) -> object:
        config = old.get_config()  # type: ignore[attr-defined]
        kept = {name: config[name] for name in KEPT if name in config}
        return getattr(keras.optimizers, KINDS[optimizer])(learning_rate=learning_rate, **kept, **own)

    return recipe.recompiled(optimizer=lambda old: exchanged(old, other))


@technique(
    area="learning",
    edits="compile",
    source="Kingma and Ba (2015), Adam",
    edit=_edit,
    settings=_settings,
)
def adaptive_optimizer(case: Case) -> Advice:
    """Adam and SGD with momentum, each at its own default rate."""
    why = f"{seen(case)}: step sizes that fit each weight, or momentum, get through where one plain rate does not."
    if case.settings:
        return _found(case, _written(case.settings), why)
    return Advice(
        "Adam(learning_rate=0.001), or SGD(0.01, momentum=0.9)",
        why,
        snippet(f"""
import keras

candidates = {{
    "Adam": lambda: {_written(ADAM)},
    "momentum": lambda: {_written(MOMENTUM)},
}}
for name, optimizer in candidates.items():
    keras.utils.set_random_seed(1)
    model = build_model()
    settings = model.get_compile_config()  # loss and metrics stay; clipping and decay go into the candidates
    model.compile_from_config({{**settings, "optimizer": keras.optimizers.serialize(optimizer())}})
    history = {fit(case, more=", verbose=0")}
    print(name, {best(case)})
"""),
    )


def _found(case: Case, written: str, why: str) -> Advice:
    """What a re-run found."""
    return Advice(
        written.removeprefix("keras.optimizers."),
        why,
        snippet(f"""
import keras

model = build_model()
old = model.optimizer.get_config()
kept = {{name: old[name] for name in ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm") if old.get(name)}}
optimizer = keras.optimizers.serialize({written[:-1]}, **kept))
model.compile_from_config({{**model.get_compile_config(), "optimizer": optimizer}})  # loss and metrics stay
{fit(case)}
"""),
    )


def _written(settings: Settings) -> str:
    momentum = settings.get("momentum")
    more = f", momentum={momentum}, nesterov=True" if momentum else ""
    return f"keras.optimizers.{KINDS[settings['optimizer']]}(learning_rate={settings['learning_rate']}{more})"
