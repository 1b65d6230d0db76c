"""mv-expand and mv-apply: one row for each element of an array or property of a bag.

A null gives one row, an empty array none, a scalar itself; of several arrays the longest counts, the others end in
nulls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingate.kql.functions.dynamics import entries_of
from ingate.kql.operators.projecting import value_and_name
from ingate.kql.operators.sorting import row_count
from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.result import KqlType
from ingate.kql.semantics.conversion import converted
from ingate.kql.semantics.layers import Output, layer, numbered, outputs_of
from ingate.kql.semantics.naming import default_name
from ingate.kql.semantics.relation import Field, OrderKey, Relation, unique_name
from ingate.kql.semantics.scope import LetTable, Scope
from ingate.kql.semantics.values import NUMERIC, Value
from ingate.kql.syntax.tree import Converted, Literal, Name, Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    name: str
    items: str
    type: KqlType


def compile_mv_expand(node: Operator, relation: Relation, scope: Scope) -> Relation:
    if relation.order:
        relation = numbered(scope.compilation, relation)
    expansions = _expansions(node, scope)
    listed, lists = _with_lists(expansions, relation, scope)
    index_name = _index_name(node, scope)
    position = f"unnest(range(0, greatest({', '.join(f'len({item})' for item in lists)})))"
    outputs = _merged(listed, len(relation.fields), expansions, lists)
    compilation = scope.compilation
    position_column = compilation.new_name("o")
    expanded = layer(
        compilation,
        listed,
        [
            *outputs,
            Output(name=position_column, value=Value(sql=position, type="long", at=node.at, may_be_null=False)),
        ],
    )
    fields = [*expanded.fields]
    last = fields.pop()
    typed = [
        Output(name=field.name, value=typed_element(field.value(node.at), _type_of(field.name, expansions)))
        for field in fields
    ]
    if index_name is not None:
        typed.append(Output(name=index_name, value=last.value(node.at)))
    if not relation.order:
        return layer(compilation, expanded, typed)
    order = (*expanded.order, OrderKey(sql=last.sql, descending=False, nulls_first=False))
    return layer(compilation, replace(expanded, order=order, numbered=False), typed)


def _expansions(node: Operator, scope: Scope) -> list[Expansion]:
    as_arrays = _kind(node, scope) == "array"
    limit = row_count(node.by[0], scope) if node.by else None
    expansions: list[Expansion] = []
    for item in node.items:
        if not isinstance(item, Converted):
            continue
        expression, given = value_and_name(item.value)
        value = scope.scalar(expression)
        if value.type != "dynamic":
            raise semantic_error(
                scope.said(f"expands a dynamic value, not {value.type}; use todynamic(...)"), item.at
            )
        name = given or default_name(expression) or f"Column{len(expansions) + 1}"
        items = _items(value.sql, as_arrays)
        if limit is not None:
            items = f"list_slice({items}, 1, {limit})"
        expansions.append(Expansion(name=name, items=items, type=item.type or "dynamic"))
    return expansions


def _kind(node: Operator, scope: Scope) -> str:
    for name, value in node.parameters:
        if name in ("kind", "bagexpansion"):
            kind = value.name if isinstance(value, Name) else ""
            if kind not in ("bag", "array"):
                raise semantic_error(scope.said("the kind is bag or array"), value.at)
            return kind
        if name != "with_itemindex":
            raise not_supported(scope.said(f"'{name}' is not supported"), value.at)
    return "bag"


def _index_name(node: Operator, scope: Scope) -> str | None:
    for name, value in node.parameters:
        if name == "with_itemindex":
            return value.name if isinstance(value, Name) else str(value.value) if isinstance(value, Literal) else None
    return None


def _items(json: str, as_arrays: bool) -> str:
    member = "to_json([to_json(p_.k), p_.j])" if as_arrays else "json_object(p_.k, p_.j)"
    return (
        f"CASE coalesce(json_type({json}), 'NULL') WHEN 'ARRAY' THEN CAST(json_extract({json}, '$[*]') AS JSON[])"
        f" WHEN 'OBJECT' THEN list_transform({entries_of(json)}, lambda p_: {member})"
        f" WHEN 'NULL' THEN [CAST(NULL AS JSON)] ELSE [{json}] END"
    )


def _with_lists(expansions: Sequence[Expansion], relation: Relation, scope: Scope) -> tuple[Relation, list[str]]:
    """The relation with one more column for each list."""
    lists = [
        Output(name=f"list {index}", value=Value(sql=expansion.items, type="dynamic", at=0))
        for index, expansion in enumerate(expansions)
    ]
    listed = layer(scope.compilation, relation, [*outputs_of(relation), *lists])
    return listed, [field.sql for field in listed.fields[len(relation.fields) :]]


def _merged(listed: Relation, width: int, expansions: Sequence[Expansion], lists: Sequence[str]) -> list[Output]:
    """The columns, each expanded one in its place or, when new, at the end."""
    outputs = [Output(name=field.name, value=field.value(0)) for field in listed.fields[:width]]
    for expansion, sql in zip(expansions, lists, strict=True):
        output = Output(name=expansion.name, value=Value(sql=f"unnest({sql})", type="dynamic", at=0))
        place = next((index for index, other in enumerate(outputs) if other.name == expansion.name), None)
        if place is None:
            outputs.append(output)
        else:
            outputs[place] = output
    return outputs


def _type_of(name: str, expansions: Sequence[Expansion]) -> KqlType:
    for expansion in expansions:
        if expansion.name == name:
            return expansion.type
    return "dynamic"


def typed_element(value: Value, kql_type: KqlType) -> Value:
    """`to typeof` casts and does not parse: the text "5" is no long, and becomes null."""
    if value.type != "dynamic" or kql_type == "dynamic":
        return value
    typed = converted(value, kql_type)
    if kql_type in NUMERIC:
        sql = f"CASE WHEN json_type({value.sql}) IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN {typed.sql} END"
        return Value(sql=sql, type=kql_type, at=value.at)
    return typed


def compile_mv_apply(node: Operator, relation: Relation, scope: Scope) -> Relation:
    """The subquery runs once for each row, over that row's elements: a lateral join."""
    relation = numbered(scope.compilation, relation)
    expansions = _expansions(node, scope)
    listed, lists = _with_lists(expansions, relation, scope)
    compilation = scope.compilation
    replaced = {expansion.name for expansion in expansions}
    outer = [field for field in listed.fields[: len(relation.fields)] if field.name not in replaced]
    elements = _elements(node, expansions, lists, outer, scope)
    if node.table is None:
        raise semantic_error(scope.said("a subquery is expected"), node.at)
    inner = scope.over(None, "").binding("*", LetTable(relation=elements)).table(node.table)
    columns = [field.sql for field in inner.fields] + [key.sql for key in inner.order]
    lateral = f"({inner.render_select(columns)})"
    source = f"{listed.source}, LATERAL {lateral} AS {compilation.new_name('t')}"
    names = {field.name for field in outer}
    outputs = [Output(name=field.name, value=field.value(0)) for field in outer]
    for field in inner.fields:
        if field.name not in names:
            outputs.append(
                Output(name=unique_name(field.name, {output.name for output in outputs}), value=field.value(0))
            )
    return layer(compilation, Relation(source=source, fields=(), order=listed.order + inner.order), outputs)


