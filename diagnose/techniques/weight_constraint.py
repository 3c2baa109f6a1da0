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

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import changed_layers
from diagnose.techniques_reason import seen


@technique(area="generalization", edits="model", source="Srivastava et al. (2014), Dropout, 5.1")
def weight_constraint(case: Case) -> Advice:
    """Max-norm 3 on the incoming weights of every hidden unit."""
    return Advice(
        "kernel_constraint=MaxNorm(3) in hidden layers",
        f"{seen(case)}: a limit on the length of each unit's weights stops them from growing to fit noise.",
        changed_layers(
            case,
            "Dense(64, kernel_constraint=keras.constraints.MaxNorm(3)) in hidden layers",
            '"kernel_constraint" in settings',
            'axis = list(range(1 + len(settings.get("kernel_size", ()))))  # all but the last: one unit\'s weights\n'
            '        settings["kernel_constraint"] = keras.constraints.MaxNorm(3, axis=axis)',
        ),
    )
