"""ARM templates, JSON: https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from ingate.cli.apply.problem import Place, PlaceError, Problem
from ingate.cli.apply.tree import ListNode, MapNode, Node, ScalarNode

from .arm_expressions import parse_text
from .model import (
    PARAMETER_TYPES,
    Array,
    Call,
    Declaration,
    Expression,
    Literal,
    Loop,
    Object,
    Output,
    Parameter,
    Template,
    Variable,
)

_Parsed = TypeVar("_Parsed", Parameter, Output)

_OTHER_SCHEMAS = ("subscriptiondeploymenttemplate", "managementgroupdeploymenttemplate", "tenantdeploymenttemplate")
_KNOWN = frozenset(
    {
        *("$schema", "contentversion", "languageversion", "metadata", "apiprofile", "definitions"),
        *("parameters", "variables", "resources", "outputs"),
    }
)
_RULES = (
    ("allowedValues", "allowed"),
    *((name, name) for name in ("minLength", "maxLength", "minValue", "maxValue")),
)
_NOT_SENT = (
    "name",
    "type",
    "apiversion",
    "dependson",
    "condition",
    "copy",
    "scope",
    "comments",
    "metadata",
    "resources",
)


def parse_arm_template(root: Node) -> tuple[Template, list[Problem]]:
    """The template, and everything in it that is not taken."""
    return _Parser().parse(root)


class _Parser:
    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def parse(self, root: Node) -> tuple[Template, list[Problem]]:
        if not isinstance(root, MapNode):
            return Template(), [Problem(place=root.place, message="a template is an object")]
        schema = root.find("$schema")
        text = str(schema.value).lower() if isinstance(schema, ScalarNode) else ""
        if any(other in text for other in _OTHER_SCHEMAS) and schema is not None:
            self._report(schema.place, "only templates for a resource group are taken")
        for key, _ in root.items:
            if key.name.lower() not in _KNOWN:
                self._report(key.place, f"{key.name!r} is not taken in a template")
        template = Template(
            parameters=tuple(self._each(root.find("parameters"), self._parse_parameter)),
            variables=tuple(self._parse_variables(root.find("variables"))),
            resources=tuple(self._parse_resources(root.find("resources"))),
            outputs=tuple(self._each(root.find("outputs"), self._parse_output)),
        )
        return template, self._problems

    def _report(self, place: Place, message: str) -> None:
        self._problems.append(Problem(place=place, message=message))

    def _each(self, node: Node | None, parse: Callable[[str, MapNode], _Parsed]) -> Iterator[_Parsed]:
        for name, value in self._members(node):
            if isinstance(value, MapNode):
                try:
                    yield parse(name, value)
                except PlaceError as error:
                    self._problems.append(error.problem)
            else:
                self._report(value.place, "an object is expected here")

    def _members(self, node: Node | None) -> list[tuple[str, Node]]:
        if node is None:
            return []
        if not isinstance(node, MapNode):
            self._report(node.place, "an object is expected here")
            return []
        return [(key.name, value) for key, value in node.items]

    def _parse_parameter(self, name: str, node: MapNode) -> Parameter:
        written = _read_text(node, "type").lower()
        plain = written.removeprefix("secure")
        if plain not in PARAMETER_TYPES:
            raise PlaceError(node.place, f"a parameter's type is one of {', '.join(PARAMETER_TYPES)}")
        default, nullable = node.find("defaultValue"), node.find("nullable")
        return Parameter(
            name=name,
            place=node.place,
            type=plain,
            default=None if default is None else to_expression(default),
            is_nullable=isinstance(nullable, ScalarNode) and nullable.value is True,
            is_secure=written != plain,
            rules=tuple(
                (rule, to_expression(found)) for key, rule in _RULES if (found := node.find(key)) is not None
            ),
        )

    def _parse_variables(self, node: Node | None) -> Iterator[Variable]:
        for name, value in self._members(node):
            try:
                if name.lower() == "copy" and isinstance(value, ListNode):
                    for entry in value.items:
                        copy_name, loop = _parse_copy(entry)
                        yield Variable(name=copy_name, place=entry.place, value=loop)
                else:
                    yield Variable(name=name, place=value.place, value=to_expression(value))
            except PlaceError as error:
                self._problems.append(error.problem)

    def _parse_output(self, name: str, node: MapNode) -> Output:
        value, copy, condition = node.find("value"), node.find("copy"), node.find("condition")
        if isinstance(copy, MapNode) and (inner := copy.find("input")) is not None:
            body = to_expression(inner)
            expression: Expression = Loop(place=copy.place, source=_count(copy), body=body)
        elif value is not None:
            expression = to_expression(value)
        else:
            raise PlaceError(node.place, "'value' is missing")
        return Output(
            name=name,
            place=node.place,
            value=expression,
            condition=None if condition is None else to_expression(condition),
            is_secure=_read_text(node, "type").lower().startswith("secure"),
        )

    def _parse_resources(self, node: Node | None) -> Iterator[Declaration]:
        if isinstance(node, MapNode):
            named = [(key.name, value) for key, value in node.items]
        elif isinstance(node, ListNode):
            named = [("", value) for value in node.items]
        else:
            if node is not None:
                self._report(node.place, "an array is expected here")
            return
        for symbol, value in named:
            yield from self._parse_with_children(symbol, value, None)

    def _parse_with_children(self, symbol: str, node: Node, parent: Declaration | None) -> Iterator[Declaration]:
        if not isinstance(node, MapNode):
            self._report(node.place, "an object is expected here")
            return
        try:
            declaration = _parse_resource(symbol, node, parent)
        except PlaceError as error:
            self._problems.append(error.problem)
            return
        yield declaration
        children = node.find("resources")
        if isinstance(children, ListNode):
            if children.items and declaration.loop is not None:
                self._report(children.place, "resources in a resource with a copy loop are not taken")
            for child in children.items:
                yield from self._parse_with_children("", child, declaration)


def _parse_resource(symbol: str, node: MapNode, parent: Declaration | None) -> Declaration:
    name, written = node.find("name"), _read_text(node, "type")
    if name is None or not written:
        raise PlaceError(node.place, "a resource needs 'type' and 'name'")
    if (mode := node.find("deploymentScope")) is not None:
        raise PlaceError(mode.place, "'deploymentScope' is not taken")
    full_name = to_expression(name)
    if parent is not None and "/" not in written:
        written = f"{parent.type}/{written}"
        full_name = Call(
            place=full_name.place,
            name="interpolate",
            arguments=(parent.name, Literal(place=full_name.place, value="/"), full_name),
        )
    copy, depends, existing = node.find("copy"), node.find("dependsOn"), node.find("existing")
    condition, scope = node.find("condition"), node.find("scope")
    body = to_expression(node)
    if not isinstance(body, Object):
        raise PlaceError(node.place, "a resource is an object")
    order = tuple(to_expression(item) for item in depends.items) if isinstance(depends, ListNode) else ()
    return Declaration(
        place=node.place,
        symbol=symbol,
        type=written,
        name=full_name,
        body=body.without(*_NOT_SENT, "existing"),
        scope=None if scope is None else to_expression(scope),
        condition=None if condition is None else to_expression(condition),
        loop=_parse_resource_copy(copy) if isinstance(copy, MapNode) else None,
        depends_on=(*order, parent.name) if parent is not None else order,
        is_existing=isinstance(existing, ScalarNode) and existing.value is True,
    )


def _parse_resource_copy(copy: MapNode) -> Loop:
    name = _read_text(copy, "name")
    return Loop(place=copy.place, source=_count(copy), body=Literal(place=copy.place, value=None), copy_name=name)


def _count(copy: MapNode) -> Expression:
    count = copy.find("count")
    if count is None:
        raise PlaceError(copy.place, "a copy loop needs 'count'")
    start = Literal(place=count.place, value=0)
    return Call(place=count.place, name="range", arguments=(start, to_expression(count)))


def _parse_copy(node: Node) -> tuple[str, Loop]:
    """A property or variable that a loop makes."""
    if not isinstance(node, MapNode) or not _read_text(node, "name") or (inner := node.find("input")) is None:
        raise PlaceError(node.place, "a copy loop here needs 'name', 'count' and 'input'")
    name = _read_text(node, "name")
    return name, Loop(place=node.place, source=_count(node), body=to_expression(inner), copy_name=name)


def to_expression(node: Node) -> Expression:
    """Raises PlaceError for a string with an expression that is none."""
    match node:
        case ScalarNode():
            if isinstance(node.value, str):
                return parse_text(node.value, node.place)
            return Literal(place=node.place, value=node.value)
        case ListNode():
            return Array(place=node.place, items=tuple(to_expression(item) for item in node.items))
        case MapNode():
            return Object(place=node.place, items=tuple(_list_members(node)))


def _list_members(node: MapNode) -> Iterator[tuple[Expression | None, Expression]]:
    for key, value in node.items:
        if key.name.lower() == "copy" and isinstance(value, ListNode):
            for entry in value.items:
                name, loop = _parse_copy(entry)
                yield Literal(place=entry.place, value=name), loop
        else:
            yield parse_text(key.name, key.place), to_expression(value)


def _read_text(node: MapNode, name: str) -> str:
    found = node.find(name)
    return found.value if isinstance(found, ScalarNode) and isinstance(found.value, str) else ""
