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

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import BUILT, fit, number, rate, snippet
from diagnose.techniques_reason import seen


@technique(area="learning", edits="model", source="Yosinski et al. (2014), How transferable are features")
def transfer_learning(case: Case) -> Advice:
    """Frozen features under a new head, then all of it at a tenth of the rate."""
    today = rate(case)
    slow = number(today / 10) if today else "1e-4"
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
