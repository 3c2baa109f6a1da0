"""Dropout: switch off random units in training.

What it changes
    In each training step a share of a layer's outputs is set to 0 and the rest scaled up; all work in inference.

When it helps
    Overfitting of a network that is large enough. With early stopping.

Settings
    0.5 for hidden layers, 0.2 for inputs or small networks. Widen the layer by 1 / (1 - rate). Recurrent: dropout=0.2.

Risks
    Training needs longer, and its loss is inflated: validation may look better than training. Generally not together
    with batch normalization. Never behind the output layer.

Sources
    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import added_layers, boosters, patience, validated, watch
from diagnose.techniques_reason import boosts, cause, library, seen

NAMES = """\
lightgbm = hasattr(build_booster(), "num_leaves")
names = ("boosting_type", "dart", "drop_rate") if lightgbm else ("booster", "dart", "rate_drop")
"""


@technique(area="generalization", edits="model", source="Srivastava et al. (2014), Dropout")
def dropout(case: Case) -> Advice:
    """Half of every hidden layer's outputs, with early stopping."""
    if boosts(case):
        return _of_trees(case)
    stop = f"keras.callbacks.EarlyStopping({watch(case)}, patience={patience(case)}, restore_best_weights=True)"
    return Advice(
        "Dropout(0.5) behind hidden layers, with early stopping",
        f"{seen(case)}: units that must do without one another cannot conspire to learn single examples by heart.",
        added_layers(
            case,
            "layers.Dropout(0.5) in a line of its own behind each hidden layer (0.2 in small networks)",
            "keras.layers.Dropout(0.5)",
            stop=stop if validated(case) else "",
        ),
    )


def _of_trees(case: Case) -> Advice:
    if library(case) == "catboost":  # it drops columns, but no trees
        return Advice(
            "rsm=0.8 (a share of the columns a split), then 0.5",
            f"{cause(case)}: splits that see only some of the columns cannot all learn the same examples by heart.",
            boosters("(0.8, 0.5)", "rsm=choice"),
        )
    dart = {
        "xgboost": 'booster="dart", rate_drop=choice',
        "lightgbm": 'boosting_type="dart", drop_rate=choice',
        "": "**{names[0]: names[1], names[2]: choice}",
    }[library(case)]
    names = "" if library(case) else NAMES
    return Advice(
        'boosting_type="dart", drop_rate=0.1' if library(case) == "lightgbm" else 'booster="dart", rate_drop=0.1',
        f"{cause(case)}: trees that must do without some of the others cannot pile up on single examples.",
        boosters("(0.1, 0.3)", dart, names)
        + "# quicker: subsample=0.8, colsample_bytree=0.8; dart has no early stopping\n",
    )
