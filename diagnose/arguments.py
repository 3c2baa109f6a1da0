"""What the terminal's arguments may be: names of rules, a run's number; and how a shell completes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    Kind = click.ParamType[str]  # generic only in the newer releases of click
else:
    Kind = click.ParamType


class RuleNames(Kind):
    """Rule names, separated by commas; completes the last of them."""

    name = "rule"

    def __init__(self, *extra: str) -> None:
        self.extra = extra

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The rules that begin like the last name."""
        from click.shell_completion import CompletionItem

        from diagnose.registry import load_rules

        before, comma, last = incomplete.rpartition(",")
        return [CompletionItem(before + comma + one) for one in (*load_rules(), *self.extra) if one.startswith(last)]


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
