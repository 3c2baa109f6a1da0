"""Activity regularization: a penalty on what layers put out, for sparse representations.

What it changes
    The loss gets a penalty on the sum of hidden outputs, so that few units are active for any one example.

When it helps
    Overfitting of wide layers; autoencoders whose code should be sparse.

Settings
    activity_regularizer=L1(1e-4) on hidden layers; 1e-3 to 1e-5 on a log scale. It is added up over all positions of
    a map: of a convolutional network on 28 x 28 images 1e-7.

Risks
    Too much and units die. Like weight penalties it is inside the logged loss: compare metrics, not losses.

Sources
    Glorot, Bordes and Bengio, Deep Sparse Rectifier Neural Networks (2011).
    Goodfellow, Bengio, Courville, Deep Learning (2016), 7.10.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import number
from diagnose.techniques_models import changed_layers
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

USUAL = 1e-4  # for dense layers


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """The usual one, shared among all positions of a convolution's map: Keras adds them up."""
    from diagnose.recipes import CannotEdit

    if not facts.deep:
        raise CannotEdit("the model has no hidden layer whose outputs could be held small")
    spatial = any("Conv" in one for one in facts.layers)
    positions = math.prod(facts.shape[:-1]) if spatial else 1
    usual = USUAL / max(1, positions)
    return [{"l1": float(f"{factor * usual:.1g}")} for factor in (1.0, 0.1, 10.0)]


def _edit(recipe: Recipe, l1: float) -> Recipe:
    """On what each hidden layer gives, behind its activation."""
    import keras

    from diagnose.recipes import settings

    return recipe.remodelled(lambda model: settings.sparse(model, lambda: keras.regularizers.L1(l1)))


@technique(
    area="generalization",
    edits="model",
    source="Glorot, Bordes and Bengio (2011); Deep Learning (2016), 7.10",
    edit=_edit,
    settings=_settings,
)
def activity_regularization(case: Case) -> Advice:
    """L1 of 1e-4 on the outputs of every hidden layer."""
    l1 = number(case.settings["l1"]) if case.settings else "1e-4"
    return Advice(
        f"activity_regularizer=L1({l1}) in hidden layers",
        f"{seen(case)}: when few units may be active at a time, less of the training set's noise finds room.",
        changed_layers(
            case,
            f"Dense(64, activity_regularizer=keras.regularizers.L1({l1})) in hidden layers",
            """any(
                layer is [one for one in block if "Normal" not in type(one).__name__][-1] for block in blocks.values()
            )""",
            f'whole["activity_regularizer"] = keras.regularizers.L1({l1})',
            blocks=True,
        ),
    )
