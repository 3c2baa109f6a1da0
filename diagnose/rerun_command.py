"""``diagnose rerun``: try what helps on the user's own model; the terminal's side of ``diagnose.rerun``."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import click

from diagnose import gate
from diagnose.arguments import SETTINGS, Duration, TechniqueNames, split
from diagnose.errors import UsageError
from diagnose.output import check_targets, look, say, write
from diagnose.renderers import Look
from diagnose.renderers.files import replace

if TYPE_CHECKING:
    from diagnose.experiments.report import RerunReport

FORMATS = ("text", "json", "markdown", "html")
LEAST = 3  # seeds that an interval takes
EPILOG = """\b
EXPERIMENT.py holds, for example:
  def build_model():                      a new compiled Keras model
      ...
      return model
  def load_data():                        each (x, y), (x, y, weights) or a
      return train, validation, test      tf.data.Dataset; test may be missing
  fit_arguments = dict(epochs=50)         if wanted: for model.fit

\b
Examples:
  diagnose rerun experiment.py --dry-run      what would be tried, how long
  diagnose rerun experiment.py --jobs 2 --budget 30m
  diagnose rerun experiment.py --resume       go on after Ctrl-C or a crash
  diagnose rerun experiment.py --history run.csv --technique dropout
  diagnose rerun experiment.py --rounds 3 --format html --output report.html

\b
The study is kept in EXPERIMENT.rerun: database, logs, the winner's model.
Exit status: 0 the study ended, whatever it found; 2 wrong usage, or an
experiment that can't run; 130 after Ctrl-C, with the report so far.
"""


@click.command(name="rerun", context_settings=SETTINGS, epilog=EPILOG)
@click.argument("experiment", metavar="EXPERIMENT.py", type=click.Path())
@click.option("--history", metavar="FILE", type=click.Path(), help="Treat what this history shows, not the baseline.")
@click.option("--technique", "techniques", multiple=True, type=TechniqueNames(), callback=split, metavar="NAME,...",
              help="Try these, not what is recommended (repeatable).")  # fmt: skip
@click.option("--seeds", metavar="N", type=click.IntRange(min=1), default=5,
              help="Runs that a verdict takes (5); who comes close gets as many again.")  # fmt: skip
@click.option("--budget", metavar="TIME", type=Duration(), help="End after 90s, 30m or 2h, with what is known then.")
@click.option("--max-trials", metavar="N", type=click.IntRange(min=1), help="End after so many trainings.")
@click.option("--jobs", metavar="N", type=click.IntRange(min=1), default=1, help="Trainings in parallel (1).")
@click.option("--rounds", metavar="N", type=click.IntRange(min=1), default=1,
              help="Diagnose again and go on from the winner so often (1).")  # fmt: skip
@click.option("--metric", metavar="NAME", help="The score that decides, not the first compiled metric.")
@click.option("--direction", type=click.Choice(["min", "max"]), help="Which way this score gets better.")
@click.option("--storage", metavar="URL", help="Database to keep the trainings in: postgresql://... for many machines.")
@click.option("--directory", metavar="DIR", type=click.Path(), help="Where the study is kept (EXPERIMENT.rerun).")
@click.option("--resume", is_flag=True, help="Go on with the study that is kept there.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be tried and how long it takes.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", metavar="FORMAT",
              help="text (the default), json, markdown or html.")  # fmt: skip
@click.option("--output", metavar="FILE", type=click.Path(), help="Write there instead of standard output.")
@click.option("--export", metavar="FILE", type=click.Path(), help="All trainings with histories (.csv, .json).")
@click.option("--plot", metavar="FILE", type=click.Path(), help="Draw what helped (.png, .svg, .pdf).")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def rerun(
    experiment: str, form: str, output: str | None, export: str | None, plot: str | None, quiet: bool, dry_run: bool,
    **options: Any,
) -> int:  # fmt: skip
    """Try the techniques that fit the diagnosis on your own training, and tell whether they helped.

    EXPERIMENT.py is your own code: it is run, once for every training, each in a process of its own.
    """
    targets = {"--output": output, "--export": export, "--plot": plot}
    _check(targets, (experiment, options["history"]))
    if options["seeds"] < LEAST:
        say(f"--seeds {options['seeds']}: an interval takes {LEAST}, so nothing can be shown to help")
    if dry_run:
        return _dry(experiment, options, form, targets, quiet=quiet)
    from diagnose.experiments.progress import Progress
    from diagnose.experiments.rerunning import rerun as carried_out

    options["technique"] = options.pop("techniques")
    # a machine that is taken away says so first; what is known then is worth a report, too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Progress(f"diagnose: looking at {experiment}", quiet=quiet) as progress:
            report = carried_out(experiment, watch=progress, **options)
    except KeyboardInterrupt:
        say("interrupted before a training was done")
        return gate.INTERRUPTED
    return _finish(report, form, output, export, plot)


def _check(targets: dict[str, str | None], inputs: tuple[str | None, ...]) -> None:
    """Refuse at once what could not be written hours later."""
    check_targets(targets, inputs)
    if targets["--export"] is not None:
        from diagnose.experiments.exporting import check_suffix

        check_suffix(targets["--export"])
    for option, path in targets.items():
        folder = os.path.dirname(path or "") or "."  # noqa: PTH120 (a path is kept as the user wrote it)
        if not os.path.isdir(folder):  # noqa: PTH112
            raise UsageError(f"{option} {path}: expected the directory {folder} to be there, found none; make it first")


def _finish(report: RerunReport, form: str, output: str | None, export: str | None, plot: str | None) -> int:
    from diagnose.experiments.writeup import render

    _show(render(form, report, look() if output is None else Look()), output)
    if export is not None:
        report.export(export)
    if plot is not None:
        report.plot(plot)
    if report.stopped == "interrupted":
        say("interrupted; the report tells what is known so far, --resume goes on")
        return gate.INTERRUPTED
    return gate.FINE


def _show(text: str, output: str | None) -> None:
    if output is None:
        write(text)
    else:
        replace(output, text.encode("utf-8", "backslashreplace"))


def _dry(experiment: str, options: dict[str, Any], form: str, targets: dict[str, str | None], *, quiet: bool) -> int:
    if form not in ("text", "json"):
        raise UsageError(f"--dry-run: expected --format text or json, found {form}")
    for option in ("--export", "--plot"):
        if targets[option] is not None:
            raise UsageError(f"--dry-run leaves nothing to {option[2:]}; drop one of them")
    from diagnose.experiments.ahead import look_ahead
    from diagnose.experiments.progress import Progress

    with Progress(f"diagnose: looking at {experiment}", quiet=quiet):
        found = look_ahead(experiment, **options)
    shown = look() if targets["--output"] is None else Look()
    _show(found.to_json() if form == "json" else found.told(shown), targets["--output"])
    return gate.FINE
