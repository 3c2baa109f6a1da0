"""The rows of a training: what the user's ``load_data`` gave, in one form, and other samples drawn from it.

Arrays may be nested (dicts, lists) where a model has several inputs or outputs; every array's first axis is the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from diagnose.errors import UsageError
from diagnose.recipes import CannotEdit

Tree = Any  # of NumPy arrays
LIMIT = 4 * 2**30  # bytes of rows that are held in memory
HELD_OUT = 0.2  # of the training rows, where the user gave no validation rows


@dataclass(frozen=True, slots=True)
class Part:
    """Rows: ``x``, ``y`` and weights (or None), each a tree of arrays with one row an example.

    stream: what ``fit`` is given instead of the arrays, where the user's data are a stream with a life of its own
    (shuffling, augmentation); batch_size: the stream's.
    """

    x: Tree
    y: Tree
    weight: Any = None
    stream: Any = None
    batch_size: int | None = None

    @property
    def rows(self) -> int:
        """How many examples."""
        return len(keras.tree.flatten(self.x)[0])

    def take(self, rows: Any) -> Part:
        """These rows (indices or a mask), as arrays."""
        return self.map(lambda one: one[rows])

    def map(self, change: Callable[[Any], Any]) -> Part:
        """Every array changed; rows stay together. The stream is left: it would show the old rows."""
        mapped = keras.tree.map_structure
        weight = None if self.weight is None else change(self.weight)
        return Part(mapped(change, self.x), mapped(change, self.y), weight, None, self.batch_size)

    def with_x(self, x: Tree) -> Part:
        """Other inputs for the same targets."""
        return replace(self, x=x, stream=None)

    def with_y(self, y: Tree) -> Part:
        """Other targets for the same inputs."""
        return replace(self, y=y, stream=None)

    @property
    def array(self) -> Any:
        """The inputs of a model with one input. Raises CannotEdit for several."""
        flat = keras.tree.flatten(self.x)
        if len(flat) != 1:
            raise CannotEdit(f"the model has {len(flat)} inputs, and this edit is for one")
        return flat[0]

    @property
    def targets(self) -> Any:
        """The targets of a model with one output. Raises CannotEdit for several."""
        flat = keras.tree.flatten(self.y)
        if len(flat) != 1:
            raise CannotEdit(f"the model has {len(flat)} outputs, and this edit is for one")
        return flat[0]


@dataclass(frozen=True, slots=True)
class Data:
    """Training, validation and test rows.

    nested  there was no test set, and half of the validation rows is it
    choice  the validation rows on their own scale, whatever an edit makes of their values: by their score settings are
            chosen, and on them combinations of members are fitted; None: they are as they are
    """

    train: Part
    validation: Part
    test: Part
    nested: bool = False
    choice: Part | None = None

    def only(self, train: Part, validation: Part | None = None) -> Data:
        """Other values in the training (and validation) rows; the test rows stay what they are."""
        return replace(self, train=train, validation=validation or self.validation)

    def redrawn(self, train: Part, validation: Part) -> Data:
        """Other rows to train and to choose on, drawn from the pool."""
        return replace(self, train=train, validation=validation, choice=validation)

    @property
    def pool(self) -> Part:
        """Training and validation rows together: what an edit may split anew."""
        return joined(self.train, self.validation)

    def labels(self) -> Any:
        """The pool's classes, one integer a row, or None for quantities and for several outputs."""
        return classes_of(self.pool.y)


def joined(first: Part, second: Part) -> Part:
    """The rows of both, the first one's first."""

    def both(a: Any, b: Any) -> Any:
        return np.concatenate([a, b])

    weights = (first.weight, second.weight)
    weight = None
    if any(one is not None for one in weights):
        full = [
            np.ones(part.rows) if one is None else one for part, one in zip((first, second), weights, strict=True)
        ]  # fmt: skip
        weight = np.concatenate(full)
    mapped = keras.tree.map_structure
    return Part(mapped(both, first.x, second.x), mapped(both, first.y, second.y), weight, None, first.batch_size)


