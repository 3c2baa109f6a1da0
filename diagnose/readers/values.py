"""Plain Python values, as JSON, pickles and users have them: which histories are in them, and in what shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from diagnose.errors import NoHistory, ReadError
from diagnose.readers.objects import of_records, table_of
from diagnose.readers.table import Table

_DEPTH = 4  # levels of dicts round a history
_EXPECTED = 'expected lists of numbers by name such as {"loss": [...], "val_loss": [...]}'


def tables_of(value: Any, source: str, producer: str | None = None) -> list[Table]:
    """The histories in a value, each with its own name behind the source when there are several.

    Raises NoHistory when there is none.
    """
    found = _histories(value, (), 0)
    if not found:
        raise NoHistory(f"{_EXPECTED}, found {_described(value)}", source=source)
    named = []
    for path, table in found:
        place = f"{source}#{'.'.join(path)}" if len(found) > 1 else source
        told = producer if producer and table.producer in ("history", "records") else table.producer
        named.append(replace(table, source=place, producer=told))
    return named


def _histories(value: Any, path: tuple[str, ...], depth: int) -> list[tuple[tuple[str, ...], Table]]:
    if depth > _DEPTH:
        return []
    for shape in (_known, _frame, _indexed, _split, _plain):
        table = shape(value)
        if table is not None:
            return [(path, table)]
    return _inner(value, path, depth)


def _inner(value: Any, path: tuple[str, ...], depth: int) -> list[tuple[tuple[str, ...], Table]]:
    """Histories one level down: {"history": {...}, "params": {...}}, {"run1": {...}, "run2": {...}}, a list."""
    if isinstance(value, Mapping):
        pairs = [(str(key), one) for key, one in value.items()]
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        pairs = [(str(at), one) for at, one in enumerate(value[:1000], start=1)]
    else:
        return []
    found = []
    for name, one in pairs:
        if isinstance(one, (Mapping, list)):
            found.extend(_histories(one, (*path, name), depth + 1))
    return found


def _known(value: Any) -> Table | None:
    """Shapes a program is known for."""
    if isinstance(value, Mapping) and "diagnose_run" in value:
        from diagnose.readers.saved import of_saved

        return of_saved(value)
    if isinstance(value, Mapping) and isinstance(value.get("history"), Mapping) and "epoch" in value:
        return _of_attributes(value)
    if isinstance(value, Mapping) and isinstance(value.get("log_history"), list):
        from diagnose.readers.huggingface import of_state

        return of_state(value)
    if isinstance(value, Mapping) and isinstance(value.get("iterations"), list) and "meta" in value:
        from diagnose.readers.boosting import of_catboost

        return of_catboost(value)
    return None


def _of_attributes(value: Mapping[Any, Any]) -> Table | None:
    """vars() of a Keras History: the dict of lists beside the parameters of fit."""
    table = _plain(value["history"])
    params = value.get("params")
    planned = params.get("epochs") if isinstance(params, Mapping) else None
    return table if table is None or type(planned) is not int else replace(table, planned=planned)


def _plain(value: Any) -> Table | None:
    """A dict of lists of numbers, or a list of records."""
    if isinstance(value, Mapping):
        lists = {key: one for key, one in value.items() if _is_list(one)}
        if not lists or not any(_has_numbers(one) for one in lists.values()):
            return None
        unused = tuple(str(key) for key in value if key not in lists)
        table = table_of(lists)
        return None if table is None else replace(table, unused=(*table.unused, *unused))
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        if not any(_is_number(cell) for row in value[:50] for cell in row.values()):
            return None
        from diagnose.readers.huggingface import is_log, of_log

        return of_log(value) if is_log(value) else of_records(value)
    return None


def _frame(value: Any) -> Table | None:
    """pandas' to_json(orient="split") and orient="table"."""
    if not isinstance(value, Mapping):
        return None
    names, rows = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(rows, list) and rows and isinstance(rows[0], list):
        if any(not isinstance(row, list) or len(row) != len(names) for row in rows):
            raise ReadError(f"expected {len(names)} values in each row of data, found another number of them")
        return _named(of_records([dict(zip(map(str, names), row, strict=True)) for row in rows]), "pandas JSON")
    if "schema" in value and isinstance(rows, list):
        return _named(_plain(rows), "pandas JSON")
    return None


def _indexed(value: Any) -> Table | None:
    """pandas' to_json: {"loss": {"0": 0.5, "1": 0.4}} and, by rows, {"0": {"loss": 0.5}, "1": {"loss": 0.4}}."""
    if not isinstance(value, Mapping) or not value or not _of_dicts(value):
        return None
    if all(_is_index(key) for key in value):
        ordered = [value[key] for key in sorted(value, key=int)]
        return _named(of_records(ordered), "pandas JSON") if _flat(ordered[0]) else None
    keys = list(next(iter(value.values())))
    if not all(_is_index(key) for key in keys) or not all(_flat(one) for one in value.values()):
        return None
    ordered = sorted({key for one in value.values() for key in one if _is_index(key)}, key=int)
    return _named(table_of({name: [one.get(key) for key in ordered] for name, one in value.items()}), "pandas JSON")


def _split(value: Any) -> Table | None:
    """Dicts of dicts of lists: {"train": {"loss": [...]}, "val": {...}}, {"loss": {"train": [...]}}, evals_result."""
    if not isinstance(value, Mapping) or not value or not _of_dicts(value):
        return None
    if not all(_is_list(cells) and _has_numbers(cells) for one in value.values() for cells in one.values()):
        return None
    from diagnose.readers.boosting import of_sets

    return of_sets(value)


def _of_dicts(value: Mapping[Any, Any]) -> bool:
    return all(isinstance(one, Mapping) and one for one in value.values())


def _named(table: Table | None, producer: str) -> Table | None:
    return None if table is None else replace(table, producer=producer)


def _is_list(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, (str, bytes, Mapping))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _has_numbers(values: Any) -> bool:
    head = list(values[:20])
    return any(_is_number(one) or hasattr(one, "dtype") or (isinstance(one, str) and _reads(one)) for one in head)


def _reads(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_index(key: Any) -> bool:
    return isinstance(key, int) or (isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 19)


def _flat(value: Mapping[Any, Any]) -> bool:
    return not any(isinstance(one, (Mapping, list)) for one in value.values())


def _described(value: Any) -> str:
    if isinstance(value, Mapping):
        names = ", ".join(str(key) for key in list(value)[:8])
        return f"an object with {names}" if names else "an empty object"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)} x {type(value[0]).__name__}" if value else "an empty list"
    return f"{type(value).__name__}"
