"""Comparable evaluation: score training and validation data in the same way, at the same moment.

What it changes
    What is logged, not the training: after each epoch the training data are evaluated like the validation data.

When it helps
    Validation looks better than training, or the two are on different scales. Keras' training loss is an average over
    the epoch, with dropout and augmentation on; the validation loss is taken at its end, with them off.

Settings
    On large sets 5,000 to 10,000 training examples are enough. Same sample weights, same loss for both.

Risks
    One more pass over the data an epoch. Penalties (L1, L2) are in both losses; class weights only in the training's.

Sources
    Keras documentation, FAQ: "Why is my training loss much higher than my testing loss?".
    Brownlee, How to use Learning Curves to Diagnose Machine Learning Model Performance.
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit_judged, snippet
from diagnose.techniques_reason import seen


@technique(area="generalization", edits="fit", source="Keras documentation, FAQ on training and testing loss")
def comparable_evaluation(case: Case) -> Advice:
    """A callback that replaces the logged training scores by evaluated ones."""
    return Advice(
        "model.evaluate(x_train, y_train) after each epoch",
        f"{seen(case)}: evaluated in the same mode at the same moment, the two curves can be compared at all.",
        snippet(f"""
import keras

class Evaluated(keras.callbacks.Callback):
    \"\"\"Training scores in inference mode at the end of the epoch; put it before CSVLogger.\"\"\"

    def on_epoch_end(self, epoch, logs=None):
        logs.update(self.model.evaluate(x_train, y_train, verbose=0, return_dict=True))

history = {fit_judged(case, callbacks="Evaluated()")}
"""),
    )
