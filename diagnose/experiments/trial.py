"""One trial: a training from one seed with zero or more techniques put on top of it, its predictions scored."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from diagnose._version import __version__
from diagnose.experiments.experiment import Experiment
from diagnose.recipes import CannotEdit, Facts, Recipe, Settings

Step = tuple[str, Settings]  # a technique's slug and its settings
FIRST = ("data-audit", "resplit")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial found: JSON all through.

    choice     scores by name on the rows that settings are chosen by (validation)
    verdict    scores by name on rows that chose nothing (test); None where one can't be computed
    no_skill   verdict scores of a prediction that has seen nothing but the training targets
    histories  one dict of lists a fit
    metric     name of the score that decides
    failed     why the training could not be made or scored, in one line; everything else is then empty
    """

    choice: Mapping[str, float | None] = field(default_factory=dict)
    verdict: Mapping[str, float | None] = field(default_factory=dict)
    no_skill: Mapping[str, float | None] = field(default_factory=dict)
    histories: Sequence[Mapping[str, Sequence[Any]]] = ()
    metric: str = "loss"
    nested: bool = False
    seconds: float = 0.0
    epochs: int = 0
    notes: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    failed: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    def known(self) -> Facts:
        """The facts; tuples again after a way through JSON."""
        given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in self.facts.items()}
        return Facts(**given)


def run(
    experiment: Experiment,
    steps: Sequence[Step],
    seed: int,
    metric: str | None = None,
    save: str | None = None,
) -> Outcome:
    """Train once and score: the techniques of ``steps`` on top of the user's training, in this order.

    seed    of everything that is random
    metric  the score that decides; None: the first compiled metric, else the loss
    save    a path without suffix: what predicts is kept there
    Raises UsageError for an experiment that can't run, CannotEdit for a technique that doesn't fit.
    """
    import keras

    from diagnose.recipes import training
    from diagnose.recipes.scoring import Scorer, chosen

    keras.utils.set_random_seed(seed)
    begun = time.monotonic()
    base = replace(recipe_of(experiment), seed=seed)
    scorer = Scorer(base.build(), metric, base.data.train)
    recipe = edited(base, steps)
    trained = training.train(recipe, seed)
    held = recipe.data.choice or base.data.validation
    choice = scorer.score(trained.predict(held.x), held)
    predicted = trained.predict(base.data.test.x)
    verdict = scorer.score(predicted, base.data.test)
    folder = None if save is None else Path(save)
    return Outcome(
        choice=choice,
        verdict=verdict,
        no_skill={} if steps else _guessed(scorer, predicted, base),
        histories=_finite(trained.histories),
        metric=chosen(verdict, metric, True),
        nested=base.data.nested,
        seconds=round(time.monotonic() - begun, 3),
        epochs=sum(len(next(iter(one.values()), ())) for one in trained.histories),
        notes=(*recipe.notes, *trained.notes),
        versions=versions(),
        facts={} if steps else _facts(base, trained),
        model=None if folder is None else str(training.save(trained, folder.parent, folder.name)),
    )


def recipe_of(experiment: Experiment) -> Recipe:
    """The user's training as a recipe. Raises UsageError for an experiment that can't run."""
    from diagnose.recipes.data import gathered

    loaded = experiment.load()
    data, arguments = gathered(loaded.data, loaded.arguments)
    shapes = data.train.x

    def build() -> Any:
        model = loaded.build_model()
        _built(model, shapes)
        return model

    return Recipe(build, data, arguments, pretrained=loaded.pretrained)


def _built(model: Any, x: Any) -> None:
    """A Sequential model without an Input gets its layers' weights here; others build themselves."""
    import keras

    if isinstance(model, keras.Sequential) and not model.built and not isinstance(x, (dict, list, tuple)):
        model.build((None, *x.shape[1:]))


def edited(recipe: Recipe, steps: Sequence[Step]) -> Recipe:
    """The recipe with the techniques put on top of it, one after another. Raises CannotEdit.

    What draws other rows comes first: the others measure the rows they find, and change their scale.
    """
    from diagnose import techniques

    for slug, settings in sorted(steps, key=lambda step: step[0] not in FIRST):
        one = techniques.get(slug)
        if one.edit is None:
            raise CannotEdit(f"{slug} is not something a training can be repeated with")
        recipe = one.edit(recipe, **settings)
    return recipe


def _facts(recipe: Recipe, trained: Any) -> dict[str, Any]:
    from diagnose.experiments.facts import facts_of

    return asdict(facts_of(recipe, trained.histories[0]))


def _guessed(scorer: Any, predicted: Any, recipe: Recipe) -> dict[str, float | None]:
    test = recipe.data.test
    found: dict[str, float | None] = scorer.score(scorer.guess(predicted), test)
    return found


def _finite(histories: Sequence[Mapping[str, Sequence[float]]]) -> list[dict[str, list[Any]]]:
    """NaN and Inf as words, which JSON has: they are what a diverged run is known by."""
    return [
        {name: [one if math.isfinite(one) else str(one) for one in values] for name, values in history.items()}
        for history in histories
    ]


def versions() -> dict[str, str]:
    """Of everything that a result may depend on."""
    import keras
    import numpy

    backend = keras.backend.backend()
    module = __import__({"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}.get(backend, "numpy"))
    return {
        "diagnose": __version__,
        "python": platform.python_version(),
        "keras": keras.__version__,
        backend: str(module.__version__),
        "numpy": numpy.__version__,
    }