def classes_of(y: Tree) -> Any:
    """Integer classes of the targets: of integers, of 0 and 1 in floats, of one-hot rows; None for anything else."""
    flat = keras.tree.flatten(y)
    if len(flat) != 1:
        return None
    values = np.asarray(flat[0])
    if values.ndim == 2 and values.shape[1] > 1:
        hot = np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all()
        return values.argmax(axis=1) if hot else None
    values = values.reshape(len(values), -1)
    if values.shape[1] != 1:
        return None
    column = values[:, 0]
    if column.dtype.kind in "biu":
        few = len(np.unique(column)) <= max(2, len(column) // 2)
        return column.astype(int) if few else None
    whole = np.isfinite(column).all() and (column == np.round(column)).all()
    return column.astype(int) if whole and len(np.unique(column)) <= 2 else None


def split_rows(part: Part, share: float, seed: int, labels: Any = None) -> tuple[Any, Any]:
    """Row indices of two random parts, the second with ``share`` of the rows; stratified where classes are given."""
    random = np.random.default_rng(seed)
    groups = [np.arange(part.rows)] if labels is None else [np.flatnonzero(labels == one) for one in np.unique(labels)]
    second = []
    # the rounding of many small classes must not add up: each takes what brings the whole nearest to its share
    owed = 0.0
    for group in groups:
        owed += share * len(group)
        count = min(len(group), max(0, round(owed)))
        owed -= count
        second.append(random.permutation(group)[:count])
    chosen = np.sort(np.concatenate(second))
    if not 0 < len(chosen) < part.rows:
        raise UsageError(f"expected enough rows to split, found {part.rows}")
    first = np.setdiff1d(np.arange(part.rows), chosen)
    return random.permutation(first), random.permutation(chosen)


def folds(part: Part, many: int, seed: int) -> list[Any]:
    """Row indices in so many random folds of one size, every class spread over all of them."""
    order = np.random.default_rng(seed).permutation(part.rows)
    labels = classes_of(part.y)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    return [order[at::many] for at in range(many) if len(order[at::many])]


def gathered(loaded: Any, arguments: Mapping[str, Any]) -> tuple[Data, dict[str, Any]]:
    """The data in one form, and the arguments of ``fit`` that are left.

    loaded: what ``load_data()`` returned: (train, validation), (train, validation, test) or a dict of these names;
    each ``(x, y)``, ``(x, y, weights)`` or a dataset. A validation set given or split off in the arguments is honoured
    as Keras does it: the last rows, before any shuffling. Raises UsageError with what was expected and found.
    """
    left = dict(arguments)
    parts = _named(loaded)
    train = _part(parts["train"], "train", left.pop("sample_weight", None))
    split, given = left.pop("validation_split", None), left.pop("validation_data", None)
    validation = parts.get("validation", given)
    if validation is not None:
        held = _part(validation, "validation")
    elif split:
        cut = int(train.rows * (1 - split))
        train, held = train.take(slice(None, cut)), train.take(slice(cut, None))
    else:
        kept, out = split_rows(train, HELD_OUT, 0, classes_of(train.y))
        train, held = train.take(kept), train.take(out)
    if parts.get("test") is not None:
        return Data(train, held, _part(parts["test"], "test"), choice=held), left
    first, second = split_rows(held, 0.5, 0, classes_of(held.y))
    chosen = held.take(first)
    return Data(train, chosen, held.take(second), nested=True, choice=chosen), left


def _named(loaded: Any) -> dict[str, Any]:
    names = ("train", "validation", "test")
    if isinstance(loaded, Mapping):
        if "train" not in loaded or not set(loaded) <= set(names):
            raise UsageError(f"load_data(): expected the keys train, validation and test, found {', '.join(loaded)}")
        return {name: part for name, part in loaded.items() if part is not None}
    if isinstance(loaded, (tuple, list)) and 1 <= len(loaded) <= 3:
        if len(loaded) > 1 and all(hasattr(one, "shape") for one in loaded):  # (x, y) alone
            return {"train": loaded}
        return {name: part for name, part in zip(names, loaded, strict=False) if part is not None}
    if _is_stream(loaded):
        return {"train": loaded}
    found = f"{len(loaded)} parts" if isinstance(loaded, (tuple, list)) else type(loaded).__name__
    raise UsageError(f"load_data(): expected (train, validation) or (train, validation, test), found {found}")


def _is_stream(one: Any) -> bool:
    return not isinstance(one, (tuple, list, Mapping)) and (hasattr(one, "__iter__") or hasattr(one, "__getitem__"))


def _part(given: Any, name: str, weight: Any = None) -> Part:
    if isinstance(given, (tuple, list)) and len(given) in (2, 3):
        x, y = (keras.tree.map_structure(np.asarray, one) for one in given[:2])
        weight = given[2] if len(given) == 3 else weight
        if weight is not None and keras.tree.is_nested(weight) and not isinstance(weight, list):
            raise UsageError(
                f"load_data(): {name}: expected one weight a row, found {_told(weight)}: one for each output"
            )
        part = Part(x, y, None if weight is None else np.asarray(weight))
    elif _is_stream(given):
        part = _collected(given, name)
    else:
        raise UsageError(f"load_data(): {name}: expected (x, y), (x, y, weights) or a dataset, found {_told(given)}")
    counts = {len(one) for one in keras.tree.flatten((part.x, part.y)) if np.ndim(one)}
    if len(counts) != 1 or 0 in counts:
        raise UsageError(f"load_data(): {name}: expected x and y of one length, found {sorted(counts)}")
    return part


def _told(given: Any) -> str:
    return f"a {type(given).__name__} of {len(given)}" if hasattr(given, "__len__") else type(given).__name__


def _collected(stream: Any, name: str) -> Part:
    """The rows of one pass through a stream of batches."""
    cardinality = getattr(stream, "cardinality", None)
    if callable(cardinality) and int(cardinality()) == -1:
        raise UsageError(f"load_data(): {name}: expected a dataset that ends, found an endless one; remove repeat()")
    batches, size = [], 0
    for batch in _batches(stream):
        if not isinstance(batch, (tuple, list)) or len(batch) not in (2, 3):
            raise UsageError(f"load_data(): {name}: expected batches of (x, y), found {_told(batch)}")
        batches.append(tuple(keras.tree.map_structure(_array, one) for one in batch))
        size += sum(one.nbytes for one in keras.tree.flatten(batches[-1]))
        if size > LIMIT:
            raise UsageError(f"load_data(): {name}: expected rows of at most {LIMIT >> 30} GiB, found more")
    if not batches:
        raise UsageError(f"load_data(): {name}: expected rows, found an empty dataset")
    stream = None if hasattr(stream, "__next__") else stream  # a generator is used up now
    whole = keras.tree.map_structure(lambda *ones: np.concatenate(ones), *batches)
    rows = len(keras.tree.flatten(batches[0])[0])
    return Part(whole[0], whole[1], whole[2] if len(whole) == 3 else None, stream, rows)


def _batches(stream: Any) -> Iterator[Any]:
    if hasattr(stream, "__iter__"):
        yield from stream
    else:
        yield from (stream[at] for at in range(len(stream)))


def _array(value: Any) -> Any:
    return (
        keras.ops.convert_to_numpy(value) if hasattr(value, "device") or hasattr(value, "numpy") else np.asarray(value)
    )
