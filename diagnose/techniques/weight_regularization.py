"""Weight regularization: a penalty on large weights (weight decay, L2).

What it changes
    The loss gets a penalty, factor x sum of squared weights, so that only weights that earn it grow large.

When it helps
    Overfitting: training goes on improving while validation gets worse. The first choice, with early stopping.

Settings
    L2(0.01) to L2(1e-5) on a log scale; start at 1e-3. L1 instead where few inputs matter. AdamW(weight_decay=0.004).

Risks
    Too much and the model underfits. Keras adds the penalty to loss and val_loss: compare with a metric, or with
    losses from predictions, not with the old run's loss.

Sources
    Krogh and Hertz, A Simple Weight Decay Can Improve Generalization (1992).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 7.1.
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import boosters, changed_layers
from diagnose.techniques_reason import boosts, cause, seen


@technique(area="generalization", edits="model", source="Krogh and Hertz (1992), A Simple Weight Decay")
def weight_regularization(case: Case) -> Advice:
    """L2 of 1e-3 on the weights of every layer."""
    if boosts(case):
        return Advice(
            "reg_lambda=10, then 100 (it is often 0 to 3)",
            f"{cause(case)}: a penalty on large leaf values keeps the trees from bending around single examples.",
            boosters("(1, 10, 100)", "reg_lambda=choice")
            + "# next: min_child_weight=10 (XGBoost), min_child_samples=50 (LightGBM), min_data_in_leaf=50 (CatBoost)\n",
        )
    return Advice(
        "kernel_regularizer=L2(1e-3) in each layer; 1e-2...1e-5",
        f"{seen(case)}: a penalty on large weights keeps the model from bending itself around single examples.",
        changed_layers(
            case,
            "Dense(64, kernel_regularizer=keras.regularizers.L2(1e-3)) in each layer; try 1e-2 to 1e-5",
            '"kernel_regularizer" in settings',
            'settings["kernel_regularizer"] = keras.regularizers.L2(1e-3)',
            output=True,
        ),
    )
