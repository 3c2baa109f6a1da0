"""Dropout: switch off random units in training.

What it changes
    In each training step a share of a layer's outputs is set to 0 and the rest scaled up; all work in inference.

When it helps
    Overfitting of a network that is large enough. With early stopping.

Settings
    0.5 for hidden layers, 0.2 for inputs or small networks. Widen the layer by 1 / (1 - rate). Recurrent: dropout=0.2.
    Behind convolutions whole maps, SpatialDropout2D(0.2): neighbouring pixels tell what a single one would hide.

Risks
    Training needs longer, and its loss is inflated: validation may look better than training. With batch
    normalization only in front of the output layer, behind the last normalization. Never behind the output layer.

Sources
    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).
    Tompson et al., Efficient Object Localization Using Convolutional Networks (2015), for SpatialDropout.
    Li et al., Understanding the Disharmony between Dropout and Batch Normalization (2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import boosters, fit, number, patience, snippet, validated, watch
from diagnose.techniques_models import OLD, REBUILT, added_layers
from diagnose.techniques_reason import boosts, cause, library, seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

SPATIAL = 0.2  # at most, behind convolutions: whole feature maps are dropped

NAMES = """\
lightgbm = hasattr(build_booster(), "num_leaves")
names = ("boosting_type", "dart", "drop_rate") if lightgbm else ("booster", "dart", "rate_drop")
"""


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    """Where: "each" hidden layer; in front of the "output" where there is batch normalization; or the "old" dropout."""
    from diagnose.recipes import CannotEdit

    if not facts.deep:
        raise CannotEdit("the model has no hidden layer whose units could be dropped")
    where = "old" if facts.has("Dropout") else "output" if facts.has("BatchNormalization") else "each"
    if where != "old" and not facts.editable:
        raise CannotEdit("the model is a subclass whose layers stand in its own code: call a Dropout layer there")
    only_maps = any("Conv" in one for one in facts.layers) and facts.layers.count("Dense") <= 1
    rates = (0.5, 0.3) if where == "old" else (SPATIAL, 0.1) if where == "each" and only_maps else (0.5, 0.2)
    return [{"rate": rate, "where": where, "patience": facts.patience} for rate in rates]


def _edit(recipe: Recipe, rate: float, patience: int, where: str = "each") -> Recipe:
    """Behind each hidden layer's activation, with early stopping; of convolutions whole maps, fewer of them."""
    import keras

    from diagnose.recipes import layers, settings

    def dropped(layer: object) -> object:
        return layers.dropout(layer, rate, min(rate, SPATIAL))

    edits = {
        "each": lambda model: layers.inserted(model, layers.hidden(model), dropped),
        "output": lambda model: layers.inserted(model, layers.outputs(model), dropped, ahead=True),
        "old": lambda model: settings.raised(model, rate),
    }
    return recipe.remodelled(edits[where]).watched(
        lambda _: keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True)
    )


@technique(
    area="generalization",
    edits="model",
    source="Srivastava et al. (2014), Dropout",
    edit=_edit,
    settings=_settings,
)
def dropout(case: Case) -> Advice:
    """Half of every hidden layer's outputs, with early stopping."""
    if boosts(case):
        return _of_trees(case)
    if case.settings is not None:
        return _as_found(case, case.settings)
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


def _as_found(case: Case, found: Settings) -> Advice:
    """What a re-run has found: the very layers that it put in."""
    rate, where = number(found["rate"]), found["where"]
    stop = f"keras.callbacks.EarlyStopping({watch(case)}, patience={found['patience']}, restore_best_weights=True)"
    why = f"{seen(case)}: units that must do without one another cannot conspire to learn single examples by heart."
    if where == "each":
        one = f"""(
            getattr(keras.layers, f"SpatialDropout{{kernel.rank}}D")({min(found["rate"], SPATIAL)})
            if hasattr(kernel, "rank")  # a convolution
            else keras.layers.Dropout({rate})
        )"""
        code = added_layers(case, f"layers.Dropout({rate}) behind each hidden layer", one, stop=stop)
        return Advice(f"Dropout({rate}) behind hidden layers, with early stopping", why, code)
    change = _RAISED if where == "old" else _IN_FRONT
    place = "for the dropout that is there" if where == "old" else "in front of the output"
    code = (
        change.replace("RATE", rate).replace("OLD", OLD).replace("REBUILT", REBUILT)
        + f"stop = {stop}\n{fit(case, callbacks='stop')}\n"
    )
    return Advice(f"Dropout({rate}) {place}", why, snippet(code))


_RAISED = """
import keras

model = build_model()
for layer in model.layers:
    if type(layer) is keras.layers.Dropout:
        layer.rate = max(layer.rate, RATE)
model.compile_from_config(model.get_compile_config())
"""
_IN_FRONT = """
import keras

# by hand: layers.Dropout(RATE) in a line of its own in front of the output layer
OLD
output = [layer.name for layer in old.layers if hasattr(layer, "kernel")][-1]

def change(layer, *args, **kwargs):
    if layer.name == output:
        args = (keras.layers.Dropout(RATE)(args[0]), *args[1:])
    return layer(*args, **kwargs)

REBUILT
model.compile_from_config(old.get_compile_config())
"""


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
