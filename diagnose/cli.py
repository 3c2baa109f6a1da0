"""The terminal: parse, call the library, render, return a code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from diagnose import gate
from diagnose._version import __version__
from diagnose.arguments import SETTINGS, Explained, RuleNames, chosen_run, split
from diagnose.errors import DiagnoseError, MissingDependency, ReadError, UsageError
from diagnose.output import check_inputs, check_targets, look, say, write
from diagnose.renderers import FORMATS, Look, render
from diagnose.renderers.files import replace

if TYPE_CHECKING:
    from diagnose.report import Report
    from diagnose.session import Outcome

EPILOG = """\b
Commands:
  diagnose rules               the rules, by area
  diagnose explain NAME        what a rule or a technique means, what helps
  diagnose rerun EXPERIMENT.py try what helps on your own model, with proof
  diagnose completion SHELL    completion for bash, zsh or fish

\b
Examples:
  diagnose history.csv                      verdict, reasons, what to do
  diagnose runs/ --format concise           one line a history, for many
  diagnose log.csv --validation test_err --direction min
  diagnose --repeats seed1.csv seed2.csv seed3.csv
  diagnose history.csv --plot curves.png    a picture of the curves
  diagnose history.csv --fail-on overfit    exit status 1 if it is overfit
  python train.py | diagnose                read what a training prints

\b
Exit status: 0 a report was made; 1 a --fail-on problem was found; 2 wrong
usage, or an input could not be read; 3 too little evidence for --fail-on;
130 after Ctrl-C. A first word that is a command is the command: write ./rules
for a file of that name. -- ends the options.
"""
LOOKS = "text (the default), json, concise (a line a history), markdown or github."
FAILS = "Exit with status 1 when found (repeatable)."
GATES = RuleNames("learning", "generalization", "prediction", "any")


@click.command(name="diagnose", context_settings=SETTINGS, epilog=EPILOG)
@click.argument("histories", metavar="HISTORY...", nargs=-1, type=click.Path())
@click.option("--repeats", is_flag=True, help="The histories repeat one configuration: judge their spread, too.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", metavar="FORMAT", help=LOOKS)
@click.option("--output", metavar="FILE", type=click.Path(), help="Write there instead of standard output.")
@click.option("--plot", metavar="FILE", type=click.Path(), help="Draw the annotated curves (.png, .svg, .pdf).")
@click.option("--train", metavar="NAME", help="The column that is the training score, if it can't be told.")
@click.option("--validation", metavar="NAME", help="The column that is the validation score.")
@click.option("--direction", type=click.Choice(["min", "max"]), help="Which way these scores get better.")
@click.option("--run", metavar="N|all", callback=chosen_run, help="Which run of a file that holds several.")
@click.option("--select", type=RuleNames(), multiple=True, callback=split, metavar="RULE,...", help="Only these rules.")
@click.option("--ignore", type=RuleNames(), multiple=True, callback=split, metavar="RULE,...", help="Not these rules.")
@click.option("--fail-on", type=GATES, multiple=True, callback=split, metavar="RULE|AREA|any", help=FAILS)
@click.option("--jobs", metavar="N", type=click.IntRange(min=1), default=1, help="Histories in parallel (1).")
@click.version_option(__version__, prog_name="diagnose")
@click.pass_context
def report(
    context: click.Context, /, histories: tuple[str, ...], repeats: bool, form: str, output: str | None,
    plot: str | None, select: tuple[str, ...], ignore: tuple[str, ...], fail_on: tuple[str, ...], jobs: int,
    **options: Any,
) -> int:  # fmt: skip
    """Tell what is wrong with a training from its learning curves, since which epoch, and what to do first.

    HISTORY is a file with the scores of a training (CSV, JSON, a console log, a notebook...), a directory that is
    searched for such files, or - for standard input.
    """
    if not histories:
        if sys.stdin is None or sys.stdin.isatty():
            return _nothing(context)
        histories = ("-",)
    check_targets({"--output": output, "--plot": plot}, histories)
    gate.check(fail_on, select, ignore)
    from diagnose.session import judge_all

    options |= {"select": select, "ignore": ignore}
    outcome = judge_all(histories, options, repeats=repeats, jobs=jobs)
    return _finish(outcome, form, output, plot, fail_on)


def _nothing(context: click.Context) -> int:
    """Called without a history and without input: help, unless options show that a history was forgotten."""
    given = [context.get_parameter_source(name) for name in context.params if name != "histories"]
    if any(one is click.core.ParameterSource.COMMANDLINE for one in given):
        raise UsageError("expected a history: a file, a directory, or - for standard input; found none")
    write(context.get_help() + "\n")
    return gate.FINE


def _finish(outcome: Outcome, form: str, output: str | None, plot: str | None, gates: Sequence[str]) -> int:
    for error in outcome.errors:
        say(one_line(error))
    text = render(form, outcome.reports, outcome.errors, look() if output is None else Look())
    if output is None:
        write(text)
    else:
        check_inputs(output, outcome.reports)
        replace(output, text.encode("utf-8", "backslashreplace"))
    if plot is not None and outcome.reports:
        _plot(plot, outcome.reports)
    if outcome.interrupted:
        say("interrupted; what is above was finished" if outcome.reports else "interrupted")
        return gate.INTERRUPTED
    return gate.WRONG if outcome.errors else gate.status(outcome.reports, gates)


def one_line(error: ReadError) -> str:
    """``x.csv: line 7: expected ..., found ...; ...`` with nothing in it that a terminal would obey."""
    from diagnose.renderers.words import clean

    return clean(f"{error.source}: {error}")


def _plot(path: str, reports: Sequence[Report]) -> None:
    from diagnose.renderers.figure import draw_all

    check_inputs(path, reports)
    left_out = draw_all(reports, path)
    if left_out:
        say(f"{path}: shows the first {len(reports) - left_out} histories; {left_out} more did not fit")


@click.command(context_settings=SETTINGS)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(form: str) -> int:
    """List the rules, by area."""
    from diagnose.registry import load_rules
    from diagnose.renderers.explain import list_rules, rules_payload

    if form == "json":
        import json

        write(json.dumps(rules_payload(load_rules()), indent=2, allow_nan=False) + "\n")
    else:
        write(list_rules(load_rules(), look()))
    return gate.FINE


@click.command(context_settings=SETTINGS, epilog="Example: diagnose explain overfit")
@click.argument("name", metavar="NAME", nargs=-1, required=True, type=Explained())
def explain(name: tuple[str, ...]) -> int:
    """Tell what a rule or a technique means, how it is decided, what helps, and where that is from."""
    from diagnose.renderers import explain as page

    write(page.explain(" ".join(name), look()))
    return gate.FINE


@click.command(context_settings=SETTINGS, epilog='Example, in ~/.bashrc: eval "$(diagnose completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the script that teaches a shell to complete diagnose's options and names."""
    from diagnose.completion import source

    write(source(shell))
    return gate.FINE


