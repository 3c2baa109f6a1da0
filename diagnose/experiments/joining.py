"""The code of several rounds as one piece: each technique's own code, on top of that of the rounds before.

A technique's code changes the rows, builds a model, chooses arguments of ``fit``, and fits. Joined, every one of them but
the last leaves its rows, a ``build_model`` around the one before, and its ``fit_arguments``; the last fits, or does
whatever else it does (members, folds, stages).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import indent

from diagnose.experiments.store import label
from diagnose.experiments.trial import Step
from diagnose.techniques_code import snippet

ROWS = {"x_train", "y_train", "x_val", "y_val"}
HEADS = ("# yours:", "# needs a Sequential")


@dataclass(frozen=True, slots=True)
class Part:
    """One technique's code, in the order of its lines.

    imports  lines
    rows     statements up to the last one that changes the rows
    model    statements that end with a compiled ``model``; empty where the model stays as it is
    fitted   what else is done before ``fit``, and what ``fit`` is given: ``**(fit_arguments | ...)``
    call     the ``fit`` line with the arguments as they have become by then
    around   whether the model that was is a layer of the new one, out of reach for edits of its layers
    """

    imports: tuple[str, ...]
    rows: str
    model: str
    fitted: str
    call: str
    around: bool


def joined(steps: Sequence[tuple[Step, str]]) -> str:
    """One code of that of several steps; one after the other where one that is not the last can't be built on."""
    heads = [label([step]) for step, _ in steps]
    parts = [_part(code) for _, code in steps]
    built = [(head, part) for head, part in zip(heads, parts, strict=True) if part is not None]
    if len(steps) == 1 or None in parts[:-1]:
        return "\n".join(_one_by_one(steps))
    imports, rest = _chunks(steps[-1][1])
    last = f"model = build_model()\n{parts[-1].call}" if parts[-1] else f"# {heads[-1]}\n{rest.strip()}"
    lines = sorted({*imports, *(line for _, part in built for line in part.imports)}, key=_third_party_last)
    # a model around the others comes last: layers inside of it would not be found
    ordered = sorted(built, key=lambda one: one[1].around)
    return snippet("\n\n".join(["\n".join(lines), *(_told(head, part) for head, part in ordered), last]))


def _one_by_one(steps: Sequence[tuple[Step, str]]) -> Iterator[str]:
    for at, (step, code) in enumerate(steps):
        base = [one for one, _ in steps[:at]]
        on_top = f"\n# on top of {label(base)}: build_model(), the rows and fit_arguments are with that" if base else ""
        yield f"# {label([step])}{on_top}\n{code}"


def _third_party_last(line: str) -> tuple[bool, bool, str]:
    return line.split()[1].partition(".")[0] in ("keras", "numpy", "sklearn"), line.startswith("from"), line


def _told(head: str, part: Part) -> str:
    model = (
        part.model and f"def build_model(build_model=build_model):\n{indent(part.model, '    ')}\n    return model\n"
    )
    return "\n".join([f"# {head}", *filter(None, (part.rows, model, part.fitted))]).rstrip()


def _chunks(code: str) -> tuple[tuple[str, ...], str]:
    """The import lines, and the rest without the lines that say what is the user's."""
    lines = [line for line in code.splitlines() if not line.startswith(HEADS)]
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    return tuple(imports), "\n".join(line for line in lines if line not in imports)


def _part(code: str) -> Part | None:
    """The code taken apart; None where it does something else than build one model and fit it once, at its end."""
    imports, rest = _chunks(code)
    try:
        body = ast.parse(rest).body
    except SyntaxError:  # of somebody else's technique: shown as it is
        return None
    last = body.pop() if body else None
    given = _given(last)
    if last is None or given is None or any(_fits(one) for one in body):
        return None
    uses = [at for at, one in enumerate(body) if "model" in _names(one)]
    changes = [at for at, one in enumerate(body) if _names(one, ast.Store) & ROWS]
    rows = 1 + max(changes, default=-1)
    model = max(rows, 1 + max(uses, default=-1))
    if uses and not any("build_model" in _names(one) for one in body[rows:model]):
        return None  # the model is not of build_model(), or is built before the rows change
    arguments = ast.get_source_segment(rest, given) or ""
    changed = "" if arguments == "fit_arguments" else f"fit_arguments = {arguments}"
    lines = rest.splitlines()
    ends = [0, *(one.end_lineno or 0 for one in body)]
    after = "\n".join(lines[ends[model] : ends[-1]]).strip("\n")
    return Part(
        imports=imports,
        rows="\n".join(lines[: ends[rows]]).strip("\n"),
        model="\n".join(lines[ends[rows] : ends[model]]).strip("\n"),
        fitted="\n".join(filter(None, [after, changed])),
        call=re.sub(r",\s*\*\*.*", ", **fit_arguments)", ast.get_source_segment(rest, last) or "", flags=re.DOTALL),
        around=any(_wraps(one) for one in body[rows:model]),
    )


def _given(last: ast.stmt | None) -> ast.expr | None:
    """What stands behind ``**`` in a plain ``model.fit(x_train, y_train, ..., **given)``."""
    call = last.value if isinstance(last, ast.Expr) else None
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != "model.fit":
        return None
    if [ast.unparse(one) for one in call.args] != ["x_train", "y_train"]:
        return None
    return next((one.value for one in call.keywords if one.arg is None), None)


def _fits(statement: ast.stmt) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr == "fit" for one in ast.walk(statement))


def _wraps(statement: ast.stmt) -> bool:
    """Whether the old model is called, or stands in a list, as a layer."""
    found = [part for one in ast.walk(statement) for part in _layers(one)]
    return any(isinstance(one, ast.Name) and one.id == "old" for one in found)


def _layers(one: ast.AST) -> list[ast.expr]:
    if isinstance(one, ast.Call):
        return [one.func]
    return one.elts if isinstance(one, ast.List) else []


def _names(statement: ast.stmt, context: type[ast.expr_context] = ast.expr_context) -> set[str]:
    return {one.id for one in ast.walk(statement) if isinstance(one, ast.Name) and isinstance(one.ctx, context)}
