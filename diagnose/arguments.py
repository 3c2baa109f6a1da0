"""What the terminal's arguments may be: names of rules, a run's number; and how a shell completes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    Kind = click.ParamType[str]  # generic only in the newer releases of click
else:
    Kind = click.ParamType


UNITS = {"s": 1, "m": 60, "h": 3600}
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


class RuleNames(Kind):
    """Rule names, separated by commas; completes the last of them."""

    name = "rule"

    def __init__(self, *extra: str) -> None:
        self.extra = extra

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The names that begin like the last one."""
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        return [CompletionItem(before + comma + one) for one in self.known() if one.startswith(last)]

    def known(self) -> list[str]:
        """All names there are."""
        from diagnose.registry import load_rules

        return [*load_rules(), *self.extra]


class TechniqueNames(RuleNames):
    """Technique names, separated by commas; completes the last of them."""

    name = "technique"

    def known(self) -> list[str]:
        """Those that a training can be repeated with."""
        from diagnose import techniques

        return [one for one in techniques.names() if techniques.get(one).edit is not None]


class Duration(Kind):
    """A time: 90, 90s, 30m, 1.5h; in seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Seconds. Fails with one line for anything else."""
        if not isinstance(value, str):
            return value
        number, unit = (value[:-1], value[-1]) if value[-1:] in UNITS else (value, "s")
        try:
            seconds = float(number) * UNITS[unit]
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            self.fail(f"expected a time such as 90s, 30m or 1.5h; found {value!r}", param, ctx)
        return seconds


def split(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """All names of a repeatable option whose values may be lists: ``--select a,b --select c``."""
    return tuple(dict.fromkeys(name.strip() for value in values for name in value.split(",") if name.strip()))


def chosen_run(context: click.Context, option: click.Parameter, value: str | None) -> int | str | None:
    """``--run``: a number from 1 on, or "all"."""
    if value is None or value == "all":
        return value
    if value.isdecimal() and int(value) > 0:
        return int(value)
    raise click.BadParameter(f"expected a number from 1 on, or all; found {value!r}")


class Explained(Kind):
    """The name of a rule or a technique."""

    name = "name"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """All names that begin like this."""
        from click.shell_completion import CompletionItem

        from diagnose.registry import load_rules
        from diagnose.techniques import names

        return [CompletionItem(one) for one in (*load_rules(), *names()) if one.startswith(incomplete)]
