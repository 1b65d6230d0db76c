"""search: rows in which some column holds a term.

A bare term is looked for in every column, as `has`, without regard to case; `a*` and `*a` look for the beginning and
the
end of a term, `*a*` for a piece. The column `$table` tells where a row was found.
"""

from __future__ import annotations

from dataclasses import replace

from ingate.kql.operators.uniting import names_like, united
from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.semantics.conversion import as_text
from ingate.kql.semantics.matching import match_sql
from ingate.kql.semantics.relation import Relation
from ingate.kql.semantics.scalars import boolean
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import Value, constant
from ingate.kql.syntax.tree import Binary, Call, Expression, Literal, Logical, Name, Operator


def compile_search(node: Operator, relation: Relation, scope: Scope) -> Relation:
    if node.by:
        raise semantic_error(scope.said("'in (...)' is for a search that begins a query"), node.at)
    return relation.filtered(_condition(node.items[0], relation, scope, _cased(node, scope)))


def compile_search_source(node: Operator, scope: Scope) -> Relation:
    cased = _cased(node, scope)
    found: list[Relation] = []
    for table in _tables(node, scope):
        condition = _condition(node.items[0], table, replace(scope, row=table), cased)
        if condition != "false":
            found.append(table.filtered(condition))
    if not found:
        raise semantic_error(scope.said("no table has the columns that are searched"), node.at)
    return united(found, scope, label="$table")


def _cased(node: Operator, scope: Scope) -> bool:
    for name, value in node.parameters:
        text = value.name if isinstance(value, Name) else ""
        if name != "kind" or text not in ("case_sensitive", "case_insensitive", "default"):
            raise not_supported(scope.said(f"'{name}={text}' is not supported"), value.at)
        return text == "case_sensitive"
    return False


def _tables(node: Operator, scope: Scope) -> list[Relation]:
    outside = scope.over(None, "")
    if not node.by:
        return [outside.table(Name(at=node.at, name=name)) for name in sorted(scope.compilation.schema)]
    tables: list[Relation] = []
    for item in node.by:
        if isinstance(item, Name) and "*" in item.name:
            tables.extend(outside.table(Name(at=item.at, name=name)) for name in names_like(item, scope))
        else:
            tables.append(outside.table(item))
    return tables


def _condition(node: Expression, table: Relation, scope: Scope, cased: bool) -> str:
    if isinstance(node, Logical):
        joiner = f" {node.operator.upper()} "
        return "(" + joiner.join(_condition(item, table, scope, cased) for item in node.operands) + ")"
    if isinstance(node, Call) and node.name == "not" and len(node.arguments) == 1:
        return f"(NOT {_condition(node.arguments[0], table, scope, cased)})"
    if isinstance(node, Literal):
        return _anywhere(_term(node), table, scope, cased)
    if isinstance(node, Binary) and node.operator == ":" and isinstance(node.left, Name):
        field = table.field(node.left.name)
        if not isinstance(node.right, Literal):
            raise semantic_error(scope.said("a term is a constant"), node.right.at)
        return "false" if field is None else _holds(field.value(node.at), _term(node.right), node.at, scope, cased)
    missing = [name for name in _names(node) if table.field(name) is None and name not in scope.names]
    if missing:
        return "false"
    value = boolean(scope.scalar(node), "search", scope)
    return f"coalesce({value.sql}, false)"


def _term(node: Literal) -> str:
    return node.value if isinstance(node.value, str) else as_plain(node)


def as_plain(node: Literal) -> str:
    return str(node.value).lower() if isinstance(node.value, bool) else str(node.value)


def _names(node: Expression) -> list[str]:
    if isinstance(node, Name):
        return [node.name]
    if isinstance(node, Binary):
        return _names(node.left) + _names(node.right)
    return []


def _anywhere(term: str, table: Relation, scope: Scope, cased: bool) -> str:
    if term.strip("*") == "":
        return "true"
    return "(" + " OR ".join(_holds(field.value(0), term, 0, scope, cased) for field in table.fields) + ")"


def _holds(value: Value, term: str, at: int, scope: Scope, cased: bool) -> str:
    operator = {(True, True): "contains", (True, False): "hasprefix", (False, True): "hassuffix"}.get(
        (term.endswith("*") and len(term) > 1, term.startswith("*") and len(term) > 1), "has"
    )
    if operator == "has" and term == "*":
        return "true"
    needle = constant("string", term.strip("*"), at)
    return match_sql(operator + ("_cs" if cased else ""), as_text(value), needle, scope)
