"""Weight constraint: the weights into a unit may not exceed a length.

What it changes
    After each update, a unit's incoming weights that are longer than the limit are scaled back to it (max-norm).

When it helps
    Overfitting, above all with dropout and high learning rates; weights that grow without bound.

Settings
    MaxNorm(3) or MaxNorm(4) on hidden layers (dense: axis=0, convolutional: axis=[0, 1, 2]).

Risks
    A limit below 1 underfits. It does nothing while weights are short: look at their norms first.

Sources
    Srebro and Shraibman, Rank, Trace-Norm and Max-Norm (2005).
    Srivastava et al., Dropout (2014), 5.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_models import changed_layers
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if not facts.deep:
        raise CannotEdit("the model has no hidden layer whose weights could be limited")
    return ({"limit": 3.0}, {"limit": 4.0})


def _edit(recipe: Recipe, limit: float) -> Recipe:
    """Max-norm on the hidden kernels, over the axes of one unit's weights."""
    import keras

    from diagnose.recipes import settings

    return recipe.remodelled(
        lambda model: settings.constrained(model, lambda axes: keras.constraints.MaxNorm(limit, axis=axes))
    )


@technique(
    area="generalization",
    edits="model",
    source="Srivastava et al. (2014), Dropout, 5.1",
    edit=_edit,
    settings=_settings,
)
def weight_constraint(case: Case) -> Advice:
    """Max-norm 3 on the incoming weights of every hidden unit."""
    limit = f"{(case.settings or {}).get('limit', 3):g}"
    return Advice(
        f"kernel_constraint=MaxNorm({limit}) in hidden layers",
        f"{seen(case)}: a limit on the length of each unit's weights stops them from growing to fit noise.",
        changed_layers(
            case,
            f"Dense(64, kernel_constraint=keras.constraints.MaxNorm({limit})) in hidden layers",
            '"kernel_constraint" in settings',
            'axis = list(range(1 + len(settings.get("kernel_size", ()))))  # all but the last: one unit\'s weights\n'
            f'settings["kernel_constraint"] = keras.constraints.MaxNorm({limit}, axis=axis)',
        ),
    )
