"""foundry.yaml's custom roles and role assignments."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ingate.cli.failure import CommandFailed
from ingate.cli.json_value import JsonObject, get_text
from ingate.cli.lookup import suggest

from .current import Current, NotYetKnown, is_guid, last_segment
from .foundry_resources import find_resource_id
from .reading import Source
from .role_items import AssignmentItem, Grant, RoleItem, resolve_role
from .schema import Section

OPERATIONS = ("actions", "notActions", "dataActions", "notDataActions")


def list_role_items(file: Section, source: Source) -> Iterator[RoleItem]:
    for entry in file.sections("roles"):
        yield RoleItem(
            name=entry.text("name"),
            place=source.place(entry.place),
            role_id=entry.text("id"),
            build=_role_builder(file, entry),
        )


def _role_builder(file: Section, entry: Section) -> Callable[[Current], JsonObject]:
    def build(current: Current) -> JsonObject:
        scopes = [resolve_scope(text, file, current) for text in entry.texts("scopes") or ["subscription"]]
        return {
            "description": entry.text("description"),
            "permissions": [{name: entry.texts(name) for name in OPERATIONS}],
            "assignableScopes": scopes,
        }

    return build


def list_assignment_items(file: Section, source: Source) -> Iterator[AssignmentItem]:
    for entry in file.sections("assignments"):
        who = entry.text("principal") or f"identity of {entry.text('identityOf')}"
        yield AssignmentItem(
            name=f"{entry.text('role')}: {who} on {entry.text('scope')}",
            place=source.place(entry.place),
            resolve=_grant_resolver(file, entry),
            read_members=_member_reader(entry),
        )


def _member_reader(entry: Section) -> Callable[[Current], JsonObject]:
    return lambda current: dict(entry.present("description"))


def _grant_resolver(file: Section, entry: Section) -> Callable[[Current], Grant]:
    def resolve(current: Current) -> Grant:
        unknown: NotYetKnown | None = None
        found: list[str] = []
        # All three are looked at, so that a wrong name is found even where another is still to be created.
        for read in (_read_scope, _read_role, _read_principal):
            try:
                found.append(read(file, entry, current))
            except NotYetKnown as missing:
                unknown = missing
        if unknown is not None:
            raise unknown
        scope, role_id, principal_id = found
        return Grant(scope=scope, role_id=role_id, principal_id=principal_id)

    return resolve


def _read_scope(file: Section, entry: Section, current: Current) -> str:
    return resolve_scope(entry.text("scope"), file, current)


def _read_role(file: Section, entry: Section, current: Current) -> str:
    return resolve_role(current, entry.text("role"))


def _read_principal(file: Section, entry: Section, current: Current) -> str:
    if name := entry.text("principal"):
        if is_guid(name) and current.find_principal(name) is None:
            return name
        return get_text(current.get_principal(name), "properties", "objectId")
    resource = current.get(resolve_resource(entry.text("identityOf"), file, current))
    principal_id = get_text(resource, "identity", "principalId")
    if not principal_id:
        raise CommandFailed(
            f"resource {get_text(resource, 'name')} has no identity; give it 'identity: SystemAssigned'."
        )
    return principal_id


def resolve_scope(text: str, file: Section, current: Current) -> str:
    """An ARM id, `subscription`, `resourceGroup`, `resourceGroup/NAME`, or a resource's name."""
    kind, _, name = text.partition("/")
    if text.startswith("/"):
        return text
    if text.lower() == "subscription":
        return current.subscription
    if kind.lower() == "resourcegroup":
        return current.group_path(name)
    return resolve_resource(text, file, current)


def resolve_resource(name: str, file: Section, current: Current) -> str:
    """The id of a resource in the file, or else in the Ingate."""
    for entry in file.sections("resources"):
        if entry.text("name").lower() == name.lower():
            return find_resource_id(entry, current)
    matching = [item for item in current.list_accounts() if get_text(item, "name").lower() == name.lower()]
    if len(matching) == 1:
        return get_text(matching[0], "id")
    if matching:
        raise CommandFailed(f"there are several resources {name!r}: give the id of the one that is meant")
    names = {get_text(item, "name") for item in current.list_accounts()}
    names |= {entry.text("name") for entry in file.sections("resources")}
    raise CommandFailed(f"there is no resource {name!r}.{suggest(name, names)}")


def name_role(role: JsonObject) -> str:
    return get_text(role, "properties", "roleName") or last_segment(get_text(role, "id"))
