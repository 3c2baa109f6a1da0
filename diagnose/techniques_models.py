"""Pieces of the code that techniques give: edits of a model's layers, and several models made one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagnose.techniques_code import fit, setting, snippet

if TYPE_CHECKING:
    from diagnose.techniques import Case

BUILT = """\
if not {model}.built:
    {indent}{model}.build((None, *x_train.shape[1:]))"""
OLD = "old = build_model()\n" + BUILT.format(model="old", indent="")
# `change` calls each layer; a Sequential model has no calls to change
REBUILT = """\
inputs, outputs = (one if len(one) > 1 else one[0] for one in (old.inputs, old.outputs))
model = keras.models.clone_model(keras.Model(inputs, outputs), call_function=change)"""
OTHER_LOSS = """\
settings = keras.saving.deserialize_keras_object(model.get_compile_config())
model.compile(**{{**settings, "loss": {loss}}})  # optimizer and metrics stay"""
HIDDEN = """\
output = max(place for place, layer in enumerate(old.layers) if layer.weights)
hidden = {layer.name for layer in old.layers[:output]}  # the output layer stays as it is
"""


def changed_layers(case: Case, by_hand: str, test: str, change: str, *, output: bool = False) -> str:
    """Code that rebuilds the user's model with other settings in its hidden layers (and in the output layer).

    by_hand  the same change as the user would write it in a layer
    test     which layers, an expression over ``layer`` and its ``settings``
    change   a statement that changes ``settings``
    """
    where = test if output else f"layer.name in hidden and {test}"
    return snippet(f"""
import keras

# by hand: {by_hand}
{OLD}
{"" if output else HIDDEN}
def change(layer):
    settings = layer.get_config()
    if {where}:
        {change}
    return type(layer).from_config(settings)

model = keras.models.clone_model(old, clone_function=change)  # with new weights
model.compile_from_config(old.get_compile_config())
{fit(case)}
""")


def added_layers(case: Case, by_hand: str, layer: str, stop: str = "") -> str:
    """Code that rebuilds the user's model with one more layer behind each hidden one.

    ``stop`` is a callback to fit with, as an expression.
    """
    fitted = f"stop = {stop}\n{fit(case, callbacks='stop')}" if stop else fit(case)
    return snippet(f"""
import keras

# by hand: {by_hand}
{OLD}
{HIDDEN}
def change(layer, *args, **kwargs):
    outputs = layer(*args, **kwargs)
    if layer.name in hidden and hasattr(layer, "kernel_regularizer"):  # not behind pooling, flattening and the like
        outputs = {layer}(outputs)
    return outputs

{REBUILT}
model.compile_from_config(old.get_compile_config())
{fitted}
""")


# Members that are whole Keras models become one: a single .keras file, judged by the user's own loss and metrics.
ONE_MODEL = """\
for number, member in enumerate(members):
    member.name = f"member_{number}"  # names inside one model must differ
inputs = keras.Input(members[0].input_shape[1:])
"""
AVERAGED = (
    ONE_MODEL
    + """\
ensemble = keras.Model(inputs, keras.layers.average([member(inputs) for member in members]))
ensemble.compile_from_config(members[0].get_compile_config())
print(ensemble.evaluate(x_val, y_val, return_dict=True))
ensemble.save("ensemble.keras")"""
)


def seeded_members(case: Case) -> str:
    """Models from five seeds (or as many as a re-run found), trained as long as the case's run, in ``members``."""
    return f"""members = []
for seed in range({setting(case, "members", 5)}):
    keras.utils.set_random_seed(seed)
    members.append(build_model())
    {fit(case, more=", verbose=0", model="members[-1]")}
"""
