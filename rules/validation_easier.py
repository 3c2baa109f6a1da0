"""validation-easier: the model does better on validation than on training data.

What it means
    Either the validation set is easier (or leaks from the training set), so that its loss flatters the model; or
    the training loss is inflated, because dropout and augmentation act on it alone. Then nothing is
    wrong.

What the curves show
    A validation loss clearly below the training loss, to the end.

How it is decided
    By how far the validation loss lies below the training loss over the last quarter, relative to that loss (either
    way at {BELOW:%}) and to the first epoch's ({OF_START:%}: a distance that is small beside all that was learnt
    does not matter), and at how many of the epochs it does ({MOST:%}). The training loss is an average over the
    epoch, half an epoch older than the validation loss: it is moved by half an epoch before the comparison, so that
    a steep descent does not count.

What else looks like it
    Dropout and augmentation make the training loss noisier than the validation loss; easier data don't. Where the
    training loss is the noisier one (over {NOISIER:x}), that speaks against the claim. To be sure, evaluate the
    training set with ``model.evaluate``: its loss without dropout is the comparable one.

Sources
    Rosebrock, Why is my validation loss lower than my training loss? (pyimagesearch, 2019).
    keras.io FAQ, "Why is my training loss much higher than my testing loss?".
"""

import numpy as np

from diagnose.evidence.belief import Model, Term
from diagnose.evidence.noise import mean, middle
from diagnose.evidence.run import Run
from diagnose.registry import CannotJudge, Verdict, rule

BELOW = 0.15  # relative distance below the training loss
OF_START = 0.06  # the same distance relative to the first loss
MOST = 0.6  # share of epochs at which it is below
NOISIER = 3.0  # scatter of the training over the validation loss

WEIGHTS = {
    "constant": -1.54,
    "below": 0.41,
    "below_of_start": 0.61,
    "share_of_epochs": 0.41,
    "train_noisier": 0.44,
}
MODEL = Model(
    {
        "below": Term(BELOW, 0.25, high=4),
        "below_of_start": Term(OF_START, 0.35, high=1),
        "share_of_epochs": Term(MOST, 0.1, -4, 3, log=False),
        "train_noisier": Term(NOISIER, 0.35, -3, 3, against=True, prior=0.5),
    },
    WEIGHTS,
)

TECHNIQUES = ("comparable-evaluation", "resplit", "data-audit")


@rule(area="generalization", techniques=TECHNIQUES)
def validation_easier(run: Run) -> Verdict | CannotJudge:
    """Judge one run."""
    both, train, val = run.together, run.train, run.val
    if both is None or train is None or val is None:
        return CannotJudge("needs a training and a validation loss")
    if not run.comparable:
        return CannotJudge("training and validation loss are not comparable")
    shifted = both[0].copy()
    shifted[:-1] = (both[0][:-1] + both[0][1:]) / 2
    late = max(2, shifted.size // 4)
    floor = train.scale(mean(shifted[-late:]))
    apart = shifted[-late:] - both[1][-late:]
    distance = min(mean(apart), middle(apart))  # no single spike decides
    below = distance / floor
    at_end = middle((shifted - both[1])[-3:]) / floor
    most = int(np.count_nonzero(shifted - both[1] > 1e-9 * floor)) / shifted.size
    least = 1e-9 * floor  # what rounding leaves of a straight line
    noisier = max(train.half_scatter, least) / max(val.half_scatter, 1e-3 * train.half_scatter, least)
    start = max(abs(train.start), abs(val.start), 1e-300)
    evidence = {
        "below": below,
        "below_at_end": at_end,
        "below_of_start": distance / start,
        "share_of_epochs": most,
        "train_noisier": noisier,
    }
    return Verdict(
        confidence=MODEL(evidence),
        curve=val.name,
        epochs=(val.position(max(0, val.n - late)), run.length),
        harm=None,
        evidence=evidence,
        names={"curve": val.name, "train": train.name, "side": "above" if val.series.direction == "max" else "below"},
        say="{curve} lies {below:%} {side} {train} over the last quarter, and {side} it at {share_of_epochs:%} of the epochs",
        looks_like="dropout or augmentation, which raise the training loss alone",
    )
