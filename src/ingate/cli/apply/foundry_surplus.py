"""What `--prune` deletes: what is in a list's place and not in the list, where foundry.yaml has that list at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ingate.cli.json_value import JsonObject, get_text
from ingate.cli.lookup import path_segment
from ingate.cli.upstream import UPSTREAMS

from .arm_item import ArmDeletion
from .current import ACCOUNT_TYPE, Current, NotYetKnown
from .foundry_resources import find_resource_id
from .foundry_roles import list_assignment_items, name_role
from .item import Deletion, Kind, Prunable
from .principal_items import CredentialDeletion, MemberDeletion, PrincipalDeletion, list_federated
from .reading import Source
from .role_items import find_assignment, read_grant
from .schema import Section

BUILT_IN_UPSTREAM = "simulator"


def list_collections(file: Section, current: Current) -> tuple[Prunable, ...]:
    collections: list[Prunable] = []
    if "assignments" in file:
        collections.append(_Surplus(find=lambda current: _surplus_assignments(file, current)))
    if "resources" in file:
        collections.append(_Surplus(find=lambda current: _surplus_resources(file, current)))
    if "roles" in file:
        collections.append(_Surplus(find=lambda current: _surplus_roles(file, current)))
    if "principals" in file:
        collections.append(_Surplus(find=lambda current: _surplus_principals(file, current)))
    if "upstreams" in file:
        collections.append(_Surplus(find=lambda current: _surplus_upstreams(file, current)))
    return tuple(collections)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surplus:
    find: Callable[[Current], Iterable[Deletion]]

    def list_surplus(self, current: Current) -> list[Deletion]:
        return list(self.find(current))


def _groups(entries: Iterable[Section], current: Current) -> set[str]:
    return {current.group, *(current.group_path(entry.text("resourceGroup")) for entry in entries)}


def _surplus_resources(file: Section, current: Current) -> Iterable[Deletion]:
    entries = file.sections("resources")
    kept = {find_resource_id(entry, current).lower(): entry for entry in entries}
    for group in sorted(_groups(entries, current)):
        for item in current.list(f"{group}/providers/{ACCOUNT_TYPE}"):
            entry = kept.get(get_text(item, "id").lower())
            if entry is None:
                yield _delete("resource", get_text(item, "name"), item)
            else:
                yield from _surplus_children(entry, item, current)


def _surplus_children(entry: Section, resource: JsonObject, current: Current) -> Iterable[Deletion]:
    kinds: tuple[tuple[str, Kind], ...] = (("deployments", "deployment"), ("projects", "project"))
    for key, kind in kinds:
        if key not in entry:
            continue
        kept = {child.text("name").lower() for child in entry.sections(key)}
        for item in current.list(f"{get_text(resource, 'id')}/{key}"):
            # A project's name may be answered with its resource's before it.
            name = get_text(item, "id").rpartition("/")[2]
            if name.lower() not in kept:
                yield _delete(kind, f"{get_text(resource, 'name')}/{name}", item)


def _surplus_upstreams(file: Section, current: Current) -> Iterable[Deletion]:
    entries = file.sections("upstreams")
    kept = {
        f"{current.group_path(entry.text('resourceGroup'))}/{UPSTREAMS}/{path_segment(entry.text('name'))}".lower()
        for entry in entries
    }
    for group in sorted(_groups(entries, current)):
        for item in current.list(f"{group}/{UPSTREAMS}"):
            if get_text(item, "id").lower() not in kept and get_text(item, "name") != BUILT_IN_UPSTREAM:
                yield _delete("upstream", get_text(item, "name"), item)


def _surplus_principals(file: Section, current: Current) -> Iterable[Deletion]:
    entries = {entry.text("name").lower(): entry for entry in file.sections("principals")}
    for item in current.list_principals():
        name = get_text(item, "name")
        entry = entries.get(name.lower())
        if entry is not None:
            yield from _surplus_memberships(entry, current)
            yield from _surplus_credentials(entry, current)
        elif not is_of_a_resource(item, current):
            yield PrincipalDeletion(name=name, value=item)


def is_of_a_resource(principal: JsonObject, current: Current) -> bool:
    """Whether it is a resource's own identity, which comes and goes with the resource."""
    object_id = get_text(principal, "properties", "objectId").lower()
    owners = (*current.list_accounts(), *_list_projects(current))
    return any(get_text(item, "identity", "principalId").lower() == object_id for item in owners)


