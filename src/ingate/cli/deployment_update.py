"""`ingate deployment update`, `pause` and `resume`."""

from __future__ import annotations

import click

from .connection import Connection, connected
from .deployment_fields import SKUS, deployment_path, find_deployment, print_deployment
from .json_value import JsonObject, get_text
from .lookup import find_resource, resource_options
from .output import OutputFormat, output_option, say
from .tags import change_tags, tag_option


@click.command("update")
@click.argument("name")
@click.option("--capacity", type=click.IntRange(min=1), metavar="UNITS", help="Its quota.")
@click.option("--sku", type=click.Choice(SKUS), help="Deployment type.")
@tag_option
@resource_options
@output_option
@connected
def update_deployment(
    connection: Connection,
    name: str,
    capacity: int | None,
    sku: str | None,
    tags: tuple[tuple[str, str], ...],
    resource: str | None,
    resource_group: str | None,
    output: OutputFormat,
) -> None:
    """Change a deployment's quota, type or tags: what is not given stays as it is."""
    if capacity is None and sku is None and not tags:
        raise click.UsageError("there is nothing to change: give --capacity, --sku or --tag.")
    account = find_resource(connection, resource, resource_group)
    found = find_deployment(connection, account, name)
    body: JsonObject = {}
    if capacity is not None or sku is not None:
        body["sku"] = {
            "name": sku or get_text(found, "sku", "name"),
            "capacity": capacity or found["sku"]["capacity"],
        }
    if tags:
        body["tags"] = change_tags(found, tags)
    changed = connection.management.patch(deployment_path(account, name), body, etag=get_text(found, "etag"))
    say(f"Updated deployment {name} of {get_text(account, 'name')}.")
    print_deployment(changed, output)


@click.command("pause")
@click.argument("name")
@resource_options
@connected
def pause_deployment(connection: Connection, name: str, resource: str | None, resource_group: str | None) -> None:
    """Let a deployment answer nobody; it keeps its quota."""
    _act(connection, name, resource, resource_group, "pause")


@click.command("resume")
@click.argument("name")
@resource_options
@connected
def resume_deployment(connection: Connection, name: str, resource: str | None, resource_group: str | None) -> None:
    """Let a paused deployment answer again."""
    _act(connection, name, resource, resource_group, "resume")


def _act(connection: Connection, name: str, resource: str | None, resource_group: str | None, verb: str) -> None:
    account = find_resource(connection, resource, resource_group)
    find_deployment(connection, account, name)
    connection.management.post(f"{deployment_path(account, name)}/{verb}")
    say(f"{verb.capitalize()}d deployment {name} of {get_text(account, 'name')}.")
