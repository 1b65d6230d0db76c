"""summarize, distinct, count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingate.kql.aggregates import AGGREGATES, orderable, percentile_of, share_at
from ingate.kql.functions.signatures import CallSite
from ingate.kql.operators.projecting import value_and_name
from ingate.kql.refusal import semantic_error
from ingate.kql.semantics.conversion import as_text
from ingate.kql.semantics.layers import Output, layer, unordered
from ingate.kql.semantics.naming import default_name
from ingate.kql.semantics.relation import Relation, unique_name
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import Value
from ingate.kql.syntax.tree import Call, Expression, Name, Named, Operator, Star

_SEVERAL = frozenset({"arg_max", "arg_min", "percentiles", "take_any", "any"})


def compile_summarize(node: Operator, relation: Relation, scope: Scope) -> Relation:
    keys = group_keys(node.by, scope)
    outputs = list(keys)
    for item in node.items:
        for output in aggregate_outputs(item, [key.name for key in keys], scope):
            name = output.name or _numbered(outputs)
            outputs.append(replace(output, name=unique_name(name, {other.name for other in outputs})))
    places = ", ".join(str(index + 1) for index in range(len(keys)))
    rest = f"GROUP BY {places}" if keys else ""
    return layer(scope.compilation, unordered(relation), outputs, rest=rest)


def _numbered(outputs: Sequence[Output]) -> str:
    number = 1
    while f"Column{number}" in {output.name for output in outputs}:
        number += 1
    return f"Column{number}"


def group_keys(nodes: Sequence[Expression], scope: Scope) -> list[Output]:
    keys: list[Output] = []
    for node in nodes:
        expression, given = value_and_name(node)
        value = scope.scalar(expression)
        name = given or default_name(expression) or _numbered(keys)
        if value.type == "dynamic":
            message = (
                f"Summarize group key '{name}' is of a 'dynamic' type. Please use an explicit cast"
                " as grouping by a 'dynamic' type is not supported"
            )
            raise semantic_error(message if scope.place == "summarize" else scope.said(message), node.at)
        keys.append(Output(name=unique_name(name, {key.name for key in keys}), value=key_value(value)))
    return keys


def key_value(value: Value) -> Value:
    """A key in which missing and empty strings are the same."""
    if value.type != "string":
        return replace(value, known=None)
    return Value(sql=as_text(value), type="string", at=value.at, may_be_null=False)


def aggregate_outputs(node: Expression, keys: Sequence[str], scope: Scope) -> list[Output]:
    """The columns of one aggregate; an empty name stands for Column1, Column2 ..."""
    names = node.names if isinstance(node, Named) else ()
    expression = node.value if isinstance(node, Named) else node
    if isinstance(expression, Call) and expression.name in _SEVERAL and expression.name not in scope.names:
        outputs = _several(expression, keys, scope)
        if len(names) > len(outputs):
            raise semantic_error(
                scope.said(f"{expression.name}() gives {len(outputs)} column(s), not {len(names)}"), node.at
            )
        renamed = [replace(output, name=name) for output, name in zip(outputs, names, strict=False)]
        return renamed + outputs[len(names) :]
    if len(names) > 1:
        raise semantic_error(scope.said("Several names are for aggregates that give several columns"), node.at)
    value = scope.within(aggregating=True).scalar(expression)
    if not _has_aggregate(expression, scope):
        raise semantic_error(scope.said("An aggregate is expected here"), node.at)
    return [Output(name=names[0] if names else aggregate_name(expression) or "", value=value)]


def _has_aggregate(node: Expression, scope: Scope) -> bool:
    """Over no aggregate there is nothing to group; a function of `let` may hold one."""
    pending: list[object] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, Call) and (
            current.name in AGGREGATES or current.name in scope.names or current.name == "toscalar"
        ):
            return True
        if isinstance(current, tuple):
            pending.extend(current)  # pyright: ignore[reportUnknownArgumentType]
        elif hasattr(current, "__dataclass_fields__"):
            pending.extend(getattr(current, name) for name in current.__dataclass_fields__)  # type: ignore[attr-defined]
    return False


def aggregate_name(node: Expression) -> str | None:
    if not isinstance(node, Call):
        return None
    found = AGGREGATES.get(node.name)
    if found is None:
        inner = aggregate_name(node.arguments[0]) if node.arguments else None
        if inner is None:
            return None
        return default_name(replace(node, arguments=(Name(at=node.at, name=inner), *node.arguments[1:])))
    argument = default_name(node.arguments[0]) if node.arguments and node.name != "countif" else None
    if node.name == "percentile" and len(node.arguments) > 1:
        return f"percentile_{argument or ''}_{_share_name(node.arguments[1])}"
    return f"{found.prefix}_{argument or ''}" if found.prefix else argument


def _share_name(node: Expression) -> str:
    value = getattr(node, "value", "")
    return "".join(character if character.isalnum() else "_" for character in str(value))


def _several(node: Call, keys: Sequence[str], scope: Scope) -> list[Output]:
    if node.name == "percentiles":
        return _percentiles(node, scope)
    if node.name in ("take_any", "any"):
        return _take_any(node, keys, scope)
    return _arg_extreme(node, keys, scope)


def _percentiles(node: Call, scope: Scope) -> list[Output]:
    values = [scope.scalar(argument) for argument in node.arguments]
    if len(values) < 2:
        raise semantic_error(scope.said("percentiles(): expects at least 2 arguments"), node.at)
    site = CallSite(node=node, values=values, scope=scope)
    argument = default_name(node.arguments[0]) or ""
    return [
        Output(
            name=f"percentile_{argument}_{_share_name(node.arguments[index])}",
            value=percentile_of(site, share_at(site, index)),
        )
        for index in range(1, len(values))
    ]


def _expanded(nodes: Sequence[Expression], keys: Sequence[str], taken: set[str], scope: Scope) -> list[Output]:
    outputs: list[Output] = []
    for node in nodes:
        if isinstance(node, Star) and scope.row is not None:
            fields = [field for field in scope.row.fields if field.name not in keys and field.name not in taken]
            outputs.extend(Output(name=field.name, value=field.value(node.at)) for field in fields)
            continue
        expression, given = value_and_name(node)
        outputs.append(Output(name=given or default_name(expression) or "", value=scope.scalar(expression)))
    return outputs


def _take_any(node: Call, keys: Sequence[str], scope: Scope) -> list[Output]:
    outputs = _expanded(node.arguments, keys, set(), scope)
    if not outputs:
        raise semantic_error(scope.said(f"{node.name}(): expects at least 1 argument"), node.at)
    prefix = "any_" if node.name == "any" and not any(isinstance(item, Star) for item in node.arguments) else ""
    packed = ", ".join(f"f{index} := {_stored(output.value)}" for index, output in enumerate(outputs))
    return [
        Output(name=prefix + output.name, value=_from_row(f"any_value(struct_pack({packed}))", index, output.value))
        for index, output in enumerate(outputs)
    ]


def _stored(value: Value) -> str:
    return as_text(value) if value.type == "string" else value.sql


def _from_row(row: str, index: int, value: Value) -> Value:
    return Value(sql=f"struct_extract({row}, 'f{index}')", type=value.type, at=value.at)


def _arg_extreme(node: Call, keys: Sequence[str], scope: Scope) -> list[Output]:
    """All columns come from one row, nulls among them: it is packed whole. Where the key is null in every row, one
    row is taken."""
    if not node.arguments:
        raise semantic_error(scope.said(f"{node.name}(): expects at least 1 argument"), node.at)
    first, given = value_and_name(node.arguments[0])
    if isinstance(first, Star):
        raise semantic_error(scope.said(f"{node.name}(): expects an expression first"), node.at)
    extreme = scope.scalar(first)
    name = given or default_name(first) or f"{node.name.removeprefix('arg_')}_"
    key = orderable(extreme, CallSite(node=node, values=[extreme], scope=scope))
    rest = _expanded(node.arguments[1:], keys, {name}, scope)
    outputs = [Output(name=name, value=key), *rest]
    packed = ", ".join(f"f{index} := {_stored(output.value)}" for index, output in enumerate(outputs))
    row = f"coalesce({node.name}(struct_pack({packed}), {key.sql}), any_value(struct_pack({packed})))"
    return [
        Output(name=output.name, value=_from_row(row, index, output.value)) for index, output in enumerate(outputs)
    ]


def compile_distinct(node: Operator, relation: Relation, scope: Scope) -> Relation:
    if any(isinstance(item, Star) for item in node.items):
        items: tuple[Expression, ...] = tuple(Name(at=node.at, name=field.name) for field in relation.fields)
    else:
        items = node.items
    keys = group_keys(items, scope)
    return layer(scope.compilation, unordered(relation), keys, distinct="DISTINCT ")


def compile_count(node: Operator, relation: Relation, scope: Scope) -> Relation:
    count = Value(sql="count(*)", type="long", at=node.at, may_be_null=False)
    return layer(scope.compilation, unordered(relation), [Output(name="Count", value=count)])
