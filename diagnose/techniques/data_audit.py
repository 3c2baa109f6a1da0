"""Data audit: look at the inputs, the labels and the output layer before tuning anything.

What it changes
    Nothing yet: it finds NaN, labels that don't belong to their inputs, a wrong output layer, rows in both splits.
    A re-run leaves out the training and validation rows that hold NaN or Inf.

When it helps
    A loss at the level of guessing, a metric that never moves, results too good to be true, NaN from the start.

Settings
    Non-finite values: 0. Rows of validation that are also in training: 0. Class shares alike in both splits.
    32 examples must be learnt by heart (loss near 0) in some hundred epochs: if not, the program is wrong.

Risks
    Near-duplicates (the same patient, the same video) need a split by group; exact matching does not see them.

Sources
    Goodfellow, Bengio, Courville, Deep Learning (2016), 11.5 "Fit a tiny dataset".
    Kaufman et al., Leakage in Data Mining (2012). Northcutt et al., Pervasive Label Errors in Test Sets (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit_judged, snippet
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

BRIEFS = {
    "suspected-leak": "look for validation rows that are also in training",
    "validation-easier": "look for validation rows that are also in training",
    "diverging": "count NaN and Inf in x and y; look at their ranges",
}


def _edit(recipe: Recipe) -> Recipe:
    """Rows that hold NaN or Inf are left out of training and validation; nothing else in the data can be put right unseen."""
    from diagnose.recipes import rows

    return rows.without_gaps(recipe)


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if facts.finite:
        raise CannotEdit("every value in the training rows is finite: look at labels and rows by hand")
    return ({},)


@technique(
    area="learning",
    edits="data",
    source="Goodfellow, Bengio, Courville (2016), Deep Learning, 11.5",
    edit=_edit,
    settings=_settings,
)
def data_audit(case: Case) -> Advice:
    """Print what is in the data; nothing in it is changed."""
    if case.settings is not None:
        return _without_gaps(case)
    return Advice(
        BRIEFS.get(case.finding.rule, "check NaN, labels, output layer; overfit 32 examples"),
        f"{seen(case)}: faulty data or a wrong output layer look just like this, and no setting repairs them.",
        snippet("""
import numpy as np

for name, values in {"x_train": x_train, "y_train": y_train, "x_val": x_val, "y_val": y_val}.items():
    print(name, values.shape, values.dtype, "from", values.min(), "to", values.max(),
          "non-finite:", np.count_nonzero(~np.isfinite(values)))
rows = {row.tobytes() for row in np.ascontiguousarray(x_train)}
both = sum(row.tobytes() in rows for row in np.ascontiguousarray(x_val, x_train.dtype))
print("validation rows that are also in training:", both, "of", len(x_val), "(should be 0)")
print("labels:", *np.unique(y_train, return_counts=True), "and in validation:", *np.unique(y_val, return_counts=True))
if not model.built:
    model.build((None, *x_train.shape[1:]))
print("output:", model.output_shape, model.layers[-1].get_config().get("activation"), "loss:", model.loss)
print("first examples:", *zip(x_train[:5], y_train[:5]), sep="\\n")  # does each label belong to its input?

fresh = build_model()  # a sound program learns 32 examples by heart
print("loss on 32 examples:", fresh.fit(x_train[:32], y_train[:32], epochs=200, verbose=0).history["loss"][-1])
"""),
    )


def _without_gaps(case: Case) -> Advice:
    """What a re-run can do: rows left out."""
    return Advice(
        "leave out rows with NaN or Inf, or fill the gaps",
        f"{seen(case)}: one such row is enough to turn every weight into NaN.",
        snippet(f"""
import numpy as np

def whole(x, y):
    values = [np.asarray(one, "float64").reshape(len(one), -1) for one in (x, y)]
    return np.all([np.isfinite(one).all(axis=1) for one in values], axis=0)

rows, val_rows = whole(x_train, y_train), whole(x_val, y_val)
x_train, y_train, x_val, y_val = x_train[rows], y_train[rows], x_val[val_rows], y_val[val_rows]
model = build_model()
{fit_judged(case)}
"""),
    )