def _rerun() -> click.Command:
    from diagnose.rerun_command import rerun

    return rerun


# Loaded when it is meant: a card needs none of them.
COMMANDS: dict[str, Callable[[], click.Command]] = {
    "rules": lambda: rules,
    "explain": lambda: explain,
    "rerun": _rerun,
    "completion": lambda: completion,
}


def pick(args: Sequence[str]) -> tuple[click.Command, list[str]]:
    """The command that is meant and its arguments: the first word decides, wherever options stand."""
    at = _first_word(args)
    if at is not None and args[at] in COMMANDS:
        return COMMANDS[args[at]](), [*args[:at], *args[at + 1 :]]
    return report, list(args)


def _first_word(args: Sequence[str]) -> int | None:
    valued = {
        name for one in report.params if isinstance(one, click.Option) and not one.is_flag for name in one.opts
    }  # fmt: skip
    skip = False
    for at, word in enumerate(args):
        if skip:
            skip = False
        elif word == "--":
            return None
        elif word in valued:
            skip = True
        elif word == "-" or not word.startswith("-"):
            return at
    return None


def run(args: Sequence[str]) -> int:
    """Everything between the arguments and the exit status; whatever goes wrong is one line on standard error."""
    command, rest = pick(args)
    name = "diagnose" if command is report else f"diagnose {command.name}"
    try:
        code = command.main(rest, prog_name=name, standalone_mode=False)
        return code if isinstance(code, int) else gate.FINE
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.Abort, KeyboardInterrupt):
        return gate.INTERRUPTED
    except click.ClickException as error:
        say(f"{' '.join(error.format_message().split())} (diagnose -h shows the usage)")
    except ReadError as error:
        say(one_line(error))
    except MissingDependency as error:
        say(str(error))
    except DiagnoseError as error:
        say(" ".join(str(error).split()))
    except OSError as error:
        say(f"{error.filename or 'output'}: expected to write there, found: {error.strerror or error}")
    return gate.WRONG
