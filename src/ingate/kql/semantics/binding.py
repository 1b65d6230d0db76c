"""Let statements and the calls of functions that they define."""

from __future__ import annotations

from dataclasses import replace

from ingate.kql.refusal import semantic_error, too_complex
from ingate.kql.semantics.conversion import converted
from ingate.kql.semantics.matching import is_table
from ingate.kql.semantics.relation import Field, OrderKey, Relation
from ingate.kql.semantics.scope import Binding, LetFunction, LetTable, Scope
from ingate.kql.syntax.tree import Call, Expression, Function, Let, Name, Named, Parameter, Query

CALL_LIMIT = 20
"""Functions that call functions."""


def scope_of(query: Query, scope: Scope) -> Scope:
    """The scope of a query's result: its let statements, in their order."""
    for let in query.lets:
        scope = scope.binding(let.name, _binding(let, scope))
    return scope


def _binding(let: Let, scope: Scope) -> Binding:
    if isinstance(let.value, Function):
        return LetFunction(function=let.value, scope=scope)
    bare = scope.over(None, "")
    if is_tabular(let.value, bare):
        return LetTable(relation=shared(let.value, bare))
    return bare.scalar(let.value)


def is_tabular(node: Expression, scope: Scope) -> bool:
    """Whether an expression means a table; a call of a function does when the function's result does."""
    if isinstance(node, Call):
        bound = scope.names.get(node.name)
        if isinstance(bound, LetFunction):
            return _answers_table(bound)
    return is_table(node, scope)


def _answers_table(bound: LetFunction) -> bool:
    scope = bound.scope
    for parameter in bound.function.parameters:
        if parameter.type is None and _is_named(bound.function.body.result, parameter):
            return True
    for let in bound.function.body.lets:
        if _is_named(bound.function.body.result, let) and not isinstance(let.value, Function):
            return is_tabular(let.value, scope)
    return is_tabular(bound.function.body.result, scope)


def _is_named(node: Expression, wanted: Parameter | Let) -> bool:
    return isinstance(node, Name) and node.name == wanted.name


def shared(node: Expression, scope: Scope) -> Relation:
    """A table under a name of its own, so that a text that uses it twice is not twice as long."""
    relation = scope.table(node.arguments[0] if isinstance(node, Call) and node.name == "materialize" else node)
    compilation = scope.compilation
    name = compilation.new_name("s")
    columns = [field.sql for field in relation.fields] + [key.sql for key in relation.order]
    names = [compilation.new_name() for _ in columns]
    select = relation.render_select([f"{column} AS {alias}" for column, alias in zip(columns, names, strict=True)])
    materialized = "MATERIALIZED " if isinstance(node, Call) and node.name == "materialize" else ""
    compilation.shared.append(f"{name} AS {materialized}({select})")
    fields = tuple(
        Field(name=field.name, type=field.type, sql=alias, may_be_null=field.may_be_null)
        for field, alias in zip(relation.fields, names, strict=False)
    )
    order = tuple(
        OrderKey(sql=alias, descending=key.descending, nulls_first=key.nulls_first)
        for key, alias in zip(relation.order, names[len(relation.fields) :], strict=True)
    )
    return replace(relation, source=name, fields=fields, where=(), order=order)


def call_scope(bound: LetFunction, node: Call, scope: Scope) -> Scope:
    """The scope of a function's result, its parameters bound to the arguments of one call."""
    if scope.depth >= CALL_LIMIT:
        raise too_complex(f"More than {CALL_LIMIT} functions that call one another", node.at)
    inner = Scope(compilation=scope.compilation, names=bound.scope.names, depth=scope.depth + 1)
    positional = [argument for argument in node.arguments if not isinstance(argument, Named)]
    named = {argument.names[0]: argument.value for argument in node.arguments if isinstance(argument, Named)}
    parameters = bound.function.parameters
    unknown = set(named) - {parameter.name for parameter in parameters}
    if len(positional) + len(named) > len(parameters) or unknown:
        raise semantic_error(scope.said(f"{node.name}(): expects {len(parameters)} argument(s)"), node.at)
    for index, parameter in enumerate(parameters):
        argument = positional[index] if index < len(positional) else named.get(parameter.name, parameter.default)
        if argument is None:
            raise semantic_error(scope.said(f"{node.name}(): argument '{parameter.name}' is missing"), node.at)
        inner = inner.binding(parameter.name, _bound(parameter, argument, node, scope))
    return scope_of(bound.function.body, inner)


def _bound(parameter: Parameter, argument: Expression, node: Call, scope: Scope) -> Binding:
    if parameter.type is None:
        if not is_tabular(argument, scope):
            raise semantic_error(
                scope.said(f"{node.name}(): argument '{parameter.name}' must be a table"), argument.at
            )
        return LetTable(relation=scope.over(None, "").table(argument))
    value = scope.scalar(argument)
    if value.type != parameter.type:
        value = converted(value, parameter.type)
    return value
