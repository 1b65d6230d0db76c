"""union: all rows of several tables, one after the other."""

from __future__ import annotations

from fnmatch import fnmatchcase

from ingate.kql.refusal import Refused, not_supported, semantic_error
from ingate.kql.rendering import quote_text, render_null
from ingate.kql.result import KqlType
from ingate.kql.semantics.relation import Field, Relation
from ingate.kql.semantics.scope import LetTable, Scope
from ingate.kql.syntax.tree import Expression, Literal, Name, Operator


def compile_union(node: Operator, relation: Relation, scope: Scope) -> Relation:
    return _united(node, [relation, *_tables(node, scope)], scope)


def compile_union_source(node: Operator, scope: Scope) -> Relation:
    return _united(node, _tables(node, scope), scope)


def _tables(node: Operator, scope: Scope) -> list[Relation]:
    fuzzy = any(name == "isfuzzy" and _is_true(value) for name, value in node.parameters)
    tables: list[Relation] = []
    outside = scope.over(None, "")
    for item in node.items:
        if isinstance(item, Name) and "*" in item.name:
            tables.extend(outside.table(Name(at=item.at, name=name)) for name in names_like(item, scope))
            continue
        try:
            tables.append(outside.table(item))
        except Refused:
            if not (fuzzy and isinstance(item, Name)):
                raise
    if not tables:
        raise semantic_error(scope.said("no table is left"), node.at)
    return tables


def _is_true(value: Expression) -> bool:
    return isinstance(value, Literal) and value.value is True or isinstance(value, Name) and value.name == "true"


def names_like(item: Name, scope: Scope) -> list[str]:
    names = [*scope.compilation.schema, *(name for name, bound in scope.names.items() if isinstance(bound, LetTable))]
    pattern = item.name.replace("[", "[[]").replace("?", "[?]")
    found = sorted({name for name in names if name != "*" and fnmatchcase(name, pattern)})
    if not found:
        raise semantic_error(scope.said(f"no table is named like '{item.name}'"), item.at)
    return found


def _united(node: Operator, tables: list[Relation], scope: Scope) -> Relation:
    kind, label = _parameters(node, scope)
    return united(tables, scope, inner=kind == "inner", label=label)


def _parameters(node: Operator, scope: Scope) -> tuple[str, str | None]:
    kind, label = "outer", None
    for name, value in node.parameters:
        text = value.name if isinstance(value, Name) else ""
        if name == "kind":
            kind = text
        elif name in ("withsource", "with_source"):
            label = text or None
        elif name != "isfuzzy":
            raise not_supported(scope.said(f"'{name}' is not supported"), value.at)
    if kind not in ("inner", "outer"):
        raise semantic_error(scope.said("the kind is inner or outer"), node.at)
    return kind, label


def united(tables: list[Relation], scope: Scope, *, inner: bool = False, label: str | None = None) -> Relation:
    """Columns of one name and different types become one each, the type behind the name."""
    compilation = scope.compilation
    columns = _columns(tables, inner)
    names = [compilation.new_name() for _ in columns]
    label_sql = compilation.new_name()
    selects: list[str] = []
    for index, table in enumerate(tables):
        chosen = [
            _column(table, name, kql_type, sql) for (_, name, kql_type), sql in zip(columns, names, strict=True)
        ]
        if label is not None:
            chosen.insert(0, f"{quote_text(table.label or f'union_arg{index}')} AS {label_sql}")
        selects.append(table.render_select(chosen))
    fields = [
        Field(name=shown, type=kql_type, sql=sql) for (shown, _, kql_type), sql in zip(columns, names, strict=True)
    ]
    if label is not None:
        fields.insert(0, Field(name=label, type="string", sql=label_sql, may_be_null=False))
    return Relation(source=f"({' UNION ALL '.join(selects)}) AS {compilation.new_name('t')}", fields=tuple(fields))


def _column(table: Relation, name: str, kql_type: KqlType, sql: str) -> str:
    field = table.field(name)
    found = field is not None and field.type == kql_type
    return f"{field.sql if found and field is not None else render_null(kql_type)} AS {sql}"


def _columns(tables: list[Relation], inner: bool) -> list[tuple[str, str, KqlType]]:
    """Name shown, name in the tables, type."""
    types: dict[str, list[KqlType]] = {}
    for table in tables:
        for field in table.fields:
            listed = types.setdefault(field.name, [])
            if field.type not in listed:
                listed.append(field.type)
    if inner:
        types = {
            name: listed
            for name, listed in types.items()
            if len(listed) == 1 and all(table.field(name) is not None for table in tables)
        }
    return [
        (name if len(listed) == 1 else f"{name}_{kql_type}", name, kql_type)
        for name, listed in types.items()
        for kql_type in listed
    ]
