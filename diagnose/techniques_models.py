"""Pieces of the code that techniques give: edits of a model's layers, and several models made one."""

from __future__ import annotations

from textwrap import indent
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
# What is a layer of its own behind a kernel belongs to it: its normalization, its activation.
BLOCKS = """\
blocks, block = {}, None  # a layer that has a kernel, and the normalization and activation behind it
for layer in old.layers:
    if "kernel_initializer" in str(layer.get_config()) and not isinstance(layer, keras.Model):
        blocks[layer.name] = block = [layer]
    elif block and type(layer).__name__.endswith(("Activation", "LU", "Normalization")):
        block.append(layer)
    else:
        block = None
"""


def changed_layers(
    case: Case, by_hand: str, test: str, change: str, *, output: bool = False, blocks: bool = False
) -> str:
    """Code that rebuilds the user's model with other settings in its hidden layers (and in the output layer).

    by_hand  the same change as the user would write it in a layer
    test     which layers, an expression over ``layer`` and its ``settings``: of a wrapper (Bidirectional,
             TimeDistributed) those of the layer inside
    change   statements that change ``settings``
    blocks   whether it needs ``blocks``, the layers that belong together
    """
    where = test if output else f"layer.name in hidden and {test}"
    return snippet(f"""
import keras

# by hand: {by_hand}
{OLD}
{"" if output else HIDDEN}{BLOCKS if blocks else ""}
def change(layer):
    whole = layer.get_config()
    inner = [whole[part] for part in ("layer", "backward_layer") if part in whole]  # of Bidirectional and the like
    for one in inner:
        one.pop("build_config", None)  # shapes as they were
    for settings in [one["config"] for one in inner] or [whole]:
        if {where}:
            {indent(change, 12 * " ").lstrip()}
    return type(layer).from_config(whole)

model = keras.models.clone_model(old, clone_function=change)  # with new weights
model.compile_from_config(old.get_compile_config())
{fit(case)}
""")


def added_layers(case: Case, by_hand: str, layer: str, stop: str = "") -> str:
    """Code that rebuilds the user's model with one more layer behind each hidden one.

    layer  makes it, an expression; ``kernel`` is the hidden layer
    stop   is a callback to fit with, as an expression
    """
    fitted = f"stop = {stop}\n{fit(case, callbacks='stop')}" if stop else fit(case)
    return snippet(f"""
import keras

# by hand: {by_hand}
{OLD}
{HIDDEN}{BLOCKS}ends = {{block[-1].name: block[0] for block in blocks.values() if block[0].name in hidden}}

def change(layer, *args, **kwargs):
    outputs = layer(*args, **kwargs)
    if kernel := ends.get(layer.name):
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
