"""What every callback does with a training besides collecting numbers: speak, log, stop; and never harm."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Any, TypeVar

from diagnose.errors import NoHistory, UsageError
from diagnose.live.live import MIN_EPOCHS, Live, check
from diagnose.live.news import News, message
from diagnose.live.outlets import LogTo, outlets
from diagnose.registry import check_names
from diagnose.report import Finding, Report

Result = TypeVar("Result")


def harmless(method: Callable[..., Result]) -> Callable[..., Result | None]:
    """A method whose errors become one warning, after which the adviser is silent; the training goes on."""

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Result | None:
        adviser = getattr(self, "adviser", self)
        if adviser.broken:
            return None
        try:
            return method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 (a training of days must not end because of its adviser)
            adviser.broken = True
            warn("diagnose stopped advising", error)
            return None

    return call


def warn(what: str, error: Exception) -> None:
    """One warning that something of ours failed; where warnings are errors, a line on standard error."""
    text = f"{what}: {type(error).__name__}: {error}; the training goes on"
    try:
        warnings.warn(text, RuntimeWarning, stacklevel=4)
    except RuntimeWarning:
        print(text, file=sys.stderr)


def to_screen(text: str) -> None:
    """A line to standard output."""
    from diagnose.output import write

    write(f"{text}\n")


class Adviser:
    """The options that all callbacks share, and what follows from them.

    verbose      0: prints nothing; 1: news in one or two lines wrapped to the screen, the report at the end; 2: not wrapped
    min_epochs   epochs before the first word
    select, ignore   slugs of the only rules to judge, or of those to leave out
    log_to       a text file, "tensorboard:DIR", "mlflow", "wandb", or several of them: told the same as the screen
    on_finding   called with each Finding that is told
    stop_on      rules or areas ("overfit", "learning") that end the training when they are told of
    printing     prints a line

    Raises UsageError for what doesn't fit.
    """

    def __init__(
        self,
        *,
        verbose: int = 1,
        min_epochs: int = MIN_EPOCHS,
        select: Collection[str] = (),
        ignore: Collection[str] = (),
        log_to: LogTo = None,
        on_finding: Callable[[Finding], object] | None = None,
        stop_on: Sequence[str] = (),
        printing: Callable[[str], None] = to_screen,
    ) -> None:
        check(select, ignore, min_epochs)
        self.stop_on = (stop_on,) if isinstance(stop_on, str) else tuple(stop_on)
        check_names([one for one in self.stop_on if one != "any"], areas=True)
        if verbose not in (0, 1, 2):
            raise UsageError(f"expected verbose as 0, 1 or 2, found {verbose!r}")
        if on_finding is not None and not callable(on_finding):
            raise UsageError(f"expected on_finding as a function, found {type(on_finding).__name__}")
        self.verbose, self.min_epochs = int(verbose), min_epochs
        self.select, self.ignore = tuple(select), tuple(ignore)
        self.on_finding, self.printing = on_finding, printing
        self.outlets = outlets(log_to)
        self.broken = False
        self.live: Live | None = None
        self._held: list[str] = []

    def begin(self, **facts: Any) -> Live:
        """A new training, with what is known of it (the arguments of ``Live``)."""
        self.live = Live(select=self.select, ignore=self.ignore, min_epochs=self.min_epochs, **facts)
        self.broken, self._held = False, []
        return self.live

    def epoch(self, logs: Any, look: Callable[[bool], object] | None = None) -> str | None:
        """One epoch's numbers. The reason to stop now, if the user asked for that; what is printed is held back.

        look   called before they are judged, with whether something happened that is worth a look inside
        """
        live = self.live
        if live is None:
            return None
        live.append(logs)
        if look is not None:
            look(live.startled)
        news = live.news()
        if not news:
            return None
        self._hold(message(news, **self._screen()))
        reason = self._reason(news)
        lines = [*message(news), *([reason] if reason else [])]
        if reason:
            self._hold([reason])
        for outlet in self.outlets:
            outlet.say(lines, live.epoch)
        for one in news:
            if one.kind == "appears" and self.on_finding is not None:
                self.on_finding(one.finding)
        return reason

    def _reason(self, news: Sequence[News]) -> str | None:
        wanted = set(self.stop_on)
        for one in news:
            if one.kind == "appears" and wanted & {"any", one.finding.rule, one.finding.area}:
                return f"diagnose: {one.axis} {one.epoch}: training is stopped on {one.finding.rule}, as asked"
        return None

    def _screen(self) -> dict[str, Any]:
        from diagnose.output import look

        seen = look()
        return {"width": seen.width if self.verbose < 2 else None, "ascii_only": seen.plain}

    def _hold(self, lines: Sequence[str]) -> None:
        if self.verbose:
            self._held += lines

    def flush(self) -> None:
        """Print what was held back: only now the progress bar's line is over."""
        held, self._held = self._held, []
        if held:
            self.printing("\n".join(held))

    def end(self) -> None:
        """The training is over, or was interrupted: the report."""
        self.flush()
        if self.live is None or not self.live.length:
            return
        report = self.live.report()
        if self.verbose:
            from diagnose.output import look
            from diagnose.renderers.text import render

            self.printing(f"\n{render(report, look())}")
        for outlet in self.outlets:
            outlet.end(report, self.live.epoch)

    @property
    def report(self) -> Report:
        """The verdict so far. Raises NoHistory before the first epoch."""
        if self.live is None:
            raise NoHistory("expected a training to report on, found no epoch yet")
        return self.live.report()

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """See ``Live.save``."""
        if self.live is None:
            raise NoHistory("expected a training to save, found no epoch; train first")
        self.live.save(path, overwrite=overwrite)
