"""An ARM object that is created and changed with PUT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingate.cli.failure import CommandFailed
from ingate.cli.json_value import JsonObject, get_object

from .comparison import PropertyChange, compare, join, without
from .current import Current, NotYetKnown
from .item import Kind

_READ_ONLY = frozenset({"id", "name", "type", "etag", "systemData"})
_READ_ONLY_PROPERTIES = frozenset(
    {
        "provisioningState",
        "endpoint",
        "endpoints",
        "internalId",
        "dateCreated",
        "capabilities",
        "callRateLimit",
        "privateEndpointConnections",
        "associatedProjects",
        "defaultProject",
        "deploymentState",
        "currentCapacity",
        "rateLimits",
        "isDefault",
        "createdOn",
        "updatedOn",
        "createdBy",
        "updatedBy",
    }
)

FIXED: dict[str, tuple[str, ...]] = {
    "resource": ("location", "properties.customSubDomainName"),
    "project": ("location",),
    "deployment": ("properties.model.name", "properties.model.format"),
}
"""What cannot be changed once it is set, by kind."""

Build = Callable[[Current], JsonObject]
"""The body to send, less what only the server says. Raises NotYetKnown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmItem:
    kind: Kind
    name: str
    place: str
    resource_id: str
    build: Build

    def expect(self, current: Current) -> None:
        current.expect(self.resource_id)

    def compare(self, current: Current) -> list[PropertyChange] | None:
        found = current.find(self.resource_id)
        if found is None:
            self._check(current)
            return None
        changes = compare(self.build(current), found)
        refuse_fixed(self.kind, self.name, self.place, changes)
        return changes

    def execute(self, current: Current) -> None:
        found = current.find(self.resource_id)
        wanted = self.build(current)
        body = wanted if found is None else join(wanted, writable(found))
        _, value = current.management.put(self.resource_id, body)
        refuse_failed(value, self.name)
        current.note(self.resource_id, value)

    def _check(self, current: Current) -> None:
        """A reference to nothing is found when the plan is made, not half way through it."""
        try:
            self.build(current)
        except NotYetKnown:
            return


def refuse_fixed(kind: Kind, name: str, place: str, changes: list[PropertyChange]) -> None:
    """Azure refuses these changes too; here nothing has been changed yet."""
    for change in changes:
        if change.name in FIXED.get(kind, ()) and change.old not in (None, ""):
            raise CommandFailed(
                f"{place}: {kind} {name}: {change.name} cannot be changed from {change.old!r} to {change.new!r}. "
                "Delete it first, or give it another name."
            )


def refuse_failed(value: JsonObject, name: str) -> None:
    state = str(get_object(value, "properties").get("provisioningState", "Succeeded"))
    if state in ("Failed", "Canceled"):
        raise CommandFailed(f"{name} was accepted, and is now {state}.")


def writable(value: JsonObject) -> JsonObject:
    """An object as it was answered, less what only the server says."""
    body = without(value, _READ_ONLY)
    if "properties" in body:
        body["properties"] = without(get_object(value, "properties"), _READ_ONLY_PROPERTIES)
    if "identity" in body:
        body["identity"] = without(get_object(value, "identity"), ("principalId", "tenantId"))
    return body


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmDeletion:
    kind: Kind
    name: str
    resource_id: str

    def execute(self, current: Current) -> None:
        current.management.delete(self.resource_id)
        current.note(self.resource_id, None)
