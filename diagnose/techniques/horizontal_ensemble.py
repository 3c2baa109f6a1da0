"""Horizontal ensemble: the models of one run's last epochs answer together.

What it changes
    The weights at the end of each of the last epochs are kept, and their predictions are averaged.

When it helps
    The curve jumps from epoch to epoch at the end, and training several times is too dear.

Settings
    The last 10 to 50 epochs, or every second one; all past the point where the mean stopped improving.

Risks
    Members of one run resemble each other: less gain than from separate runs. Of no use where the run has overfitted.

Sources
    Xie, Xu and Chuang, Horizontal and Vertical Ensemble with Deep Representation for Classification (2013).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import AVERAGED, BUILT, fit, share_of_epochs, snippet
from diagnose.techniques_reason import seen


@technique(area="prediction", edits="predict", source="Xie, Xu and Chuang (2013), Horizontal and Vertical Ensemble")
def horizontal_ensemble(case: Case) -> Advice:
    """Members from the last tenth of the run, at least 5."""
    many = share_of_epochs(case, 0.1, 5, 50)
    last = f"the last {many} epochs' models" if many.isdigit() else "the last epochs' models"
    return Advice(
        f"average predictions of {last}",
        f"{seen(case)}: averaging the last epochs' models cancels what each of them has by chance.",
        snippet(f"""
import keras

model = build_model()
kept = []
keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights()))
{fit(case, callbacks="keep")}

members = []
for weights in kept[-{many}:]:  # the last epochs
    members.append(build_model())
    {BUILT.format(model="members[-1]", indent="    ")}
    members[-1].set_weights(weights)

{AVERAGED}
"""),
    )