def _list_projects(current: Current) -> Iterable[JsonObject]:
    for account in current.list_accounts():
        yield from current.list(f"{get_text(account, 'id')}/projects")


def _surplus_memberships(entry: Section, current: Current) -> Iterable[Deletion]:
    if "members" not in entry:
        return
    named = [current.find_principal(name) for name in entry.texts("members")]
    kept = {get_text(item, "properties", "objectId").lower() for item in named}
    for item in current.list_members(entry.text("name")):
        member_id = get_text(item, "properties", "objectId")
        if member_id.lower() not in kept:
            yield MemberDeletion(group=entry.text("name"), member=get_text(item, "name"), member_id=member_id)


def _surplus_credentials(entry: Section, current: Current) -> Iterable[Deletion]:
    if "federatedCredentials" not in entry:
        return
    kept = {credential.text("name").lower() for credential in entry.sections("federatedCredentials")}
    for item in list_federated(current, entry.text("name")):
        if get_text(item, "name").lower() not in kept:
            yield CredentialDeletion(
                principal=entry.text("name"), credential=get_text(item, "name"), key_id=get_text(item, "keyId")
            )


def _surplus_roles(file: Section, current: Current) -> Iterable[Deletion]:
    names = {entry.text("name").lower() for entry in file.sections("roles")}
    for item in current.list_roles():
        if get_text(item, "properties", "type") == "CustomRole" and name_role(item).lower() not in names:
            yield _delete("role", name_role(item), item)


def _surplus_assignments(file: Section, current: Current) -> Iterable[Deletion]:
    """Those in the subscription; what is above it is not this file's."""
    kept: set[str] = set()
    nowhere = Source.nowhere()
    for item in list_assignment_items(file, nowhere):
        try:
            found = find_assignment(current, item.resolve(current))
        except NotYetKnown:
            continue
        kept.add(get_text(found, "id").lower())
    inside = current.subscription.lower()
    for item in current.list_assignments():
        scope = read_grant(item).scope.lower()
        if get_text(item, "id").lower() not in kept and (scope == inside or scope.startswith(f"{inside}/")):
            yield _delete("role assignment", describe_assignment(item, current), item)


def describe_assignment(assignment: JsonObject, current: Current) -> str:
    grant = read_grant(assignment)
    role = current.find_role(grant.role_id)
    principal = current.find_principal(grant.principal_id)
    role_name = name_role(role) if role else grant.role_id
    who = get_text(principal, "name") or grant.principal_id
    return f"{role_name}: {who} on {describe_scope(grant.scope, current)}"


def describe_scope(scope: str, current: Current) -> str:
    """As foundry.yaml has it: the shortest text that means the same."""
    if scope.lower() == current.subscription.lower():
        return "subscription"
    if scope.lower() == current.group.lower():
        return "resourceGroup"
    if scope.lower().startswith(f"{current.subscription}/resourcegroups/".lower()) and scope.count("/") == 4:
        return f"resourceGroup/{scope.rpartition('/')[2]}"
    accounts = current.list_accounts()
    names = [get_text(item, "name").lower() for item in accounts]
    for item in accounts:
        name = get_text(item, "name")
        if get_text(item, "id").lower() == scope.lower() and names.count(name.lower()) == 1 and not _is_word(name):
            return name
    return scope


def _is_word(name: str) -> bool:
    """Whether a resource's name would be taken for another kind of scope."""
    return name.lower() in ("subscription", "resourcegroup")


def _delete(kind: Kind, name: str, item: JsonObject) -> Deletion:
    return ArmDeletion(kind=kind, name=name, resource_id=get_text(item, "id"))
