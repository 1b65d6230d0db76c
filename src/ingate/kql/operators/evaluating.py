"""evaluate pivot and bag_unpack, whose columns come from the data.

A first query asks for the names (`PreliminaryQuery`); compiled again with its answer, the columns are known, and the
rest of the pipeline can name them. With a schema behind the call (`: (a: long)`), bag_unpack needs no first query.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingate.kql.functions.dynamics import entries_of
from ingate.kql.operators.expanding import typed_element
from ingate.kql.operators.summarizing import aggregate_outputs, group_keys
from ingate.kql.refusal import not_supported, semantic_error, too_complex
from ingate.kql.rendering import quote_text
from ingate.kql.result import Answer, KqlType
from ingate.kql.semantics.conversion import as_text
from ingate.kql.semantics.layers import Output, layer, unordered
from ingate.kql.semantics.reaching import member_of
from ingate.kql.semantics.relation import Relation
from ingate.kql.semantics.scope import PreliminaryNeeded, Scope
from ingate.kql.semantics.values import Value
from ingate.kql.syntax.tree import Call, Expression, Name, Operator

COLUMN_LIMIT = 500
"""Columns that data may add."""

_COUNTING = frozenset({"count", "countif", "dcount", "dcountif", "sum", "sumif", "count_distinct"})


def compile_evaluate(node: Operator, relation: Relation, scope: Scope) -> Relation:
    call = node.items[0]
    if not isinstance(call, Call):
        raise semantic_error(scope.said("a plugin is expected, as in pivot(...)"), node.at)
    if call.name == "pivot":
        if node.types:
            raise not_supported(scope.said("pivot with a schema is not supported"), node.at)
        return _pivot(call, relation, scope)
    if call.name == "bag_unpack":
        return _bag_unpack(call, node.types, relation, scope)
    raise not_supported(scope.said(f"The plugin '{call.name}' is not supported"), call.at)


def _answer(sql: str, at: int, scope: Scope) -> Answer:
    compilation = scope.compilation
    index = compilation.answers_used
    if index >= len(compilation.answers):
        raise PreliminaryNeeded(sql, COLUMN_LIMIT + 1)
    compilation.answers_used += 1
    answer = compilation.answers[index]
    if len(answer) > COLUMN_LIMIT:
        raise too_complex(scope.said(f"more than {COLUMN_LIMIT} columns"), at)
    return answer


def _pivot(call: Call, relation: Relation, scope: Scope) -> Relation:
    if not call.arguments:
        raise semantic_error(scope.said("pivot(): expects a column"), call.at)
    pivot = _text_key(scope.scalar(call.arguments[0]))
    aggregate, groups = _pivot_arguments(call, relation, scope)
    names = _answer(
        relation.render_select([f"DISTINCT {pivot.sql} AS name"], f"ORDER BY 1 LIMIT {COLUMN_LIMIT + 1}"),
        call.at,
        scope,
    )
    keys = group_keys(groups, scope)
    value = aggregate_outputs(aggregate, [key.name for key in keys], scope)
    if len(value) != 1:
        raise semantic_error(scope.said("pivot(): expects an aggregate with one column"), call.at)
    count = ", ".join(str(index + 1) for index in range(len(keys) + 1))
    counted = layer(
        scope.compilation,
        unordered(relation),
        [*keys, Output(name="pivot", value=pivot), *value],
        rest=f"GROUP BY {count}",
    )
    return _spread(call, counted, [name for row in names for name in row[:1]], aggregate, scope)


def _text_key(value: Value) -> Value:
    return Value(sql=as_text(value), type="string", at=value.at, may_be_null=False)


def _pivot_arguments(call: Call, relation: Relation, scope: Scope) -> tuple[Expression, list[Expression]]:
    aggregate: Expression = (
        call.arguments[1] if len(call.arguments) > 1 else Call(at=call.at, name="count", arguments=())
    )
    groups = list(call.arguments[2:])
    if groups:
        return aggregate, groups
    mentioned = [*call.arguments[:1], *_arguments(aggregate)]
    used = {argument.name for argument in mentioned if isinstance(argument, Name)}
    return aggregate, [Name(at=call.at, name=field.name) for field in relation.fields if field.name not in used]


def _arguments(node: Expression) -> Sequence[Expression]:
    return node.arguments if isinstance(node, Call) else ()


def _spread(call: Call, counted: Relation, names: Sequence[str], aggregate: Expression, scope: Scope) -> Relation:
    keys, pivot, value = counted.fields[:-2], counted.fields[-2], counted.fields[-1]
    outputs = [Output(name=field.name, value=field.value(call.at)) for field in keys]
    taken = {output.name for output in outputs}
    zero = isinstance(aggregate, Call) and aggregate.name in _COUNTING
    for name in names:
        if name in taken:
            raise semantic_error(scope.said(f"pivot(): a column named '{name}' exists already"), call.at)
        sql = f"any_value({value.sql}) FILTER (WHERE {pivot.sql} = {quote_text(name)})"
        sql = f"coalesce({sql}, 0)" if zero else sql
        outputs.append(Output(name=name, value=Value(sql=sql, type=value.type, at=call.at)))
    if not outputs:
        raise semantic_error(scope.said("pivot(): there is no row to make columns of"), call.at)
    groups = ", ".join(str(index + 1) for index in range(len(keys)))
    return layer(scope.compilation, counted, outputs, rest=f"GROUP BY {groups}" if groups else "")


def _bag_unpack(call: Call, types: Sequence[tuple[str, KqlType]], relation: Relation, scope: Scope) -> Relation:
    if not call.arguments or len(call.arguments) > 2:
        raise not_supported(scope.said("bag_unpack(): expects a column, and perhaps a prefix"), call.at)
    column = next(iter(call.arguments))
    bag = scope.scalar(column)
    if bag.type != "dynamic" or not isinstance(column, Name):
        raise semantic_error(scope.said("bag_unpack(): expects a dynamic column"), column.at)
    prefix = _prefix(call, scope)
    rest = [
        Output(name=field.name, value=field.value(call.at)) for field in relation.fields if field.name != column.name
    ]
    if types:
        kept = {name for name, _ in types}
        unpacked: list[tuple[str, str, KqlType]] = [
            (name.removeprefix(prefix), name, kql_type)
            for name, kql_type in types
            if name not in {output.name for output in rest}
        ]
        rest = [output for output in rest if output.name in kept]
    else:
        answer = _answer(_keys_query(bag, relation), call.at, scope)
        unpacked = [(key, prefix + key, _inferred(kinds)) for key, kinds in answer_pairs(answer)]
    taken = {output.name for output in rest}
    for key, name, kql_type in unpacked:
        if name in taken:
            raise semantic_error(
                scope.said(f"bag_unpack(): a column named '{name}' exists already; give a prefix"), call.at
            )
        value = typed_element(member_of(bag, key, call.at, scope), kql_type)
        rest.append(Output(name=name, value=value))
    if not rest:
        raise semantic_error(scope.said("bag_unpack(): no column is left"), call.at)
    return layer(scope.compilation, relation, rest)


def answer_pairs(answer: Answer) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in answer if len(row) == 2]


def _prefix(call: Call, scope: Scope) -> str:
    if len(call.arguments) < 2:
        return ""
    value = scope.scalar(call.arguments[1])
    known = value.known.value if value.known is not None else None
    if not isinstance(known, str):
        raise semantic_error(scope.said("bag_unpack(): the prefix is a constant string"), value.at)
    return known


def _keys_query(bag: Value, relation: Relation) -> str:
    kinds = "CASE WHEN json_type(e.j) IN ('BIGINT', 'UBIGINT') THEN 'long' ELSE lower(json_type(e.j)) END"
    entries = (
        f"unnest({entries_of(f'(CASE WHEN json_type({bag.sql}) = {chr(39)}OBJECT{chr(39)} THEN {bag.sql} END)')})"
    )
    inner = relation.render_select([f"{entries} AS e"])
    listed = f"string_agg(DISTINCT {kinds}, ',' ORDER BY {kinds}) FILTER (WHERE json_type(e.j) <> 'NULL')"
    grouped = f"FROM ({inner}) AS found GROUP BY e.k ORDER BY e.k LIMIT {COLUMN_LIMIT + 1}"
    return f"SELECT e.k, coalesce({listed}, '') {grouped}"


def _inferred(kinds: str) -> KqlType:
    types: dict[str, KqlType] = {
        "varchar": "string",
        "boolean": "bool",
        "double": "real",
        "long": "long",
        "double,long": "real",
    }
    return types.get(kinds, "dynamic")
