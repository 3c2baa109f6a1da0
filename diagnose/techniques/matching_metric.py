"""Matching metric: report a figure that means something for the task, next to what guessing would get.

What it changes
    What you look at, not the training: a metric that fits the task, and the score of a model without skill.

When it helps
    Accuracy stuck at one value (the majority class), accuracy in a regression (always 0), rare classes.

Settings
    Balanced accuracy (mean recall over classes), F1 or AUC for unequal classes; MAE against the mean's for quantities.
    If a class is rare: fit(class_weight={0: 1.0, 1: 10.0}), inverse to its frequency.

Risks
    class_weight also changes the logged training loss, not the validation loss: the two are then not comparable.

Sources
    Brodersen et al., The Balanced Accuracy and Its Posterior Distribution (2010).
    Brownlee, Framework for Better Deep Learning (a baseline that defines "no skill").
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import classifies, snippet
from diagnose.techniques_reason import seen


@technique(area="learning", edits="compile", source="Brodersen et al. (2010), The Balanced Accuracy")
def matching_metric(case: Case) -> Advice:
    """Balanced accuracy and the majority's share for classes, MAE and the mean's for quantities."""
    line = "balanced accuracy, and accuracy of the majority class"
    return Advice(
        'metrics=["mae"], and the MAE of predicting the mean' if classifies(case) is False else line,
        f"{seen(case)}: a metric that fits the task, next to what guessing scores, tells whether anything is learnt.",
        snippet("""
import numpy as np

predicted = model.predict(x_val, verbose=0)
labels = np.asarray(y_val)
if labels.dtype.kind == "f" and len(np.unique(labels)) > 20:  # a quantity: metrics=["mae"]
    print("mean absolute error", np.mean(np.abs(predicted - labels.reshape(predicted.shape))))
    print("predicting the mean", np.mean(np.abs(np.mean(y_train, axis=0) - labels)))
else:  # classes
    guess = predicted.argmax(-1) if predicted.shape[-1] > 1 else (predicted > 0.5).astype(int).ravel()
    truth = labels.argmax(-1) if labels.shape == predicted.shape and predicted.shape[-1] > 1 else labels.ravel()
    classes, counts = np.unique(truth, return_counts=True)
    print("accuracy", np.mean(guess == truth), "always the commonest class", counts.max() / len(truth))
    print("balanced accuracy", np.mean([np.mean(guess[truth == one] == one) for one in classes]))
"""),
    )
