"""Adaptive optimizer: Adam, or SGD with momentum, instead of plain SGD.

What it changes
    Every weight gets its own step size from the history of its gradients (Adam), or steps gather speed in a lasting
    direction (momentum).

When it helps
    Slow or stuck learning with plain SGD, features on different scales, sparse inputs, deep networks.

Settings
    Adam(learning_rate=0.001); SGD(learning_rate=0.01, momentum=0.9). Try both, each with its own rate search.

Risks
    Adam can overfit sooner than tuned SGD. The old optimizer's learning rate does not carry over: start at the default.

Sources
    Kingma and Ba, Adam: A Method for Stochastic Optimization (2015).
    Sutskever et al., On the importance of initialization and momentum in deep learning (2013).
"""

from __future__ import annotations

from diagnose.techniques import Advice, Case, technique
from diagnose.techniques_code import best, fit, metrics, snippet
from diagnose.techniques_reason import seen


@technique(area="learning", edits="compile", source="Kingma and Ba (2015), Adam")
def adaptive_optimizer(case: Case) -> Advice:
    """Adam and SGD with momentum, each at its own default rate."""
    return Advice(
        "Adam(learning_rate=0.001), or SGD(0.01, momentum=0.9)",
        f"{seen(case)}: step sizes that fit each weight, or momentum, get through where one plain rate does not.",
        snippet(f"""
import keras

candidates = {{
    "Adam": lambda: keras.optimizers.Adam(learning_rate=0.001),
    "momentum": lambda: keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, nesterov=True),
}}
for name, optimizer in candidates.items():
    keras.utils.set_random_seed(1)
    model = build_model()
    model.compile(optimizer(), loss=model.loss, metrics={metrics(case)})
    history = {fit(case, more=", verbose=0")}
    print(name, {best(case)})
"""),
    )
