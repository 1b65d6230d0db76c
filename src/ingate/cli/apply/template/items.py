"""From a template's resources to the items of a plan, in the order in which they can be created."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingate.cli.apply.arm_item import ArmItem
from ingate.cli.apply.comparison import without
from ingate.cli.apply.current import Current, NotYetKnown, last_segment
from ingate.cli.apply.item import Item, Kind
from ingate.cli.apply.problem import PlaceError, Problem
from ingate.cli.apply.reading import Source
from ingate.cli.apply.role_items import AssignmentItem, Grant
from ingate.cli.failure import CommandFailed
from ingate.cli.json_value import JsonObject, get_object, get_text

from .evaluator import Scope
from .model import Declaration, Expression, Name
from .world import MOST_INSTANCES, Instance, ResourceHandle, TemplateWorld

ASSIGNMENT = "microsoft.authorization/roleassignments"
KINDS: dict[str, Kind] = {
    "microsoft.cognitiveservices/accounts": "resource",
    "microsoft.cognitiveservices/accounts/deployments": "deployment",
    "microsoft.cognitiveservices/accounts/projects": "project",
    "ingate.gateway/upstreams": "upstream",
    ASSIGNMENT: "role assignment",
}
SUPPORTED = (
    "Microsoft.CognitiveServices/accounts, its deployments and projects, "
    "Microsoft.Authorization/roleAssignments and Ingate.Gateway/upstreams"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateItems:
    items: tuple[Item, ...]
    skipped: tuple[str, ...]
    """What `--skip-unsupported` left out, for people."""


def list_items(
    world: TemplateWorld, source: Source, *, skip_unsupported: bool
) -> tuple[TemplateItems, list[Problem]]:
    """The items, and everything that cannot become one."""
    collector = _Collector(world, source, skip_unsupported=skip_unsupported)
    items = collector.collect()
    return TemplateItems(items=items, skipped=tuple(collector.skipped)), collector.problems


class _Collector:
    def __init__(self, world: TemplateWorld, source: Source, *, skip_unsupported: bool) -> None:
        self._world = world
        self._source = source
        self._skip_unsupported = skip_unsupported
        self.skipped: list[str] = []
        self.problems: list[Problem] = []

    def collect(self) -> tuple[Item, ...]:
        instances: list[Instance] = []
        for declaration in self._world.template.resources:
            try:
                instances += self._list_deployed(declaration)
            except PlaceError as error:
                self.problems.append(error.problem)
        if len(instances) > MOST_INSTANCES:
            place, message = self._world.template.place, f"more than {MOST_INSTANCES} resources"
            self.problems.append(Problem(place=place, message=message))
            return ()
        for instance in instances:
            self._world.current.expect(instance.resource_id)
        needs = {instance.resource_id.lower(): self._find_needs(instance) for instance in instances}
        ordered = self._order(instances, needs)
        return tuple(self._make_item(instance) for instance in ordered)

    def _list_deployed(self, declaration: Declaration) -> Iterator[Instance]:
        if declaration.is_existing:
            return
        kind = KINDS.get(_normal_type(declaration).lower())
        if kind is None:
            name = f"{declaration.symbol or declaration.type} ({declaration.type})"
            if self._skip_unsupported:
                self.skipped.append(name)
            else:
                message = f"{declaration.type} is not taken; there are {SUPPORTED}. --skip-unsupported leaves it out"
                self.problems.append(Problem(place=declaration.place, message=message))
            return
        for instance in self._world.instances_of(declaration):
            if instance.is_deployed and not self._is_of_another_provider(kind, instance):
                yield instance

    def _is_of_another_provider(self, kind: Kind, instance: Instance) -> bool:
        """Whether it is a model that is not Claude; only left out where that was asked for."""
        if kind != "deployment" or not self._skip_unsupported:
            return False
        try:
            body = self._world.evaluator.settle(instance.declaration.body, instance.scope)
        except NotYetKnown:
            return False
        form = get_text(body, "properties", "model", "format")
        if form and form.lower() != "anthropic":
            self.skipped.append(f"{instance.name} (a model of format {form})")
            return True
        return False

    def _find_needs(self, instance: Instance) -> set[str]:
        """The ids of what has to be there before. A body with a problem is reported here, once."""
        world, declaration = self._world, instance.declaration
        world.touched.clear()
        try:
            world.evaluator.settle(declaration.body, instance.scope)
        except PlaceError as error:
            self.problems.append(error.problem)
        except NotYetKnown as missing:
            world.touched.add(str(missing).lower())
        needs = set(world.touched)
        for entry in declaration.depends_on:
            try:
                needs |= self._resolve_dependency(entry, instance.scope)
            except PlaceError as error:
                self.problems.append(error.problem)
            except NotYetKnown as missing:
                needs.add(str(missing).lower())
        own = instance.resource_id.lower()
        # A parent, or what an extension is of, comes before it.
        needs |= {other for other in self._ids() if own.startswith(f"{other}/")}
        return needs - {own}

    def _ids(self) -> list[str]:
        found: list[str] = []
        for declaration in self._world.template.resources:
            try:
                found += [instance.resource_id.lower() for instance in self._world.instances_of(declaration)]
            except PlaceError:
                continue
        return found

    def _resolve_dependency(self, entry: Expression, scope: Scope) -> set[str]:
        world = self._world
        value = world.evaluator.evaluate(entry, scope)
        if isinstance(value, ResourceHandle):
            return {instance.resource_id.lower() for instance in value.list_instances()}
        if isinstance(entry, Name) or not isinstance(value, str):
            raise PlaceError(entry.place, "a resource is expected here")
        lower = value.lower()
        found: set[str] = set()
        for declaration in world.template.resources:
            loop_name = declaration.loop.copy_name.lower() if declaration.loop else ""
            for instance in world.instances_of(declaration):
                resource_id = instance.resource_id.lower()
                names = {declaration.symbol.lower(), loop_name, instance.name.lower(), _full_name(instance).lower()}
                if lower == resource_id or resource_id.endswith(f"/providers/{lower}") or lower in names - {""}:
                    found.add(resource_id)
        if not found:
            raise PlaceError(entry.place, f"no resource of the template is {value!r}")
        return found

    def _order(self, instances: list[Instance], needs: dict[str, set[str]]) -> list[Instance]:
        """As they stand, each after what it needs."""
        left = {instance.resource_id.lower(): instance for instance in instances}
        if len(left) < len(instances):
            self._report_duplicates(instances)
        ordered: list[Instance] = []
        while left:
            ready = next((key for key in left if not needs[key] & left.keys()), None)
            if ready is None:
                first = next(iter(left.values()))
                names = ", ".join(instance.name for instance in left.values())
                message = f"these resources depend on each other: {names}"
                self.problems.append(Problem(place=first.declaration.place, message=message))
                return ordered
            ordered.append(left.pop(ready))
        return ordered

    def _report_duplicates(self, instances: list[Instance]) -> None:
        seen: set[str] = set()
        for instance in instances:
            if instance.resource_id.lower() in seen:
                message = f"{instance.resource_id} is declared a second time"
                self.problems.append(Problem(place=instance.declaration.place, message=message))
            seen.add(instance.resource_id.lower())

    def _make_item(self, instance: Instance) -> Item:
        world = self._world
        kind = KINDS[_normal_type(instance.declaration).lower()]
        place = self._source.place(instance.declaration.place)

        def build(current: Current) -> JsonObject:
            try:
                return world.evaluator.settle(instance.declaration.body, instance.scope)
            except PlaceError as error:
                raise CommandFailed(f"{self._source.place(error.problem.place)}: {error.problem.message}") from None

        if kind == "role assignment":
            return _make_assignment(instance, place, build, world.current)
        return ArmItem(
            kind=kind, name=_full_name(instance), place=place, resource_id=instance.resource_id, build=build
        )


def _make_assignment(
    instance: Instance, place: str, build: Callable[[Current], JsonObject], current: Current
) -> AssignmentItem:
    scope = instance.resource_id[: instance.resource_id.rindex("/providers/")]

    def resolve(current: Current) -> Grant:
        properties = get_object(build(current), "properties")
        role_id = last_segment(get_text(properties, "roleDefinitionId"))
        principal_id = get_text(properties, "principalId")
        if not role_id or not principal_id:
            raise CommandFailed(f"{place}: a role assignment needs 'roleDefinitionId' and 'principalId'.")
        return Grant(scope=scope, role_id=role_id, principal_id=principal_id)

    def read_members(current: Current) -> JsonObject:
        return without(get_object(build(current), "properties"), ("roleDefinitionId", "principalId"))

    try:
        properties = get_object(build(current), "properties")
    except (NotYetKnown, CommandFailed):
        properties = {}
    return AssignmentItem(
        name=f"{_describe_grant(properties, current) or instance.name} on {scope.rpartition('/')[2]}",
        place=place,
        resolve=resolve,
        read_members=read_members,
        guid=instance.name,
    )


def _describe_grant(properties: JsonObject, current: Current) -> str:
    """Empty while it is not known whom the assignment is for."""
    role_id, principal_id = (get_text(properties, key) for key in ("roleDefinitionId", "principalId"))
    if not principal_id:
        return ""
    role = current.find_role(last_segment(role_id))
    principal = current.find_principal(principal_id)
    return f"{get_text(role, 'properties', 'roleName') or role_id}: {get_text(principal, 'name') or principal_id}"


def _normal_type(declaration: Declaration) -> str:
    """That of an extension by its own provider, in the old way of writing it too."""
    before, marker, kind = declaration.type.partition("/providers/")
    if marker and before and kind.lower() == "roleassignments":
        return "Microsoft.Authorization/roleAssignments"
    return declaration.type


def _full_name(instance: Instance) -> str:
    """With its parent's, such as `team-a/opus`."""
    parts = instance.resource_id.rpartition("/providers/")[2].split("/")
    return "/".join(parts[2::2])
