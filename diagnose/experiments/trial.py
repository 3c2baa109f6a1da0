"""One trial: a training from one seed with zero or more techniques put on top of it, its predictions scored."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from diagnose._version import __version__
from diagnose.errors import NoHistory, UsageError
from diagnose.experiments.experiment import Experiment
from diagnose.recipes import CannotEdit, Facts, Recipe, Settings

Step = tuple[str, Settings]  # a technique's slug and its settings
SAMPLE = 256  # rows with which the inside of the model is looked at
SAVING = ".saving-"  # beginning of a name under which a model is written until it is whole
FIRST = ("data-audit", "resplit")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a trial found: JSON all through. One is only equal to itself, so that what follows from it can be remembered.

    choice     scores by name on the rows that settings are chosen by (validation)
    verdict    scores by name on rows that chose nothing (test); None where one can't be computed
    no_skill   verdict scores of a prediction that has seen nothing but the training targets
    run        the first fit as the callback saves it, with what was seen inside the model: it is judged like any history
    metric     name of the score that decides
    failed     why the training could not be made or scored, in one line; everything else is then empty
    unfit      it was not even tried: the technique doesn't fit this training
    rows       checksum of what ``load_data`` gave
    """

    choice: Mapping[str, float | None] = field(default_factory=dict)
    verdict: Mapping[str, float | None] = field(default_factory=dict)
    no_skill: Mapping[str, float | None] = field(default_factory=dict)
    run: Mapping[str, Any] | None = None
    metric: str = "loss"
    nested: bool = False
    seconds: float = 0.0
    epochs: int = 0
    notes: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    failed: str | None = None
    unfit: bool = False
    rows: str = ""

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
    from diagnose.recipes.rows import checksum
    from diagnose.recipes.scoring import Scorer, chosen

    keras.utils.set_random_seed(seed)
    begun = time.monotonic()
    base = replace(recipe_of(experiment), seed=seed)
    scorer = Scorer(base.build(), metric, base.data.train)
    recipe = edited(base, steps)
    seen: list[Any] = []
    trained = training.train(recipe.watched(lambda one: _watching(one, seen)), seed)
    held = recipe.data.choice or base.data.validation
    choice = scorer.score(trained.predict(held.x) if trained.crossed is None else trained.crossed, held)
    predicted = trained.predict(base.data.test.x)
    verdict = scorer.score(predicted, base.data.test)
    return Outcome(
        choice=choice,
        verdict=verdict,
        no_skill={} if steps else _guessed(scorer, predicted, base),
        run=_saved(seen),
        metric=chosen(verdict, metric),
        nested=base.data.nested,
        seconds=round(time.monotonic() - begun, 3),
        epochs=sum(len(next(iter(one.values()), ())) for one in trained.histories),
        notes=(*recipe.notes, *trained.notes),
        versions=versions(),
        facts=_facts(recipe, trained) if seed == 0 or not steps else {},
        model=None if save is None else _kept(trained, Path(save)),
        rows=checksum(base.data),
    )


def _kept(trained: Any, path: Path) -> str:
    """Save what predicts, so that under its name there is never half a model."""
    from diagnose.recipes import training

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=SAVING, dir=path.parent) as folder:
        made = training.save(trained, Path(folder), path.name)
        target = path.parent / made.name
        if target.is_dir():
            shutil.rmtree(target)
        made.replace(target)
    return str(target)


@dataclass(frozen=True, slots=True)
class Probe:
    """What is known before anything is trained.

    metric, direction  the score that decides, and which way it is better (None: nobody can tell)
    nested             there is no test set
    rows               of training, choice and verdict
    epoch_seconds      of one epoch of the baseline, None where it was not timed
    """

    metric: str
    direction: str | None
    nested: bool
    rows: tuple[int, int, int]
    epochs: int
    epoch_seconds: float | None = None


def probe(experiment: Experiment, metric: str | None = None, timed: bool = False) -> Probe:
    """Load the experiment, build its model and score it untrained: what can't run is found before hours have passed.

    timed: train two epochs, too, and give the second one's time. Raises UsageError.
    """
    import keras

    from diagnose.recipes import training
    from diagnose.recipes.scoring import Scorer, chosen

    keras.utils.set_random_seed(0)
    base = recipe_of(experiment)
    try:
        model = base.build()
        scorer = Scorer(model, metric, base.data.train)
    except CannotEdit as error:
        raise UsageError(str(error)) from error
    if strange := training.unknown(model, base.arguments):
        raise UsageError(f"fit_arguments: expected arguments of model.fit, found {', '.join(strange)}")
    rows = base.data.test.take(slice(None, SAMPLE))
    name = chosen(scorer.score(training.predict(model, rows.x), rows), metric)
    data, seconds = base.data, None
    if timed:
        training.fit(model, base, epochs=1)
        begun = time.monotonic()
        training.fit(model, base, epochs=1)
        seconds = time.monotonic() - begun
    counts = (data.train.rows, data.validation.rows, data.test.rows)
    return Probe(name, _direction(model, name), data.nested, counts, base.epochs, seconds)


def _direction(model: Any, name: str) -> str | None:
    from diagnose.callback import _directions
    from diagnose.metrics import identify

    return "min" if name == "loss" else _directions(model).get(name) or identify(name).direction


def recipe_of(experiment: Experiment) -> Recipe:
    """The user's training as a recipe. Raises UsageError for an experiment that can't run."""
    import keras

    from diagnose.recipes.data import gathered

    loaded = experiment.load()
    data, arguments = gathered(loaded.data, loaded.arguments)
    shapes = data.train.x

    def build() -> Any:
        model = loaded.build_model()
        if not isinstance(model, keras.Model):
            raise UsageError(f"build_model(): expected a compiled Keras model, found {type(model).__name__}")
        _built(model, shapes)
        return model

    return Recipe(build, data, arguments, pretrained=loaded.pretrained)


def _built(model: Any, x: Any) -> None:
    """A model without an Input gets its layers' weights here, so that an edit sees them: by its shape, or by one row."""
    import keras

    if isinstance(model, keras.Sequential) and not model.built and not isinstance(x, (dict, list, tuple)):
        model.build((None, *x.shape[1:]))
    elif not model.built:
        model(keras.tree.map_structure(lambda one: keras.ops.convert_to_tensor(one[:1]), x))


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


def _watching(recipe: Recipe, seen: list[Any]) -> Any:
    """The callback that keeps the history and looks inside, for the first of several fits."""
    if seen:
        return None
    from diagnose.callback import DiagnoseCallback

    train = recipe.data.train.take(slice(None, SAMPLE))
    callback = DiagnoseCallback(verbose=0, inspect=True, sample=(train.x, train.y))
    seen.append(callback)
    return callback


def _saved(seen: Sequence[Any]) -> dict[str, Any] | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        try:
            seen[0].save(path)
        except (IndexError, NoHistory):  # nothing was fitted, or not one epoch
            return None
        found: dict[str, Any] = json.loads(path.read_text())
        return found


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
