"""A measure that is computed when it is first asked for, and kept: ``functools.cached_property`` without its cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class once(Generic[Value]):  # noqa: N801 (it reads like the decorator that it is)
    """Like ``functools.cached_property``, without its lock (Python 3.11 and older) and its checks.

    Some sixty measures are asked for in half a millisecond a history. Objects with measures belong to one thread.
    """

    def __init__(self, measure: Callable[[Any], Value]) -> None:
        self.measure = measure
        self.name = measure.__name__
        self.__doc__ = measure.__doc__

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> once[Value]: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Value: ...

    def __get__(self, instance: object | None, owner: type | None = None) -> Value | once[Value]:
        if instance is None:
            return self
        value = instance.__dict__[self.name] = self.measure(instance)
        return value
