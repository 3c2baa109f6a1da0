"""``diagnose explain`` and ``diagnose rules``: the docstrings of rules and techniques, set for reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from diagnose._version import __version__
from diagnose.errors import UsageError
from diagnose.renderers.layout import hang, paint, plain, wrap
from diagnose.renderers.words import named
from diagnose.report import AREAS

if TYPE_CHECKING:
    from diagnose.evidence.belief import Model
    from diagnose.registry import Rule
    from diagnose.renderers import Look
    from diagnose.techniques import Technique

WIDEST = 88  # longer lines read badly
UNDERLINE = re.compile(r"^[-=~^]{3,}$")
BULLET = re.compile(r"^(?:[-*•]|\d+[.)])\s+")
EDITS = {"data": "the data", "model": "the model", "compile": "compile()", "fit": "fit()", "predict": "predictions"}
OUTCOMES = {
    "good-fit": "Both losses fall to a stable level with a small gap between them, and no rule found a problem. "
    "Some gap is normal. A good fit that is trained on for longer will likely overfit.",
    "too-short": "There are fewer than five usable points, and no finding that needs no trend (such as NaN). "
    "Train for more epochs, or log more often.",
    "unjudged": "No problem was found, but there is no validation curve, so nobody can tell how the model generalizes. "
    "Fit with validation_data or validation_split; if a column is the validation score, name it: --validation NAME.",
}


def explain(name: str, look: Look) -> str:
    """Everything about a rule, a technique or a verdict. Raises UsageError, suggesting the nearest name."""
    from diagnose import techniques
    from diagnose.registry import load_rules

    slug = re.sub(r"[\s_]+", "-", name.strip().lower())
    rules = load_rules()
    if slug in rules:
        lines = _rule(rules[slug], look)
    elif slug in techniques.names():
        lines = _technique(techniques.get(slug), rules.values(), look)
    elif slug in OUTCOMES:
        lines = [_title(slug, "verdict", look), "", *_indented(OUTCOMES[slug], look)]
    else:
        raise UsageError(_unknown(name, [*rules, *techniques.names(), *OUTCOMES]))
    return plain("\n".join(lines), look) + "\n"


def list_rules(rules: Mapping[str, Rule], look: Look) -> str:
    """All rules by area, one or two lines each."""
    width = max(len(slug) for slug in rules) + 4
    lines: list[str] = []
    for area in AREAS:
        lines += [paint(area, area, look)]
        for one in (one for one in rules.values() if one.area == area):
            lines += hang(one.slug, first_sentence(one.doc), look, indent=width)
        lines += [""]
    return plain("\n".join([*lines, "diagnose explain NAME tells more about one of them", ""]), look)


def rules_payload(rules: Mapping[str, Rule]) -> dict[str, Any]:
    """All rules as plain types for ``diagnose rules --format json``."""
    listed = [
        {"rule": one.slug, "area": one.area, "summary": first_sentence(one.doc), "techniques": list(one.techniques)}
        for one in rules.values()
    ]
    return {"schema": "diagnose-rules/1", "version": __version__, "rules": listed}


def first_sentence(doc: str) -> str:
    """The docstring's first paragraph on one line, without the slug in front of it."""
    paragraph = doc.strip().split("\n\n")[0]
    return re.sub(r"^[\w -]{1,40}: ", "", " ".join(_bare(paragraph).split()))


def _rule(one: Rule, look: Look) -> list[str]:
    lines = [_title(one.slug, f"{one.area} problem", look), "", *_document(_body(one), look)]
    if one.model is not None:
        lines += ["", paint("How sure", "bold", look), "", *_model(one.model, look)]
    if one.techniques:
        helps = ", ".join(one.techniques)
        lines += ["", paint("What helps", "bold", look), "", *_indented(f"{helps} (best first)", look)]
    return lines


