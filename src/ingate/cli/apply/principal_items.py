"""Principals, and what they have: members, federated credentials, secrets in files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingate.cli.failure import CommandFailed
from ingate.cli.json_value import JsonObject, get_object, get_text
from ingate.cli.lookup import path_segment

from .comparison import PropertyChange, compare, join, without
from .current import PRINCIPALS, Current
from .item import Kind

_READ_ONLY = frozenset({"objectId", "tenantId", "clientId", "createdDateTime", "displayName", "resourceId"})
_FIXED = ("properties.kind", "properties.objectId", "properties.clientId")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalItem:
    name: str
    place: str
    properties: JsonObject
    read_password: Callable[[], str] | None = None
    """For a user that is created; a password that exists is not compared and not changed."""
    kind: Kind = "principal"

    def expect(self, current: Current) -> None:
        current.expect(_path(self.name))

    def compare(self, current: Current) -> list[PropertyChange] | None:
        found = _find(current, self.name)
        if found is None:
            return None
        changes = compare({"properties": self.properties}, found)
        for change in changes:
            if change.name in _FIXED:
                raise CommandFailed(
                    f"{self.place}: principal {self.name}: {change.name} cannot be changed from "
                    f"{change.old!r} to {change.new!r}. Delete it first, or give it another name."
                )
        return changes

    def execute(self, current: Current) -> None:
        found = _find(current, self.name)
        if found is None:
            properties = dict(self.properties)
            if self.read_password is not None:
                properties["password"] = self.read_password()
        else:
            kept = without(get_object(found, "properties"), _READ_ONLY)
            properties = join(without(self.properties, _READ_ONLY), kept)
        _, value = current.management.put(_path(self.name), {"properties": properties})
        current.note_principal(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Membership:
    """As a plan shows it."""

    group: str
    member: str
    kind: Kind = "member"

    @property
    def name(self) -> str:
        return f"{self.group}/{self.member}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberItem(_Membership):
    place: str

    def expect(self, current: Current) -> None:
        pass

    def compare(self, current: Current) -> list[PropertyChange] | None:
        member_id = get_text(current.get_principal(self.member), "properties", "objectId")
        current.get_principal(self.group)
        members = [get_text(item, "properties", "objectId").lower() for item in current.list_members(self.group)]
        return [] if member_id.lower() in members else None

    def execute(self, current: Current) -> None:
        member_id = get_text(current.get_principal(self.member), "properties", "objectId")
        current.management.post(f"{_path(self.group)}/addMember", {"memberId": member_id})


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDeletion(_Membership):
    member_id: str

    def execute(self, current: Current) -> None:
        current.management.post(f"{_path(self.group)}/removeMember", {"memberId": self.member_id})


@dataclass(frozen=True, slots=True, kw_only=True)
class _FederatedCredential:
    """As a plan shows it."""

    principal: str
    credential: str
    kind: Kind = "federated credential"

    @property
    def name(self) -> str:
        return f"{self.principal}/{self.credential}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedCredentialItem(_FederatedCredential):
    place: str
    members: JsonObject

    def expect(self, current: Current) -> None:
        pass

    def compare(self, current: Current) -> list[PropertyChange] | None:
        found = self._find(current)
        return None if found is None else compare(self.members, found)

    def execute(self, current: Current) -> None:
        found = self._find(current)
        if found is not None:
            # There is no change of a credential, as on Azure: the new one takes the old one's place.
            current.management.delete(f"{_path(self.principal)}/credentials/{get_text(found, 'keyId')}")
        current.management.post(
            f"{_path(self.principal)}/addFederatedCredential", {"name": self.credential, **self.members}
        )

    def _find(self, current: Current) -> JsonObject | None:
        current.get_principal(self.principal)
        for item in list_federated(current, self.principal):
            if get_text(item, "name").lower() == self.credential.lower():
                return item
        return None


def list_federated(current: Current, principal: str) -> list[JsonObject]:
    """Credentials that have an issuer; secrets and certificates have none."""
    return [item for item in current.list_credentials(principal) if get_text(item, "issuer")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDeletion(_FederatedCredential):
    key_id: str

    def execute(self, current: Current) -> None:
        current.management.delete(f"{_path(self.principal)}/credentials/{path_segment(self.key_id)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFileItem:
    """A client secret, made when its file is not there. Only the file ever has it."""

    principal: str
    path: Path
    place: str
    kind: Kind = "secret file"

    @property
    def name(self) -> str:
        return f"{self.principal}: {self.path}"

    def expect(self, current: Current) -> None:
        pass

    def compare(self, current: Current) -> list[PropertyChange] | None:
        return [] if self.path.exists() else None

    def execute(self, current: Current) -> None:
        found = current.get_principal(self.principal)
        # The file comes first: a secret that cannot be kept is not made.
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandFailed(f"{self.path} cannot be written: {error.strerror}") from error
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            try:
                answer = current.management.post(
                    f"{_path(self.principal)}/addSecret", {"displayName": "ingate apply"}
                )
            except BaseException:  # a Ctrl-C too: an empty file would pass for a secret that is there
                self.path.unlink()
                raise
            secret = {key: get_text(found, "properties", key) for key in ("tenantId", "clientId", "objectId")}
            secret["clientSecret"] = get_text(answer, "secretText")
            file.write(json.dumps(secret, indent=2) + "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalDeletion:
    name: str
    value: JsonObject
    kind: Kind = "principal"

    def execute(self, current: Current) -> None:
        current.management.delete(_path(self.name))
        current.forget_principal(self.value)


def _path(name: str) -> str:
    return f"{PRINCIPALS}/{path_segment(name)}"


def _find(current: Current, name: str) -> JsonObject | None:
    found = current.find_principal(name)
    return found if found is not None and get_text(found, "name").lower() == name.lower() else None
