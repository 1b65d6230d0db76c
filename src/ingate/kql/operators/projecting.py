"""extend, project and its family, serialize."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from ingate.kql.functions.series import SEVERAL_COLUMNS
from ingate.kql.refusal import semantic_error
from ingate.kql.semantics.conversion import converted
from ingate.kql.semantics.layers import Output, layer, numbered, outputs_of
from ingate.kql.semantics.naming import default_name
from ingate.kql.semantics.relation import Field, Relation, unique_name
from ingate.kql.semantics.scalars import refuse_name
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import Value
from ingate.kql.syntax.tree import Call, Expression, Name, Named, Operator, SortKey, Star


def value_and_name(node: Expression) -> tuple[Expression, str | None]:
    """What is computed, and the name that the query gives it."""
    if isinstance(node, Named):
        if len(node.names) != 1:
            raise semantic_error("Several names are for functions that give several columns", node.at)
        return node.value, node.names[0]
    return node, None


def compile_extend(node: Operator, relation: Relation, scope: Scope) -> Relation:
    relation, added = _computed(node.items, relation, scope)
    outputs = outputs_of(relation)
    places = {output.name: index for index, output in enumerate(outputs)}
    for column in added:
        final, value = column.name if column.name is not None else _next(places), column.value
        if final in places:
            outputs[places[final]] = Output(name=final, value=value)
        else:
            places[final] = len(outputs)
            outputs.append(Output(name=final, value=value))
    return layer(scope.compilation, relation, outputs)


def _next(places: dict[str, int]) -> str:
    number = 1
    while f"Column{number}" in places:
        number += 1
    return f"Column{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A column of extend or project; without a name it gets a number. `is_named`: the query says the name itself."""

    name: str | None
    value: Value
    is_named: bool


def several_columns(item: Expression, scope: Scope) -> list[Computed] | None:
    """The columns of a function that gives several, as in `(RSquare, Slope) = series_fit_line(y)`."""
    names = item.names if isinstance(item, Named) else ()
    call = item.value if isinstance(item, Named) else item
    if not isinstance(call, Call) or call.name not in SEVERAL_COLUMNS or call.name in scope.names:
        return None
    whole = scope.scalar(replace(call, name=f"{call.name}_dynamic"))
    prefix = f"{call.name}_{default_name(call.arguments[0]) or ''}"
    outputs = [
        Computed(
            name=names[index] if index < len(names) else f"{prefix}_{member}",
            value=converted(Value(sql=f"({whole.sql} -> '$.{member}')", type="dynamic", at=item.at), kql_type),
            is_named=index < len(names),
        )
        for index, (member, kql_type) in enumerate(SEVERAL_COLUMNS[call.name])
    ]
    if len(names) > len(outputs):
        raise semantic_error(scope.said(f"{call.name}() gives {len(outputs)} columns, not {len(names)}"), item.at)
    return outputs


def _computed(items: Sequence[Expression], relation: Relation, scope: Scope) -> tuple[Relation, list[Computed]]:
    """The values of a list of expressions, over a relation that has what their windows need."""
    if relation.order:
        relation = numbered(scope.compilation, relation) if _may_call_window(items) else relation
    inner = replace(scope, row=relation).within(windows=True)
    added: list[Computed] = []
    for item in items:
        several = several_columns(item, inner)
        if several is not None:
            added.extend(several)
            continue
        expression, given = value_and_name(item)
        value = inner.scalar(expression)
        name = given or default_name(expression)
        is_named = isinstance(item, Name | Named)
        added.append(Computed(name=name, value=value.placed(item.at), is_named=is_named))
    carried: list[str] = []
    for below in (scope.compilation.far_below, scope.compilation.below):
        if not below:
            continue
        columns = [field.sql for field in relation.fields] + [key.sql for key in relation.order]
        columns += carried + [f"{sql} AS {name}" for name, sql in below]
        carried += [name for name, _ in below]
        below.clear()
        source = f"({relation.render_select(columns)}) AS {scope.compilation.new_name('t')}"
        relation = replace(relation, source=source, where=())
    return relation, added