def _model(model: Model, look: Look) -> list[str]:
    """A model as the sum that a person can do again with the evidence of `--format json`."""
    lines = _indented("The confidence is 1 / (1 + e^-x), where x is the sum of", look)
    rows = [(f"{model.weights['constant']:.2f}", "", "")]
    for name, term in model.terms.items():
        sign = "-" if term.against else ""
        unknown = f", {term.unknown:g} if unknown" if term.unknown else ""
        size = (
            f"ln({name} / {term.half:g}) / {term.spread:g}"
            if term.log
            else f"{_less(name, term.half)} / {term.spread:g}"
        )
        rows.append(
            (f"{model.weights[name]:.2f}", f"* {sign}{size}", f"within {term.low:g} and {term.high:g}{unknown}")
        )
    width = max(len(row[1]) for row in rows)
    lines += [f"    {weight:>6} {size:{width}}  {bounds}".rstrip() for weight, size, bounds in rows]
    return [
        *lines,
        *_indented(
            "The weights come from labelled runs (benchmarks/fit.py); a measure that can't be had adds nothing, or what is said.",
            look,
        ),
    ]


def _less(name: str, half: float) -> str:
    return f"({name} {'-' if half > 0 else '+'} {abs(half):g})" if half else name


def _technique(one: Technique, rules: Iterable[Rule], look: Look) -> list[str]:
    treats = [rule.slug for rule in rules if one.slug in rule.techniques]
    kind = f"technique, {one.area}, changes {EDITS[one.edits]}"
    lines = [_title(one.slug, kind, look), "", *_document(_body(one), look)]
    if treats:
        lines += ["", paint("What it treats", "bold", look), "", *_indented(", ".join(treats), look)]
    if "\nSources\n" not in one.doc:
        lines += ["", paint("Source", "bold", look), "", *_indented(one.source, look)]
    return lines


def _body(one: Rule | Technique) -> str:
    """The docstring without the name that its first line may begin with: the title has it."""
    bare = one.doc.strip("\n")
    if named(bare).lower().startswith(f"{named(one.slug)}: "):
        bare = bare[len(one.slug) + 2 :]
    return bare[:1].upper() + bare[1:]


def _title(slug: str, kind: str, look: Look) -> str:
    return f"{paint(named(slug).upper(), 'bold', look)}   {kind}"


def _document(doc: str, look: Look) -> list[str]:
    """A docstring's blocks: headings bold, paragraphs wrapped, code and formulas (indented further) as they are."""
    lines: list[str] = []
    margin = 0
    for block in re.split(r"\n[ \t]*\n", doc.strip("\n")):
        head, rows = _parted(block.splitlines())
        if head:
            lines += [paint(head, "bold", look), ""]
            margin = min((len(row) - len(row.lstrip()) for row in rows), default=0)
        body = [row[:margin].lstrip() + row[margin:] for row in rows]
        items = body if head == "Sources" else _items(body)
        for item in items:
            lines += _item(item, look)
        lines += [""] if body else []
    return lines[:-1]


def _parted(rows: list[str]) -> tuple[str, list[str]]:
    """The heading, a line at the margin above an indented or underlined block, and the rest."""
    if len(rows) > 1 and not rows[0].startswith(" "):
        if UNDERLINE.match(rows[1].strip()):
            return rows[0].strip(), rows[2:]
        if rows[1].startswith(" ") and not BULLET.match(rows[0]):
            return rows[0].strip(" *:"), rows[1:]
    return "", rows


def _items(rows: list[str]) -> list[str]:
    """Paragraphs and list items joined into one line each; rows that are indented further stand alone."""
    items: list[str] = []
    joined = False
    for row in rows:
        code = row.startswith("    ")
        if code or not joined or BULLET.match(row.strip()):
            items.append(row)
        else:
            items[-1] += f" {row.strip()}"
        joined = not code
    return items


def _item(item: str, look: Look) -> list[str]:
    if item.startswith("    "):
        return [f"  {item}"]
    mark = BULLET.match(item.strip())
    return _indented(_bare(item.strip()), look, 2 + (len(mark.group()) if mark else 0), mark is not None)


def _indented(text: str, look: Look, indent: int = 2, bullet: bool = False) -> list[str]:
    lines = wrap(text, max(min(look.width, WIDEST) - indent, 20))
    return [f"{'  ' if bullet and at == 0 else ' ' * indent}{line}" for at, line in enumerate(lines)]


def _bare(text: str) -> str:
    return text.replace("``", "`")


def _unknown(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(re.sub(r"[\s_]+", "-", name.lower()), known, 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`diagnose rules` lists the rules"
    return f"expected a rule or a technique, found {name!r}; {hint}"
