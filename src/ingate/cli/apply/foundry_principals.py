"""foundry.yaml's principals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ingate.cli.failure import CommandFailed

from .item import Item
from .principal_items import FederatedCredentialItem, MemberItem, PrincipalItem, SecretFileItem
from .reading import Source
from .schema import Section

_PROPERTIES = ("kind", "userPrincipalName", "enabled", "redirectUris", "objectId", "clientId")


def list_principal_items(file: Section, source: Source) -> Iterator[Item]:
    """All principals, then what they have: a group may hold any of them."""
    entries = file.sections("principals")
    for entry in entries:
        password = entry.text("password")
        yield PrincipalItem(
            name=entry.text("name"),
            place=source.place(entry.place),
            properties=dict(entry.present(*_PROPERTIES)),
            read_password=_password_reader(password, entry, source) if password else None,
        )
    for entry in entries:
        name = entry.text("name")
        for member in entry.texts("members"):
            yield MemberItem(group=name, member=member, place=source.place(entry.place_of("members")))
        for credential in entry.sections("federatedCredentials"):
            members = dict(credential.present("issuer", "subject", "audiences", "jwksFile"))
            if "jwksFile" in members:
                members["jwksFile"] = str(source.find_path(credential.text("jwksFile")))
            yield FederatedCredentialItem(
                principal=name,
                credential=credential.text("name"),
                place=source.place(credential.place),
                members=members,
            )
        if path := entry.text("secretFile"):
            place = source.place(entry.place_of("secretFile"))
            yield SecretFileItem(principal=name, path=source.find_path(path), place=place)


def _password_reader(reference: str, entry: Section, source: Source) -> Callable[[], str]:
    kind, _, location = reference.partition(":")
    place = source.place(entry.place_of("password"))

    def read() -> str:
        password = source.environment.get(location, "") if kind == "env" else _read_file(source.find_path(location))
        if not password:
            raise CommandFailed(f"{place}: there is no password in {reference}.")
        return password

    return read


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
