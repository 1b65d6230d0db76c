"""print, range, datatable: tables that the query itself holds."""

from __future__ import annotations

from ingate.kql.operators.projecting import value_and_name
from ingate.kql.refusal import semantic_error, too_complex
from ingate.kql.rendering import SQL_TYPES
from ingate.kql.semantics.conversion import as_text, converted
from ingate.kql.semantics.layers import Output, layer
from ingate.kql.semantics.naming import default_name
from ingate.kql.semantics.relation import Field, Relation, unique_name
from ingate.kql.semantics.scope import Scope
from ingate.kql.syntax.tree import Call, Operator

RANGE_LIMIT = 10_000_000
"""Rows of one `range`."""


def compile_print(node: Operator, scope: Scope) -> Relation:
    outputs: list[Output] = []
    for index, item in enumerate(node.items):
        expression, given = value_and_name(item)
        named = default_name(expression) if isinstance(expression, Call) else None
        wanted = given or named or f"print_{index}"
        name = unique_name(wanted, {output.name for output in outputs})
        outputs.append(Output(name=name, value=scope.scalar(expression)))
    if not outputs:
        raise semantic_error(scope.said("a value is expected"), node.at)
    return layer(scope.compilation, Relation(source="(VALUES (1)) AS one_row(one)", fields=()), outputs)


def compile_datatable(node: Operator, scope: Scope) -> Relation:
    width = len(node.types)
    if len(node.items) % width:
        raise semantic_error(scope.said(f"the number of values is no multiple of {width}"), node.at)
    values: list[str] = []
    for index, item in enumerate(node.items):
        value = converted(scope.scalar(item), node.types[index % width][1])
        values.append(as_text(value) if value.type == "string" else value.sql)
    names = [scope.compilation.new_name() for _ in node.types]
    fields = tuple(
        Field(name=name, type=kql_type, sql=sql) for (name, kql_type), sql in zip(node.types, names, strict=True)
    )
    columns = ", ".join(names)
    alias = f"{scope.compilation.new_name('t')}({columns})"
    if values:
        rows = ", ".join(f"({', '.join(values[start : start + width])})" for start in range(0, len(values), width))
        return Relation(source=f"(VALUES {rows}) AS {alias}", fields=fields)
    nulls = ", ".join(f"CAST(NULL AS {SQL_TYPES[kql_type]})" for _, kql_type in node.types)
    return Relation(source=f"(SELECT {nulls} WHERE false) AS {alias}", fields=fields)


def compile_range(node: Operator, scope: Scope) -> Relation:
    start, stop, step = (scope.scalar(item) for item in node.items)
    name = scope.compilation.new_name()
    alias = f"AS {scope.compilation.new_name('t')}({name})"
    if start.type == stop.type == "datetime" and step.type == "timespan":
        steps = f"range(0, (epoch_us({stop.sql}) - epoch_us({start.sql})) // ({step.sql} // 10) + 1)"
        sql = f"SELECT {start.sql} + to_microseconds(i * ({step.sql} // 10)) FROM {steps} AS r(i)"  # noqa: S608 - made of compiled constants
        kql_type = "datetime"
    elif start.type == stop.type == step.type == "timespan" or all(
        v.type in ("int", "long") for v in (start, stop, step)
    ):
        a, b, c = (f"CAST({value.sql} AS BIGINT)" for value in (start, stop, step))
        sql = f"SELECT i FROM generate_series({a}, {b}, {c}) AS r(i)"  # noqa: S608 - made of compiled constants
        kql_type = "timespan" if start.type == "timespan" else "long"
    elif all(value.type in ("int", "long", "real") for value in (start, stop, step)):
        a, b, c = (converted(value, "real").sql for value in (start, stop, step))
        sql = f"SELECT {a} + i * {c} FROM range(0, CAST(floor(({b} - {a}) / {c}) AS BIGINT) + 1) AS r(i)"  # noqa: S608 - made of compiled constants
        kql_type = "real"
    else:
        raise semantic_error(scope.said(f"cannot go from {start.type} to {stop.type} by {step.type}"), node.at)
    _check_size(node, start.known, stop.known, step.known, scope)
    field = Field(name=node.words[0], type=kql_type, sql=name, may_be_null=False)
    return Relation(source=f"({sql}) {alias}", fields=(field,))


def _check_size(node: Operator, start: object, stop: object, step: object, scope: Scope) -> None:
    bounds = [getattr(known, "value", None) for known in (start, stop, step)]
    if any(bound is None for bound in bounds):
        raise semantic_error(scope.said("from, to and step must be constants"), node.at)
    first, last, by = bounds
    if hasattr(first, "year"):
        first, last, by = 0.0, (last - first).total_seconds() * 1e7, by  # type: ignore[operator]
    if not by:
        raise semantic_error(scope.said("the step must not be 0"), node.at)
    if (last - first) / by > RANGE_LIMIT:  # type: ignore[operator]
        raise too_complex(scope.said(f"more than {RANGE_LIMIT} rows"), node.at)
