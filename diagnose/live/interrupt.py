"""Ctrl-C during a training: the report is due before the interrupt ends it, and no hook of a framework is called."""

from __future__ import annotations

import signal
import sys
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupt:
    """While it is set: the first Ctrl-C calls ``then``, if the training is still running, and interrupts as ever.

    Python's own way to interrupt, or whatever handler was there, is called in any case, and is put back before. The
    training is known to be running by the owner of a method of this name on the stack, so that a handler that an
    exception left behind does nothing but what the one before would have done. Outside the main thread, or where the
    interrupt isn't Python's to handle, nothing is set.
    """

    def __init__(self, then: Callable[[], None], owner: object, method: str) -> None:
        self._then = weakref.WeakMethod(then)
        self._owner = weakref.ref(owner)
        self._method = method
        self._before: Any = None

    def set(self) -> None:
        """Listen for Ctrl-C."""
        if threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGINT)
        other = getattr(before, "__self__", None)
        if isinstance(other, Interrupt):
            if other._runs(sys._getframe()):  # another callback of the same training, or of one round it
                return
            other.clear()  # an exception left it behind
            before = signal.getsignal(signal.SIGINT)
        if callable(before):
            self._before = before
            signal.signal(signal.SIGINT, self._handle)

    def clear(self) -> None:
        """Put back what was there, unless somebody else has taken over since."""
        if self._before is not None and threading.current_thread() is threading.main_thread():
            if signal.getsignal(signal.SIGINT) == self._handle:
                signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        before = self._before
        self.clear()
        then = self._then()
        if then is not None and self._runs(frame):
            then()
        if before is not None:
            before(number, frame)

    def _runs(self, frame: FrameType | None) -> bool:
        owner = self._owner()
        while frame is not None and owner is not None:
            if frame.f_code.co_name == self._method and frame.f_locals.get("self") is owner:
                return True
            frame = frame.f_back
        return False
