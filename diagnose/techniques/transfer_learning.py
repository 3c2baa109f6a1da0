"""Transfer learning: start from a model that has learnt a related problem.

What it changes
    The first layers come trained (frozen as a feature extractor, or as first weights); only the head is new.

When it helps
    Too few examples for a network from scratch: a wide gap, or validation no better than guessing. Images, text, sound.

Settings
    1. base.trainable = False, train the head. 2. Unfreeze, learning rate a tenth to a hundredth (1e-5), few epochs.
    Images: keras.applications.MobileNetV2(include_top=False, pooling="avg") with its own preprocess_input.

Risks
    Wrong preprocessing ruins it. Call the frozen base with training=False, or batch normalization destroys it.
    The first epoch after unfreezing may jump: that is the rate, lower it.

Sources
    Yosinski et al., How transferable are features in deep neural networks? (2014).
    Brownlee, Framework for Better Deep Learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import fit, number, rate, snippet
from diagnose.techniques_models import BUILT
from diagnose.techniques_reason import seen

if TYPE_CHECKING:
    from diagnose.recipes import Facts, Recipe, Settings

FEW = 1000  # rows under which a frozen feature extractor comes first


def _settings(facts: Facts, rule: str) -> Sequence[Settings]:
    from diagnose.recipes import CannotEdit

    if not facts.pretrained:
        raise CannotEdit("no saved model to start from: name one (pretrained = 'related.keras' in the experiment file)")
    return [{"tuned": one} for one in ((False, True) if facts.rows < FEW else (True, False))]


def _edit(recipe: Recipe, tuned: bool) -> Recipe:
    """The hidden layers that fit take the saved model's weights, frozen; tuned: later all is trained at a tenth."""
    from diagnose.recipes import CannotEdit, stages

    if recipe.pretrained is None:
        raise CannotEdit("no saved model to start from: name one (pretrained = 'related.keras')")
    return recipe.begun(lambda model, trained: stages.transferred(model, trained, tuned=tuned))


@technique(
    area="learning",
    edits="model",
    source="Yosinski et al. (2014), How transferable are features",
    edit=_edit,
    settings=_settings,
)
def transfer_learning(case: Case) -> Advice:
    """Frozen features under a new head, then all of it at a tenth of the rate."""
    today = rate(case)
    slow = number(today / 10) if today else "1e-4"
    if case.settings is not None:
        return _as_found(case, bool(case.settings["tuned"]), slow)
    return Advice(
        "pretrained base, frozen, with a new output layer",
        f"{seen(case)}: layers trained on a related problem bring what these examples are too few to teach.",
        snippet(f"""
import keras

related = model  # trained on a related problem: keras.models.load_model("related.keras"), keras.applications...
new = build_model()  # its output layer is the one you need
{BUILT.format(model="related", indent="")}
features = keras.Model(related.inputs, related.layers[-2].output)
features.trainable = False
head = type(new.layers[-1]).from_config({{**new.layers[-1].get_config(), "name": "new_head"}})
inputs = keras.Input(features.input_shape[1:])
combined = keras.Model(inputs, head(features(inputs, training=False)))
combined.compile_from_config(new.get_compile_config())
{fit(case, model="combined")}

features.trainable = True  # then all of it, in small steps
combined.compile_from_config(new.get_compile_config())
combined.optimizer.learning_rate = {slow}
{fit(case, model="combined")}
"""),
    )


def _as_found(case: Case, tuned: bool, slow: str) -> Advice:
    """What a re-run has done: layers of one type and shape, from the first on, take the saved weights."""
    then = f"""
for layer in taken:
    layer.trainable = True  # then all of it, in small steps
new.compile_from_config(new.get_compile_config())
new.optimizer.learning_rate = {slow}
{fit(case, model="new")}
"""
    return Advice(
        "the saved model's first layers, frozen" + (", then fine-tuned" if tuned else ""),
        f"{seen(case)}: layers trained on a related problem bring what these examples are too few to teach.",
        snippet(f"""
import keras

related = keras.models.load_model(pretrained)  # trained on a related problem
new = build_model()
{BUILT.format(model="new", indent="")}
taken = []
known = [layer for layer in related.layers if layer.weights]
for layer, its in zip([layer for layer in new.layers if layer.weights][:-1], known):  # not the output layer
    if type(layer) is not type(its) or [w.shape for w in layer.weights] != [w.shape for w in its.weights]:
        break
    layer.set_weights(its.get_weights())
    layer.trainable = False
    taken.append(layer)
new.compile_from_config(new.get_compile_config())
{fit(case, model="new")}
{then if tuned else ""}"""),
    )