def _may_call_window(items: Sequence[Expression]) -> bool:
    """By text, which is enough: numbering rows in vain costs time and changes nothing."""
    text = repr(items)
    return any(
        f"name='{name}'" in text
        for name in ("next", "prev", "row_cumsum", "row_number", "row_rank_dense", "row_rank_min")
    )


def compile_project(node: Operator, relation: Relation, scope: Scope) -> Relation:
    relation, added = _computed(node.items, relation, scope)
    outputs: list[Output] = []
    taken: set[str] = set()
    for column in added:
        wanted, value = column.name if column.name is not None else _next(dict.fromkeys(taken, 0)), column.value
        if not column.is_named:
            wanted = unique_name(wanted, taken)
        if wanted in taken:
            raise semantic_error(scope.said(f"A column with the name '{wanted}' already exists"), value.at)
        taken.add(wanted)
        outputs.append(Output(name=wanted, value=value))
    if not outputs:
        raise semantic_error(scope.said("at least one column is needed"), node.at)
    return layer(scope.compilation, relation, outputs)


def fields_matching(items: Sequence[Expression], relation: Relation, scope: Scope) -> list[list[Field]]:
    """The columns that each name or pattern means. A plain name must be there, a pattern need not match."""
    groups: list[list[Field]] = []
    for item in items:
        name = item.value if isinstance(item, SortKey) else item
        if not isinstance(name, Name):
            raise semantic_error(scope.said("A name of a column is expected here"), item.at)
        if "*" in name.name:
            pattern = name.name.replace("[", "[[]").replace("?", "[?]")
            groups.append([field for field in relation.fields if fnmatchcase(field.name, pattern)])
            continue
        field = relation.field(name.name)
        if field is None:
            raise refuse_name(name, scope, relation)
        groups.append([field])
    return groups


def compile_project_away(node: Operator, relation: Relation, scope: Scope) -> Relation:
    gone = {field.name for group in fields_matching(node.items, relation, scope) for field in group}
    return _kept(node, relation, scope, [field for field in relation.fields if field.name not in gone])


def compile_project_keep(node: Operator, relation: Relation, scope: Scope) -> Relation:
    kept = {field.name for group in fields_matching(node.items, relation, scope) for field in group}
    return _kept(node, relation, scope, [field for field in relation.fields if field.name in kept])


def _kept(node: Operator, relation: Relation, scope: Scope, fields: list[Field]) -> Relation:
    if not fields:
        raise semantic_error(scope.said("no column is left"), node.at)
    return replace(relation, fields=tuple(fields))


def compile_project_reorder(node: Operator, relation: Relation, scope: Scope) -> Relation:
    first: list[Field] = []
    for item, group in zip(node.items, fields_matching(node.items, relation, scope), strict=True):
        if isinstance(item, SortKey):
            group.sort(key=lambda field: field.name, reverse=item.descending)
        first.extend(field for field in group if field not in first)
    rest = [field for field in relation.fields if field not in first]
    return replace(relation, fields=(*first, *rest))


def compile_project_rename(node: Operator, relation: Relation, scope: Scope) -> Relation:
    names: dict[str, str] = {}
    for item in node.items:
        expression, given = value_and_name(item)
        if given is None or not isinstance(expression, Name):
            raise semantic_error(scope.said("expects NewName = OldName"), item.at)
        if relation.field(expression.name) is None:
            raise refuse_name(expression, scope, relation)
        names[expression.name] = given
    fields = tuple(replace(field, name=names.get(field.name, field.name)) for field in relation.fields)
    if len({field.name for field in fields}) < len(fields):
        raise semantic_error(scope.said("two columns would have the same name"), node.at)
    return replace(relation, fields=fields)


def compile_serialize(node: Operator, relation: Relation, scope: Scope) -> Relation:
    relation = numbered(scope.compilation, relation)
    items = tuple(item for item in node.items if not isinstance(item, Star))
    return compile_extend(replace(node, items=items), relation, replace(scope, row=relation)) if items else relation