def _elements(
    node: Operator, expansions: Sequence[Expansion], lists: Sequence[str], outer: Sequence[Field], scope: Scope
) -> Relation:
    """The rows that the subquery sees: the elements, typed, and the row's other columns."""
    compilation = scope.compilation
    index_name = _index_name(node, scope)
    raw = [
        Output(name=expansion.name, value=Value(sql=f"unnest({sql})", type="dynamic", at=0))
        for expansion, sql in zip(expansions, lists, strict=True)
    ]
    position = f"unnest(range(0, greatest({', '.join(f'len({item})' for item in lists)})))"
    raw.append(Output(name="position", value=Value(sql=position, type="long", at=0, may_be_null=False)))
    unnested = layer(compilation, Relation(source="(VALUES (1)) AS one_row(one)", fields=()), raw)
    typed = [
        Output(name=expansion.name, value=typed_element(field.value(0), expansion.type))
        for expansion, field in zip(expansions, unnested.fields, strict=False)
    ]
    place = unnested.fields[-1]
    if index_name is not None:
        typed.append(Output(name=index_name, value=place.value(0)))
    typed += [Output(name=field.name, value=field.value(0)) for field in outer]
    order = (OrderKey(sql=place.sql, descending=False, nulls_first=False),)
    return layer(compilation, replace(unnested, order=order, numbered=True), typed)
