"""More data: collect more examples, or make new ones from those you have.

What it changes
    The size or the variety of the training set: new examples, or random flips, shifts, crops of the present ones.

When it helps
    A wide gap that stays: the training set does not tell enough. Also overfit, and classes with few examples.

Settings
    Train on 25%, 50%, 100% of the data: if validation is still improving from 50% to 100%, more will help.
    Images: RandomTranslation(0.1, 0.1), RandomRotation(0.05), and RandomFlip where a mirrored one is the same thing.
    Vectors with labels: mixup, points between two examples, alpha 0.2 (to 0.4). Sequences: nothing is safe in general.

Risks
    An augmentation must not change the label (a flipped 6, a mirrored letter). Augment after splitting, training only.

Sources
    Hestness et al., Deep Learning Scaling is Predictable, Empirically (2017).
    Shorten and Khoshgoftaar, A survey on Image Data Augmentation for Deep Learning (2019).
    Zhang et al., mixup: Beyond Empirical Risk Minimization (2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import asked, best_judged, brief, fit_judged, snippet
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """Pictures are shifted, turned and mirrored, vectors mixed; a label stays with what it was given to."""
    from diagnose.recipes import CannotEdit

    if facts.task != "classification" or facts.classes is None:
        raise CannotEdit(
            "changed inputs may belong to other targets here: only pictures and vectors with labels are safe"
        )
    if facts.images:
        return (
            {"shift": 0.1, "turn": 0.05},
            {"shift": 0.1, "turn": 0.05, "mirror": True},
        )
    if len(facts.shape) != 1 or facts.has("Embedding"):
        raise CannotEdit("there is no safe way to make new sequences or several inputs of these: collect more")
    if "crossentropy" not in facts.loss:
        raise CannotEdit("vectors are mixed for a cross-entropy alone")
    return ({"mixup": 0.2}, {"mixup": 0.4})


def _edit(
    recipe: Recipe, shift: float = 0.0, turn: float = 0.0, mirror: bool = False, mixup: float | None = None
) -> Recipe:
    """Layers in front that change pictures in training alone, or mixed vectors; validation and test rows stay."""
    from diagnose.recipes import augmenting

    if mixup is not None:
        return augmenting.mixed(recipe, mixup)
    return augmenting.varied(recipe, shift, turn, mirror)


@technique(
    area="generalization",
    edits="data",
    source="Hestness et al. (2017); Shorten and Khoshgoftaar (2019)",
    edit=_edit,
    settings=_settings,
)
def more_data(case: Case) -> Advice:
    """Find out whether more data would help; augment if the inputs are images."""
    if case.settings:
        return _made(case, case.settings)
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


def _made(case: Case, settings: Settings) -> Advice:
    """The code of an augmentation that a re-run found good."""
    why = f"{seen(case)}: more varied examples leave less to learn by heart and more to generalize from."
    if "mixup" in settings:
        alpha = settings["mixup"]
        return Advice(f"mixup with alpha {alpha}", why, _mixing(case, alpha))
    shift, turn = settings.get("shift"), settings.get("turn")
    names = [f"keras.layers.RandomTranslation({shift}, {shift})"] if shift else []
    names += [f"keras.layers.RandomRotation({turn})"] if turn else []
    names += ['keras.layers.RandomFlip("horizontal")'] if settings.get("mirror") else []
    written = ", ".join(one.removeprefix("keras.layers.") for one in names)
    return Advice(
        brief(written, f"{len(names)} random layers in front"),
        why,
        snippet(f"""
import keras

old = build_model()
varied = [{", ".join(names)}]  # in training only
model = keras.Sequential([keras.Input(x_train.shape[1:]), *varied, old])
model.compile_from_config(old.get_compile_config())
{fit_judged(case)}
"""),
    )


def _mixing(case: Case, alpha: float) -> str:
    size = "32" if case.settings is None else 'fit_arguments.get("batch_size", 32)'
    return snippet(f"""
import keras
import numpy as np

class Mixed(keras.utils.PyDataset):
    \"\"\"Pairs of examples mixed, as two weighted rows: the loss is that of mixed labels.\"\"\"

    def __len__(self):
        return -(-len(x_train) // {size})

    def __getitem__(self, at):
        random = np.random.default_rng()
        first, second = random.integers(len(x_train), size=(2, {size}))
        share = random.beta({alpha}, {alpha}, {size})
        x = share[:, None] * x_train[first] + (1 - share[:, None]) * x_train[second]
        y, weight = np.concatenate([y_train[first], y_train[second]]), 2 * np.concatenate([share, 1 - share])
        return np.concatenate([x, x]), y, weight

model = build_model()
model.fit(Mixed(), validation_data=(x_val, y_val), {asked(case)})
""")
