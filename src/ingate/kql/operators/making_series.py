"""make-series: for each group one array of each aggregate, over bins of an axis without gaps.

With `from` and `to`, every group has the same bins, `to` excluded; without, a group's bins go from its first to its
last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingate.kql.functions.times import YEAR_ONE
from ingate.kql.operators.projecting import value_and_name
from ingate.kql.operators.summarizing import aggregate_outputs, group_keys
from ingate.kql.refusal import not_supported, semantic_error, too_complex
from ingate.kql.semantics.conversion import as_json, converted
from ingate.kql.semantics.layers import Output, layer, outputs_of, unordered
from ingate.kql.semantics.naming import default_name
from ingate.kql.semantics.relation import Relation, unique_name
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import Value, constant
from ingate.kql.syntax.tree import Defaulted, Literal, Name, Operator

BIN_LIMIT = 1_048_576
"""Elements of one array: Kusto's bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Everything in numbers: microseconds of a datetime, ticks, longs, reals. `first` and `last` are bins, or
    None."""

    name: str
    value: Value
    number: str
    base: str
    step: str
    first: str | None
    last: str | None
    end: str | None
    """Not a bin, as `to` need not lie on one: what is there or beyond is left out."""


def compile_make_series(node: Operator, relation: Relation, scope: Scope) -> Relation:
    _check_parameters(node, scope)
    axis = _axis(node, scope)
    keys = group_keys(node.by, scope)
    aggregates, defaults = _aggregates(node, keys, scope)
    index = Value(sql=f"CAST(floor(({axis.number} - {axis.base}) / {axis.step}) AS BIGINT)", type="long", at=node.at)
    kept = _within(axis, unordered(relation))
    groups = ", ".join(str(place + 1) for place in range(len(keys) + 1))
    binned = layer(
        scope.compilation, kept, [*keys, Output(name="bin", value=index), *aggregates], rest=f"GROUP BY {groups}"
    )
    return _arrays(node, binned, axis, len(keys), defaults, scope)


def _check_parameters(node: Operator, scope: Scope) -> None:
    names = {name for name, _ in node.parameters}
    for name, value in node.parameters:
        if name == "kind" and isinstance(value, Name) and value.name == "nonempty":
            if node.by or not {"from", "to"} <= names:
                raise not_supported(scope.said("kind=nonempty needs 'from' and 'to', and takes no 'by'"), value.at)
        elif name not in ("from", "to", "step"):
            raise not_supported(scope.said(f"'{name}' is not supported"), value.at)


def _axis(node: Operator, scope: Scope) -> Axis:
    if node.table is None:
        raise semantic_error(scope.said("'on' is missing"), node.at)
    expression, given = value_and_name(node.table)
    value = scope.scalar(expression)
    parameters = {name: bound for name, bound in node.parameters if name != "kind"}
    bounds = {name: scope.over(None, scope.place).scalar(bound) for name, bound in parameters.items()}
    step = bounds["step"]
    number, base = _as_number(value, scope), "0"
    if value.type == "datetime":
        base = f"(-{YEAR_ONE})"
        if step.type != "timespan":
            raise semantic_error(scope.said(f"the step of a datetime axis is a timespan, not {step.type}"), step.at)
        width = f"({step.sql} // 10)"
    else:
        width = _as_number(step, scope)
        if (step.type == "timespan") != (value.type == "timespan"):
            raise semantic_error(scope.said(f"a step of type {step.type} on an axis of type {value.type}"), step.at)
    if step.known is None or not isinstance(step.known.value, int | float) or step.known.value <= 0:
        raise semantic_error(scope.said("the step must be a positive constant"), step.at)
    for name in ("from", "to"):
        if name in bounds and bounds[name].type != value.type:
            bounds[name] = _same_type(bounds[name], value, scope)
    low = _as_number(bounds["from"], scope) if "from" in bounds else None
    high = _as_number(bounds["to"], scope) if "to" in bounds else None
    base = low or base
    last = f"CAST(ceil(({high} - {base}) / {width}) AS BIGINT) - 1" if high is not None else None
    _check_count(bounds, scope)
    return Axis(
        name=given or default_name(expression) or "Column1",
        value=value,
        number=number,
        base=base,
        step=width,
        first="0" if low is not None else None,
        last=last,
        end=high,
    )


def _same_type(bound: Value, axis: Value, scope: Scope) -> Value:
    if bound.type in ("int", "long") and axis.type in ("int", "long", "real"):
        return converted(bound, axis.type)
    raise semantic_error(scope.said(f"a bound of type {bound.type} on an axis of type {axis.type}"), bound.at)


def _as_number(value: Value, scope: Scope) -> str:
    if value.type == "datetime":
        return f"epoch_us({value.sql})"
    if value.type in ("timespan", "long", "int", "real"):
        return value.sql
    raise semantic_error(scope.said(f"an axis is a datetime, a timespan or a number, not {value.type}"), value.at)


def _check_count(bounds: dict[str, Value], scope: Scope) -> None:
    low, high, step = (bounds.get(name) for name in ("from", "to", "step"))
    if low is None or high is None or step is None:
        return
    for bound in (low, high):
        if bound.known is None:
            raise semantic_error(scope.said("'from' and 'to' must be constants"), bound.at)
    a, b = (bound.known.value if bound.known is not None else None for bound in (low, high))
    width = step.known.value if step.known is not None else None
    if isinstance(a, datetime) and isinstance(b, datetime):
        distance = (b - a) / timedelta(microseconds=1) * 10
    elif isinstance(a, int | float) and isinstance(b, int | float):
        distance = b - a
    else:
        raise semantic_error(scope.said("'from' and 'to' must not be null"), low.at)
    if isinstance(width, int | float) and distance / width > BIN_LIMIT:
        raise too_complex(scope.said(f"more than {BIN_LIMIT} bins"), step.at)


def _within(axis: Axis, relation: Relation) -> Relation:
    conditions = [f"{axis.value.sql} IS NOT NULL"]
    if axis.first is not None:
        conditions.append(f"{axis.number} >= {axis.base}")
    if axis.end is not None:
        conditions.append(f"{axis.number} < {axis.end}")
    return relation.filtered(*conditions)


def _aggregates(node: Operator, keys: list[Output], scope: Scope) -> tuple[list[Output], list[Value]]:
    outputs: list[Output] = []
    defaults: list[Value] = []
    for item in node.items:
        if not isinstance(item, Defaulted):
            continue
        for output in aggregate_outputs(item.value, [key.name for key in keys], scope):
            taken = {other.name for other in (*keys, *outputs)}
            outputs.append(replace(output, name=unique_name(output.name or "Column1", taken)))
            given = item.default if item.default is not None else Literal(at=item.at, type="long", value=0)
            default = scope.scalar(given)
            numeric = output.value.type in ("int", "long", "real", "decimal")
            if item.default is None and not numeric:
                default = constant(output.value.type, "" if output.value.type == "string" else None, item.at)
            wanted = "real" if default.type == "real" and output.value.type == "long" else output.value.type
            defaults.append(converted(default, wanted))
    if not outputs:
        raise semantic_error(scope.said("an aggregate is expected"), node.at)
    return outputs, defaults


def _arrays(
    node: Operator, binned: Relation, axis: Axis, key_count: int, defaults: list[Value], scope: Scope
) -> Relation:
    """Every bin that has rows makes its own elements and those of the gap behind it: the work grows with the bins,
    where a look-up for each of them would grow with their square."""
    spread = _with_gaps(binned, axis, key_count, scope)
    keys, index, values = spread.fields[:key_count], spread.fields[key_count], spread.fields[key_count + 1 : -2]
    start, stop = (field.sql for field in spread.fields[-2:])
    fills = any(name == "kind" for name, _ in node.parameters)

    def gathered(element: Value, empty: Value) -> Value:
        own = f"list_transform(range({start}, {stop}), lambda i_: {as_json(element)})"
        items = f"list_slice(flatten(list({own} ORDER BY {index.sql})), 1, {BIN_LIMIT})"
        if fills:
            items = f"coalesce({items}, list_transform(range(0, {axis.last} + 1), lambda i_: {as_json(empty)}))"
        return Value(sql=f"to_json({items})", type="dynamic", at=node.at, may_be_null=False)

    outputs = [Output(name=field.name, value=field.value(node.at)) for field in keys]
    for field, default in zip(values, defaults, strict=True):
        sql = f"CASE WHEN i_ = {index.sql} THEN coalesce({field.sql}, {default.sql}) ELSE {default.sql} END"
        element = Value(sql=sql, type=default.type, at=node.at)
        outputs.append(Output(name=field.name, value=gathered(element, default)))
    place = Value(sql=_place(axis), type=axis.value.type, at=node.at, may_be_null=False)
    name = unique_name(axis.name, {output.name for output in outputs})
    outputs.append(Output(name=name, value=gathered(place, place)))
    groups = ", ".join(str(number + 1) for number in range(key_count))
    rest = f"GROUP BY {groups}" if key_count else "" if fills else "HAVING count(*) > 0"
    return layer(scope.compilation, spread, outputs, rest=rest)


def _with_gaps(binned: Relation, axis: Axis, key_count: int, scope: Scope) -> Relation:
    """With two more columns: the bins that a row stands for, from the first (its own, but for a group's first row) to
    before the last."""
    index = binned.fields[key_count].sql
    keys = ", ".join(field.sql for field in binned.fields[:key_count])
    over = f"OVER ({f'PARTITION BY {keys} ' if keys else ''}ORDER BY {index})"
    first = axis.first or index
    last = f"{axis.last} + 1" if axis.last is not None else f"{index} + 1"
    start = f"CASE WHEN lag({index}) {over} IS NULL THEN {first} ELSE {index} END"
    stop = f"least(coalesce(lead({index}) {over}, {last}), {index} + {BIN_LIMIT})"
    added = [
        Output(name=name, value=Value(sql=f"CAST({sql} AS BIGINT)", type="long", at=0, may_be_null=False))
        for name, sql in (("start", start), ("stop", stop))
    ]
    return layer(scope.compilation, binned, [*outputs_of(binned), *added])


def _place(axis: Axis) -> str:
    number = f"({axis.base} + i_ * {axis.step})"
    return f"make_timestamp(CAST({number} AS BIGINT))" if axis.value.type == "datetime" else number
