"""What a column is called that the query gives no name: Kusto's rules."""

from __future__ import annotations

from ingate.kql.functions.catalogue import FUNCTIONS
from ingate.kql.syntax.tree import Call, Expression, Index, Literal, Member, Name

_NAME_AND_ARGUMENT = frozenset({"strlen", "string_size", "gettype"})


def default_name(node: Expression) -> str | None:
    """None: Column1, Column2 and so on. A path names itself with `_`, `bin(T, 1h)` is T."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member):
        inner = default_name(node.of)
        return f"{inner}_{node.name}" if inner else node.name
    if isinstance(node, Index):
        inner = default_name(node.of)
        if inner and isinstance(node.index, Literal):
            return f"{inner}_{node.index.value}"
        return inner
    if isinstance(node, Call):
        return _call_name(node)
    return None


def _call_name(node: Call) -> str | None:
    inner = default_name(node.arguments[0]) if node.arguments else None
    if inner is None:
        return None
    if node.name in _NAME_AND_ARGUMENT:
        return f"{node.name}_{inner}"
    rule = FUNCTIONS.get(node.name)
    return inner if rule is not None and rule.takes_name else None
