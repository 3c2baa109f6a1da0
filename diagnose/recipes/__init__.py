"""One training as data: what is built, on which rows, with which arguments, how it predicts. Techniques edit it.

A technique's edit is a function ``Recipe, settings -> Recipe``; a recipe is never changed, only copied with a
difference, so edits can be put on top of one another. This module and agreement.py load no Keras; the others here do,
and are imported by the edits when they run, in the trial's own process.

    data.py      rows: parts, splits, samples drawn from them
    rows.py      the rows' order, batches and splits, streams among them
    scaling.py, augmenting.py, mixing.py, smoothing.py  what is done to rows, targets and labels
    stopping.py  when a fit ends
    compiled.py  how a model was compiled, and compiling it again with a difference
    roles.py     which layers are hidden, which make the outputs; tracing.py: the same of a subclassed model
    graph.py     a model put together anew; layers.py: with other or further layers
    settings.py  penalties, limits, activations and first weights, changed in place
    stages.py    what is trained before the training: layer by layer, or from a saved model
    agreement.py, outputs.py  whether loss, output and labels agree, and an output that does
    training.py  from a recipe to a trained predictor: one model, or several that predict together
    members.py, ensembles.py  members of an ensemble; those that are epochs of one training, or their average
    combining.py, blending.py  how predictions become one, and fitting that on held-out rows
    saving.py    writing down what predicts
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from diagnose.errors import DiagnoseError

if TYPE_CHECKING:
    from diagnose.recipes.data import Data
    from diagnose.recipes.training import Trained

Settings = Mapping[str, Any]
Edited = Callable[["Recipe", int], "Trained"]


class CannotEdit(DiagnoseError, ValueError):
    """A technique can't be applied to this model or data safely; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training.

    build      returns a new compiled Keras model; called once a member, after the seed was set
    data       training, validation and (hidden from every edit's choices) test rows
    arguments  of ``fit``, without data and callbacks: epochs, batch_size, class_weight...
    callbacks  each makes a callback for one fit, or None; it is given the recipe as it is trained
    before     each takes the model as it was built, and the recipe as it is trained, and gives the one that is fitted:
               a pretraining in stages
    finish     each takes the trained model and gives the one that predicts (targets brought back to their scale...)
    train      ``recipe, seed -> Trained``; None: one model, fitted once
    pretrained path of a saved model that the user gave to start from, or None
    notes      what an edit has to say of what it did, one sentence each
    seed       the trial's: what an edit draws, it draws from this
    """

    build: Callable[[], Any]
    data: Data
    arguments: Mapping[str, Any] = field(default_factory=dict)
    callbacks: tuple[Callable[[Recipe], Any], ...] = ()
    before: tuple[Callable[[Any, Recipe], Any], ...] = ()
    finish: tuple[Callable[[Any], Any], ...] = ()
    train: Edited | None = None
    pretrained: str | None = None
    notes: tuple[str, ...] = ()
    seed: int = 0

    @property
    def epochs(self) -> int:
        """As many as the user asks of ``fit``; Keras's default is 1."""
        return int(self.arguments.get("epochs", 1))

    @property
    def batch_size(self) -> int:
        """Rows a step: the argument of ``fit``, the dataset's own, or Keras's default of 32."""
        return int(self.data.train.batch_size or self.arguments.get("batch_size") or 32)

    def called(self, *kinds: str) -> str | None:
        """Which of these callback classes (or what is derived from it) the user's ``fit`` has; None: none of them."""
        given = self.arguments.get("callbacks") or ()
        own = given if isinstance(given, (list, tuple)) else [given]
        has = {base.__name__ for one in own for base in type(one).__mro__}
        return next((kind for kind in kinds if kind in has), None)

    def remodelled(self, edit: Callable[[Any], Any]) -> Recipe:
        """The model edited after it was built: ``edit`` takes and returns a compiled model."""
        return replace(self, build=_then(self.build, edit))

    def recompiled(self, **changes: Any) -> Recipe:
        """Compiled again with other arguments of ``compile``; a function is given the old value and returns the new."""
        return self.remodelled(lambda model: _compiled(model, changes))

    def fitted(self, **arguments: Any) -> Recipe:
        """With other arguments of ``fit``."""
        return replace(self, arguments={**self.arguments, **arguments})

    def watched(self, make: Callable[[Recipe], Any]) -> Recipe:
        """With one more callback, made anew for every fit."""
        return replace(self, callbacks=(*self.callbacks, make))

    def on(self, edit: Callable[[Data], Data]) -> Recipe:
        """On other rows. ``edit`` may use training and validation rows, never the test's."""
        return replace(self, data=edit(self.data))

    def begun(self, stage: Callable[[Any, Recipe], Any]) -> Recipe:
        """With one more stage between building and fitting."""
        return replace(self, before=(*self.before, stage))

    def finished(self, edit: Callable[[Any], Any]) -> Recipe:
        """With a last step that turns the trained model into the one that predicts."""
        return replace(self, finish=(*self.finish, edit))

    def trained(self, train: Edited) -> Recipe:
        """Trained another way: several members, or in stages."""
        return replace(self, train=train)

    def noted(self, *sentences: str) -> Recipe:
        """With a word on what was done."""
        return replace(self, notes=(*self.notes, *sentences))


def _then(build: Callable[[], Any], edit: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: edit(build())


def _compiled(model: Any, changes: Mapping[str, Any]) -> Any:
    from diagnose.recipes.compiled import recompile

    return recompile(model, **changes)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a training before a technique is tried on it: enough to choose settings, nothing of Keras.

    task           "classification" or "regression"
    classes        how many, None for quantities
    rows           of the training set; validation_rows of the validation set
    shape          of one input without its batch: (28, 28, 1); () where a model has several inputs
    batch_size     rows a step; epochs: asked for; best_epoch: 1-based, by validation loss
    waited         epochs in a row without a new best, before the best one
    optimizer      name in lower case; learning_rate: the one it starts with, None where a schedule rules it
    momentum       of an SGD, else 0; clipped: whether gradients are clipped
    loss           name of the compiled loss
    layers         class names of all layers, nested ones too
    activations    of the hidden layers
    output         name of the last activation
    editable       whether the layers stand in a graph that can be put together anew (of a subclass: can be traced)
    pretrained     whether the user gave a saved model
    shuffled       whether ``fit`` shuffles; it never does so with a stream
    head           the one output, its loss and targets: the fields of diagnose.inside.Head; {} where there are several
    finite         whether the training rows hold neither NaN nor Inf
    ran            epochs that the training lasted; 0: not known
    scaled, targets_scaled  inputs, and quantities to predict, near mean 0 and deviation 1 (or inside 0...1)
    nested         parts of the model that are models
    """

    task: str = "classification"
    classes: int | None = None
    rows: int = 0
    validation_rows: int = 0
    shape: tuple[int, ...] = ()
    batch_size: int = 32
    epochs: int = 1
    best_epoch: int = 1
    waited: int = 0
    optimizer: str = ""
    learning_rate: float | None = None
    momentum: float = 0.0
    clipped: bool = False
    loss: str = ""
    layers: tuple[str, ...] = ()
    activations: tuple[str, ...] = ()
    output: str = ""
    editable: bool = True
    pretrained: bool = False
    shuffled: bool = True
    scaled: bool = True
    targets_scaled: bool = True
    nested: bool = False
    head: Mapping[str, Any] = field(default_factory=dict)
    finite: bool = True
    ran: int = 0

    def has(self, *kinds: str) -> bool:
        """Whether a layer of one of these classes is in the model."""
        return any(kind in self.layers for kind in kinds)

    @property
    def images(self) -> bool:
        """Whether an input is a picture: height, width, at most four channels."""
        return len(self.shape) == 3 and self.shape[-1] <= 4 and min(self.shape[:2]) >= 8

    @property
    def patience(self) -> int:
        """Epochs for early stopping to wait."""
        from diagnose.evidence.waiting import patience

        return patience(self.epochs, self.waited)

    @property
    def deep(self) -> bool:
        """Whether there is a hidden layer at all."""
        return bool(self.activations)
