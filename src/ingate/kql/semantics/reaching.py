"""Into dynamic values: `bag.name`, `bag["name"]`, `array[0]`, `array[-1]`.

A JSON pointer names a member, since in DuckDB's `->` a name that begins with `$` or `/` would be a path. Names of
digits
only are written as a path, since a pointer would take them as an index into an array.
"""

from __future__ import annotations

from ingate.kql.refusal import semantic_error
from ingate.kql.rendering import quote_text
from ingate.kql.semantics.conversion import as_text
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import INTEGRAL, Value
from ingate.kql.syntax.tree import Index, Member


def compile_member(node: Member, scope: Scope) -> Value:
    return member_of(scope.scalar(node.of), node.name, node.at, scope)


def member_of(value: Value, name: str, at: int, scope: Scope) -> Value:
    if value.type != "dynamic":
        raise semantic_error(scope.said(f"Only a dynamic value has members, and this is {value.type}"), at)
    return Value(sql=f"({value.sql} -> {quote_text(_path(name))})", type="dynamic", at=at)


def _path(name: str) -> str:
    if name.isdigit():
        return f'$."{name}"'
    return "/" + name.replace("~", "~0").replace("/", "~1")


def compile_index(node: Index, scope: Scope) -> Value:
    value, index = scope.scalar(node.of), scope.scalar(node.index)
    known = index.known.value if index.known is not None else None
    if isinstance(known, str):
        return member_of(value, known, node.at, scope)
    if value.type != "dynamic":
        raise semantic_error(scope.said(f"Only a dynamic value has members, and this is {value.type}"), node.at)
    if index.type in INTEGRAL:
        sql = f"(CASE WHEN json_type({value.sql}) = 'ARRAY' THEN {value.sql} -> CAST({index.sql} AS BIGINT) END)"
        return Value(sql=sql, type="dynamic", at=node.at)
    if index.type not in ("string", "dynamic"):
        raise semantic_error(scope.said(f"A member is named by a string or a number, not by {index.type}"), node.at)
    pointer = f"'/' || replace(replace({as_text(index)}, '~', '~0'), '/', '~1')"
    return Value(sql=f"({value.sql} -> ({pointer}))", type="dynamic", at=node.at)
