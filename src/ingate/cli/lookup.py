"""Finding a Foundry resource by its name, and suggesting the right one when there is none."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import quote

import click

from .connection import Connection
from .failure import CommandFailed, Refused
from .json_value import JsonObject, get_text

ACCOUNTS = "providers/Microsoft.CognitiveServices/accounts"

Command = TypeVar("Command", bound=Callable[..., Any])


def resource_options(command: Command) -> Command:
    """`--resource` and `--resource-group`, for commands about something that a resource has."""
    group = click.option("--resource-group", "-g", metavar="NAME", help="Its resource group. [default: any]")
    resource = click.option(
        "--resource", "-r", metavar="NAME", help="The Foundry resource. [default: the default resource]"
    )
    return resource(group(command))


def list_resources(connection: Connection, resource_group: str | None = None) -> list[JsonObject]:
    scope = connection.resource_group_path(resource_group) if resource_group else connection.subscription_path()
    return connection.management.list(f"{scope}/{ACCOUNTS}")


def find_resource(connection: Connection, name: str | None, resource_group: str | None = None) -> JsonObject:
    """The resource of that name (case does not matter to Azure), or the default one, or the only one."""
    wanted = name or (connection.running.default_resource if connection.running else None)
    try:
        resources = list_resources(connection, resource_group)
    except Refused as refusal:
        # A role at a resource lets its holder see that one, and not what else there is.
        if refusal.status != 403 or wanted is None:
            raise
        group = connection.resource_group_path(resource_group)
        return connection.management.get(f"{group}/{ACCOUNTS}/{path_segment(wanted)}")
    if wanted is None and len(resources) == 1:
        return resources[0]
    names = [get_text(item, "name") for item in resources]
    if wanted is None:
        raise CommandFailed(f"name a resource with --resource: {', '.join(sorted(names)) or 'there is none'}")
    matching = [item for item in resources if get_text(item, "name").lower() == wanted.lower()]
    if not matching:
        raise CommandFailed(f"there is no resource {wanted!r}.{suggest(wanted, names)}")
    if len(matching) > 1:
        raise CommandFailed(
            f"there are several resources {wanted!r}; name its group with --resource-group: "
            + ", ".join(sorted(resource_group_of(item) for item in matching))
        )
    return matching[0]


def list_deployments(connection: Connection, resource: JsonObject) -> list[JsonObject]:
    return connection.management.list(f"{get_text(resource, 'id')}/deployments")


def resource_group_of(resource: JsonObject) -> str:
    """The resource group in an ARM id; empty when the id has none."""
    segments = get_text(resource, "id").split("/")
    names = [segment.lower() for segment in segments]
    position = names.index("resourcegroups") + 1 if "resourcegroups" in names else len(segments)
    return segments[position] if position < len(segments) else ""


def path_segment(name: str) -> str:
    """A name as one segment of a path, whatever characters were typed."""
    return quote(name, safe="")


def suggest(wanted: str, names: Iterable[str]) -> str:
    """A sentence that names what was probably meant, or what there is."""
    known = sorted(names)
    if close := difflib.get_close_matches(wanted.lower(), known, n=3, cutoff=0.6):
        return f" Did you mean {' or '.join(close)}?"
    if 0 < len(known) <= 12:
        return f" There {'is' if len(known) == 1 else 'are'}: {', '.join(known)}"
    return ""
