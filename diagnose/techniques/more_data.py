"""More data: collect more examples, or make new ones from those you have.

What it changes
    The size or the variety of the training set: new examples, or random flips, shifts, crops of the present ones.

When it helps
    A wide gap that stays: the training set does not tell enough. Also overfit, and classes with few examples.

Settings
    Train on 25%, 50%, 100% of the data: if validation is still improving from 50% to 100%, more will help.
    Images: RandomFlip, RandomRotation(0.05), RandomTranslation(0.1, 0.1).

Risks
    An augmentation must not change the label (a flipped 6, a mirrored letter). Augment after splitting, training only.

Sources
    Hestness et al., Deep Learning Scaling is Predictable, Empirically (2017).
    Shorten and Khoshgoftaar, A survey on Image Data Augmentation for Deep Learning (2019).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import best_judged, fit_judged, snippet
from diagnose.techniques_reason import seen


@technique(area="generalization", edits="data", source="Hestness et al. (2017); Shorten and Khoshgoftaar (2019)")
def more_data(case: Case) -> Advice:
    """Find out whether more data would help; augment if the inputs are images."""
    return Advice(
        "collect more, or augment; test first with 25, 50, 100%",
        f"{seen(case)}: more or more varied examples leave less to learn by heart and more to generalize from.",
        snippet(f"""
import keras
import numpy as np

order = np.random.default_rng(1).permutation(len(x_train))
for share in (0.25, 0.5, 1.0):  # still improving from 0.5 to 1.0? Then more data will help
    rows = order[: int(share * len(x_train))]
    model = build_model()
    history = {fit_judged(case, rows="[rows]", more=", verbose=0")}
    print(share, {best_judged(case)})

if x_train.ndim == 4:  # images: new variants in every epoch
    flips = [keras.layers.RandomFlip("horizontal"), keras.layers.RandomTranslation(0.1, 0.1)]
    old = build_model()
    model = keras.Sequential([keras.Input(x_train.shape[1:]), *flips, old])
    model.compile_from_config(old.get_compile_config())
    {fit_judged(case)}
"""),
    )
