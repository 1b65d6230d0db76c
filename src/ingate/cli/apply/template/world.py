"""Where a template is applied: the values of its names, and the resources that it declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from ingate.cli.apply.current import Current, NotYetKnown
from ingate.cli.apply.problem import Place, PlaceError
from ingate.cli.failure import CommandFailed
from ingate.cli.json_value import JsonObject, get_object, get_text

from .evaluator import Evaluator, Scope
from .functions import FunctionFailed, describe, get_member
from .model import Call, Declaration, Expression, Name, Parameter, Template

_OWN = frozenset({"id", "name", "type", "apiversion"})
MOST_INSTANCES = 800
"""Resources in one template: Azure Resource Manager's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One resource that a declaration makes."""

    declaration: Declaration
    scope: Scope
    resource_id: str
    is_deployed: bool
    position: int
    """Among those of its declaration."""

    @property
    def type(self) -> str:
        provider_path = self.resource_id.rpartition("/providers/")[2].split("/")
        return "/".join([provider_path[0], *provider_path[1::2]])

    @property
    def name(self) -> str:
        return self.resource_id.rpartition("/")[2]


@dataclass(slots=True, kw_only=True)
class TemplateWorld:
    template: Template
    current: Current
    parameters: dict[str, object]
    deployment_name: str
    touched: set[str] = field(default_factory=set[str])
    """Ids of the resources that expressions have asked about."""
    _values: dict[str, object] = field(default_factory=dict[str, object])
    _open: list[str] = field(default_factory=list[str])
    _instances: dict[int, list[Instance]] = field(default_factory=dict[int, list[Instance]])

    @property
    def evaluator(self) -> Evaluator:
        return Evaluator(self)

    # Names

    def find_name(self, name: Name) -> object:
        lower = name.name.lower()
        for declaration in self.template.resources:
            if declaration.symbol == name.name:
                return ResourceHandle(world=self, declaration=declaration)
        if any(parameter.name.lower() == lower for parameter in self.template.parameters):
            return self.get_parameter(name.name, name.place)
        if any(variable.name.lower() == lower for variable in self.template.variables):
            return self.get_variable(name.name, name.place)
        raise PlaceError(name.place, f"nothing is named {name.name!r} here")

    def get_parameter(self, name: str, place: Place) -> object:
        for parameter in self.template.parameters:
            if parameter.name.lower() == name.lower():
                if parameter.name not in self.parameters:
                    self.parameters[parameter.name] = self._make_default(parameter, place)
                return self.parameters[parameter.name]
        raise PlaceError(place, f"there is no parameter {name!r}")

    def _make_default(self, parameter: Parameter, place: Place) -> object:
        mark = f"parameter {parameter.name}"
        if parameter.default is None:
            if parameter.is_nullable:
                return None
            message = f"parameter {parameter.name!r} has no default: give --parameters {parameter.name}=VALUE"
            raise PlaceError(parameter.place, message)
        if mark in self._open:
            raise PlaceError(place, f"{mark} depends on itself")
        self._open.append(mark)
        try:
            return self.evaluator.settle(parameter.default, Scope())
        finally:
            self._open.remove(mark)

    def get_variable(self, name: str, place: Place) -> object:
        lower = name.lower()
        if lower in self._values:
            return self._values[lower]
        if lower in self._open:
            raise PlaceError(place, f"variable {name!r} depends on itself")
        for variable in self.template.variables:
            if variable.name.lower() == lower:
                self._open.append(lower)
                try:
                    value = self.evaluator.settle(variable.value, Scope())
                finally:
                    self._open.remove(lower)
                self._values[lower] = value
                return value
        raise PlaceError(place, f"there is no variable {name!r}")

    # Functions

    def call(self, call: Call, arguments: Sequence[object]) -> object:
        values = list(arguments)
        match call.name.lower():
            case "parameters":
                return self.get_parameter(_first_text(values), call.place)
            case "variables":
                return self.get_variable(_first_text(values), call.place)
            case "resourcegroup":
                return self._describe_group(values)
            case "subscription":
                return self._describe_subscription()
            case "tenant":
                return self._describe_tenant()
            case "deployment":
                return {"name": self.deployment_name, "properties": {"mode": "Incremental"}}
            case "resourceid":
                return self._make_resource_id(values)
            case "subscriptionresourceid":
                return _join_id(self.current.subscription, *_split_subscription(values))
            case "tenantresourceid":
                return _join_id("", str(values[0]), values[1:])
            case "extensionresourceid":
                return _join_id(str(values[0]).rstrip("/"), str(values[1]), values[2:])
            case "reference" | "resourceinfo":
                return self._refer(call, values)
            case _:
                raise KeyError(call.name)

    def _describe_group(self, values: list[object]) -> JsonObject:
        group = self.current.group_path(_first_text(values)) if values else self.current.group
        found = self.current.find(group)
        name = group.rpartition("/")[2]
        described: JsonObject = {"id": group, "name": name, "type": "Microsoft.Resources/resourceGroups"}
        if found is None:
            return described
        return {**described, "location": get_text(found, "location"), "tags": get_object(found, "tags")}

    def _describe_subscription(self) -> JsonObject:
        found = self.current.management.get(self.current.subscription)
        names = ("subscriptionId", "tenantId", "displayName")
        return {"id": self.current.subscription, **{name: get_text(found, name) for name in names}}

    def _describe_tenant(self) -> JsonObject:
        tenants = self.current.management.list("/tenants")
        tenant_id = get_text(tenants[0], "tenantId") if tenants else ""
        return {"tenantId": tenant_id, "displayName": get_text(tenants[0], "displayName") if tenants else ""}

    def _make_resource_id(self, values: list[object]) -> str:
        texts = [_require_text(value) for value in values]
        position = next((index for index, text in enumerate(texts) if "/" in text), len(texts))
        if position == len(texts):
            raise FunctionFailed("a resource type, such as Microsoft.CognitiveServices/accounts, is expected")
        group = self.current.group if position == 0 else self.current.group_path(texts[position - 1])
        if position > 1:
            group = f"/subscriptions/{texts[0]}/resourceGroups/{texts[position - 1]}"
        return _join_id(group, texts[position], list(texts[position + 1 :]))

    def _refer(self, call: Call, values: list[object]) -> object:
        wanted = _first_text(values)
        instance = self._find_instance(wanted)
        resource_id = instance.resource_id if instance else self._complete_id(wanted)
        if call.name.lower() == "resourceinfo":
            return {"id": resource_id, "name": resource_id.rpartition("/")[2]}
        full = self.get_resource(resource_id, call.place)
        is_full = len(values) > 2 and str(values[2]).lower() == "full"
        return full if is_full else get_object(full, "properties")

    def _complete_id(self, text: str) -> str:
        """As it is, or `Microsoft.X/type/name` in the resource group."""
        if text.startswith("/"):
            return text
        return f"{self.current.group}/providers/{text}"

    def _find_instance(self, text: str) -> Instance | None:
        lower = text.lower()
        for instance in self.list_instances():
            is_symbol = bool(instance.declaration.symbol) and instance.declaration.symbol.lower() == lower
            if is_symbol or instance.resource_id.lower() == lower or instance.name.lower() == lower:
                return instance
        return None

    def get_resource(self, resource_id: str, place: Place) -> JsonObject:
        """As it is now. Raises NotYetKnown for one that is still to be created."""
        self.touched.add(resource_id.lower())
        try:
            return self.current.get(resource_id)
        except CommandFailed as failure:
            if type(failure) is not CommandFailed:
                raise
            raise PlaceError(place, failure.message) from None

    # Resources

    def list_instances(self) -> list[Instance]:
        found = [instance for d in self.template.resources for instance in self.instances_of(d)]
        if len(found) > MOST_INSTANCES:
            raise PlaceError(self.template.place, f"more than {MOST_INSTANCES} resources")
        return found

    def instances_of(self, declaration: Declaration) -> list[Instance]:
        key = id(declaration)
        if key not in self._instances:
            mark = f"resource {key}"
            if mark in self._open:
                raise PlaceError(declaration.place, "this resource's name depends on itself")
            self._open.append(mark)
            try:
                turns = [Scope()]
                if declaration.loop is not None:
                    turns = self.evaluator.list_turns(declaration.loop, Scope())
                    turns = [turn.turn("", index) for index, turn in enumerate(turns)]
                made = [self._make_instance(declaration, turn, index) for index, turn in enumerate(turns)]
            finally:
                self._open.remove(mark)
            self._instances[key] = made
        return self._instances[key]

    def _make_instance(self, declaration: Declaration, scope: Scope, position: int) -> Instance:
        evaluator = self.evaluator
        condition = declaration.condition
        is_deployed = condition is None or evaluator.decide(condition, scope)
        parent = declaration.parent
        try:
            if is_deployed and isinstance(parent, Name) and declaration.parent is not None:
                is_deployed = self._is_parent_deployed(parent)
            resource_id = self._make_id(declaration, scope)
        except NotYetKnown:
            message = "a resource's name and scope have to be known before anything is created"
            raise PlaceError(declaration.name.place, message) from None
        return Instance(
            declaration=declaration, scope=scope, resource_id=resource_id, is_deployed=is_deployed, position=position
        )

    def _is_parent_deployed(self, parent: Name) -> bool:
        """A resource nested in one with a condition goes with it."""
        for declaration in self.template.resources:
            if declaration.symbol == parent.name:
                return all(i.is_deployed or i.declaration.is_existing for i in self.instances_of(declaration))
        return True

    def _make_id(self, declaration: Declaration, scope: Scope) -> str:
        evaluator = self.evaluator
        name = evaluator.settle(declaration.name, scope)
        if not isinstance(name, str) or not name or name.startswith("/") or name.endswith("/"):
            raise PlaceError(declaration.name.place, f"a resource's name is expected here, not {describe(name)}")
        if declaration.parent is not None:
            parent_id = self._read_id(declaration.parent, scope)
            child = declaration.type.rpartition("/")[2]
            return f"{parent_id}/{child}/{name}"
        base = self.current.group if declaration.scope is None else self._read_id(declaration.scope, scope)
        try:
            return _join_id(base, declaration.type, cast("list[object]", name.split("/")))
        except FunctionFailed as failure:
            raise PlaceError(declaration.name.place, str(failure)) from None

    def _read_id(self, expression: Expression, scope: Scope) -> str:
        value = self.evaluator.evaluate(expression, scope)
        if isinstance(value, ResourceHandle):
            return str(value.get_member("id", expression.place))
        if isinstance(value, dict):
            return get_text(cast("JsonObject", value), "id")
        if isinstance(value, str) and value:
            return value if value.startswith("/") else self._complete_id(value)
        raise PlaceError(
            expression.place, f"a resource, or a resource group, is expected here, not {describe(value)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceHandle:
    """A resource, or a loop of them, by its symbolic name."""

    world: TemplateWorld
    declaration: Declaration
    position: int | None = None

    def get_member(self, key: object, place: Place) -> object:
        if isinstance(key, int):
            if self.declaration.loop is None or self.position is not None:
                raise PlaceError(place, f"{self.declaration.symbol} is no loop of resources")
            if not 0 <= key < len(self.world.instances_of(self.declaration)):
                raise PlaceError(place, f"there is no {self.declaration.symbol}[{key}]")
            return ResourceHandle(world=self.world, declaration=self.declaration, position=key)
        instance = self._find(place)
        if str(key).lower() in _OWN:
            self.world.touched.add(instance.resource_id.lower())
            return self._describe(instance)[str(key).lower()]
        full = self.world.get_resource(instance.resource_id, place)
        try:
            return get_member(full, key, is_safe=False)
        except FunctionFailed as failure:
            raise PlaceError(place, str(failure)) from None

    def to_object(self, place: Place) -> object:
        return self.world.get_resource(self._find(place).resource_id, place)

    def list_instances(self) -> list[Instance]:
        instances = self.world.instances_of(self.declaration)
        return instances if self.position is None else [instances[self.position]]

    def _find(self, place: Place) -> Instance:
        if self.declaration.loop is not None and self.position is None:
            raise PlaceError(
                place, f"{self.declaration.symbol} is a loop: say which, such as {self.declaration.symbol}[0]"
            )
        return self.list_instances()[0]

    @staticmethod
    def _describe(instance: Instance) -> dict[str, str]:
        return {"id": instance.resource_id, "name": instance.name, "type": instance.type, "apiversion": ""}


def _require_text(value: object) -> str:
    if not isinstance(value, str):
        raise FunctionFailed(f"a string is expected, not {describe(value)}")
    return value


def _first_text(values: list[object]) -> str:
    if not values:
        raise FunctionFailed("a string is expected")
    return _require_text(values[0])


def _split_subscription(values: list[object]) -> tuple[str, list[object]]:
    position = next((index for index, value in enumerate(values) if "/" in str(value)), 0)
    return _require_text(values[position]), values[position + 1 :]


def _join_id(base: str, kind: str, names: list[object]) -> str:
    """`base` with a provider, and types and names by turns."""
    provider, *types = kind.split("/")
    if not types or len(types) != len(names):
        raise FunctionFailed(f"{kind} takes {len(types)} names, not {len(names)}")
    pairs = "".join(f"/{part}/{_require_text(name)}" for part, name in zip(types, names, strict=True))
    return f"{base}/providers/{provider}{pairs}"
