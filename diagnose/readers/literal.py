"""A dict as Python prints it: print(history.history), with nan, array([...]) and np.float64(0.1); never evaluated."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

from diagnose.errors import ReadError, Refused
from diagnose.readers.content import Content
from diagnose.readers.table import Table
from diagnose.readers.values import tables_of

_LIMIT = 20_000_000  # characters: a syntax tree takes a hundred times the memory of its text
_SET = r"[A-Za-z_][\w.]{0,80}\s*=\s*"
_START = re.compile(rf"\s*(?:{_SET})?(?:\{{|\[\s*\{{|(?:collections\.)?(?:OrderedDict|defaultdict|dict)\()")
_CLASS = re.compile(r"<class '[\w.]{0,80}'>")
_NAMES = {"nan": math.nan, "NaN": math.nan, "inf": math.inf, "Infinity": math.inf, "null": None}
_DICTS = frozenset({"dict", "OrderedDict", "defaultdict"})
_FLOATS = frozenset({"float", "float16", "float32", "float64", "bfloat16"})
_LISTS = frozenset({"array", "asarray", "Array", "tensor", "list", "tuple", "deque", "int", "int32", "int64"})
_WRAPPERS = _DICTS | _FLOATS | _LISTS


def recognise(content: Content) -> bool:
    """Whether the text is a dict, a list of dicts, or a name set to one."""
    text = content.text
    return text is not None and _START.match(text) is not None and text.rstrip()[-1:] in "})];"


def tables(content: Content) -> list[Table]:
    """The histories in the dict; ReadError with the line where it isn't one."""
    return tables_of(value_of(content.text or "", content.source), content.source, "Python dict")


def value_of(text: str, source: str) -> Any:
    """What the text says, without evaluating it. Raises ReadError for anything but containers and numbers."""
    if len(text) > _LIMIT:
        raise Refused(f"expected at most {_LIMIT:,} characters of Python, found more; save it as JSON", source=source)
    text = _CLASS.sub("None", text.strip())
    match = re.match(_SET, text)
    text = text[match.end() :] if match else text
    try:
        return _value(ast.parse(text.rstrip("; \n"), mode="eval").body)
    except SyntaxError as error:
        raise ReadError(
            f"expected a Python dict, found {(error.text or '').strip()[:40]!r} ({error.msg})",
            source=source,
            place=f"line {error.lineno}" if error.lineno else None,
        ) from error
    except _NotPlainError as error:
        told = f"expected numbers and lists, found {error}"
        raise ReadError(told, source=source, place=f"line {error.line}") from error
    except (ValueError, RecursionError, MemoryError, TypeError) as error:
        raise ReadError(f"expected a Python dict, found what can't be read as one ({error})", source=source) from error


class _NotPlainError(Exception):
    """Something in the text that is no number and no container."""

    def __init__(self, node: ast.AST, what: str) -> None:
        super().__init__(what)
        self.line = getattr(node, "lineno", 1)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        if node.value is ...:
            raise _NotPlainError(node, "... where numbers were left out when it was printed; save the whole dict")
        return node.value
    if isinstance(node, ast.Dict):
        return _dict(node)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [_value(one) for one in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _value(node.operand)
        if isinstance(value, (int, float)):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, (ast.Name, ast.Attribute)) and _name(node) in _NAMES:
        return _NAMES[_name(node)]
    if isinstance(node, ast.Call) and _name(node.func) in _WRAPPERS:
        return _wrapped(node)
    raise _NotPlainError(node, f"{ast.unparse(node)[:40]!r}")


def _dict(node: ast.Dict) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            raise _NotPlainError(node, "** in a dict")
        found[str(_value(key))] = _value(value)
    return found


def _wrapped(node: ast.Call) -> Any:
    """What stands inside array(...), float64(...) or defaultdict(list, {...})."""
    name = _name(node.func)
    if name == "dict" and node.keywords:
        return {one.arg: _value(one.value) for one in node.keywords if one.arg}
    if not node.args:
        return {} if name in _DICTS else []
    inner = _value(node.args[-1] if name == "defaultdict" else node.args[0])
    if name in _DICTS and isinstance(inner, list):
        return {str(pair[0]): pair[1] for pair in inner if isinstance(pair, list) and len(pair) == 2}
    return float(inner) if name in _FLOATS and isinstance(inner, (str, int, float)) else inner


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
