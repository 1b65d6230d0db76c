"""Custom roles and role assignments: known by what they say, not only by their names, which are GUIDs."""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from ingate.cli.failure import CommandFailed
from ingate.cli.json_value import JsonObject, get_text

from .arm_item import writable
from .comparison import PropertyChange, compare, join
from .current import ASSIGNMENT_TYPE, ROLE_TYPE, Current, NotYetKnown, last_segment
from .item import Kind

NAMESPACE = uuid.UUID("5b2f3c1e-7a64-4f0d-9c57-1d0f6e8a2b93")
"""For the GUIDs of roles and assignments that a file does not name: the same file gives the same ones."""


def choose_guid(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "|".join(part.lower() for part in parts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleItem:
    name: str
    place: str
    role_id: str
    """The GUID that the file gives it; empty for the one that it has, or one that follows from its name."""
    build: Callable[[Current], JsonObject]
    """Its `properties`, without the name."""
    kind: Kind = "role"

    def expect(self, current: Current) -> None:
        current.expect(self._path(current))
        current.expect(f"role:{self.name}")

    def compare(self, current: Current) -> list[PropertyChange] | None:
        found = self._find(current)
        if found is None:
            self._check(current)
            return None
        if get_text(found, "properties", "type") == "BuiltInRole":
            raise CommandFailed(f"{self.place}: {self.name} is a built-in role; give yours another name.")
        its_id = last_segment(get_text(found, "id"))
        if self.role_id and its_id.lower() != self.role_id.lower():
            raise CommandFailed(f"{self.place}: role {self.name} has the id {its_id}, which cannot be changed.")
        return compare(self._wanted(current), found)

    def execute(self, current: Current) -> None:
        found = self._find(current)
        wanted = self._wanted(current)
        wanted["properties"]["type"] = "CustomRole"
        body = wanted if found is None else join(wanted, writable(found))
        path = self._path(current) if found is None else get_text(found, "id")
        _, value = current.management.put(path, body)
        current.note(get_text(value, "id") or path, value)

    def _wanted(self, current: Current) -> JsonObject:
        return {"properties": {"roleName": self.name, **self.build(current)}}

    def _check(self, current: Current) -> None:
        try:
            self.build(current)
        except NotYetKnown:
            return

    def _path(self, current: Current) -> str:
        role_id = self.role_id or choose_guid("role", self.name)
        return f"{current.subscription}/providers/{ROLE_TYPE}/{role_id}"

    def _find(self, current: Current) -> JsonObject | None:
        return current.find(self._path(current)) or current.find_role(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an assignment says."""

    scope: str
    role_id: str
    """A GUID."""
    principal_id: str

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.scope.rstrip("/").lower(), self.role_id.lower(), self.principal_id.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentItem:
    name: str
    place: str
    resolve: Callable[[Current], Grant]
    """Raises NotYetKnown."""
    read_members: Callable[[Current], JsonObject]
    """Further properties: `description`, `principalType`. Asked for once the grant is known."""
    guid: str = ""
    """The assignment's name, if the file chose one."""
    kind: Kind = "role assignment"

    def expect(self, current: Current) -> None:
        pass

    def compare(self, current: Current) -> list[PropertyChange] | None:
        found = find_assignment(current, self.resolve(current))
        if found is None:
            return None
        # Its type is the principal's; a description is all that can differ.
        wanted = {key: value for key, value in self.read_members(current).items() if key == "description"}
        return compare({"properties": wanted}, found)

    def execute(self, current: Current) -> None:
        grant = self.resolve(current)
        found = find_assignment(current, grant)
        guid = self.guid or choose_guid(*grant.key)
        path = f"{grant.scope.rstrip('/')}/providers/{ASSIGNMENT_TYPE}/{guid}"
        properties: JsonObject = {
            "roleDefinitionId": f"{current.subscription}/providers/{ROLE_TYPE}/{grant.role_id}",
            "principalId": grant.principal_id,
            **self.read_members(current),
        }
        _, value = current.management.put(get_text(found, "id") or path, {"properties": properties})
        current.note(get_text(value, "id") or path, value)


def find_assignment(current: Current, grant: Grant) -> JsonObject | None:
    """The assignment that says the same, whatever its name: there can be only one."""
    return next((item for item in current.list_assignments() if read_grant(item).key == grant.key), None)


def read_grant(assignment: JsonObject) -> Grant:
    assignment_id = get_text(assignment, "id")
    scope = get_text(assignment, "properties", "scope")
    if not scope:
        position = assignment_id.lower().rfind(f"/providers/{ASSIGNMENT_TYPE.lower()}/")
        scope = assignment_id[: max(position, 0)]
    return Grant(
        scope=scope,
        role_id=last_segment(get_text(assignment, "properties", "roleDefinitionId")),
        principal_id=get_text(assignment, "properties", "principalId"),
    )


def resolve_role(current: Current, name: str) -> str:
    """The GUID of a role. Raises NotYetKnown, or CommandFailed when there is no such role."""
    found = current.find_role(last_segment(name) if name.startswith("/") else name)
    if found is not None:
        return last_segment(get_text(found, "id"))
    if current.is_expected(f"role:{name}"):
        raise NotYetKnown(name)
    names = [get_text(item, "properties", "roleName") for item in current.list_roles()]
    close = difflib.get_close_matches(name.lower(), [known.lower() for known in names], n=1)
    meant = [known for known in names if known.lower() in close]
    raise CommandFailed(f"there is no role {name!r}." + (f" Did you mean {meant[0]!r}?" if meant else ""))
