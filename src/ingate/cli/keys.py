"""`ingate keys`: the only command that prints API keys."""

from __future__ import annotations

import click

from .connection import Connection, connected
from .json_value import JsonObject, get_text
from .lookup import find_resource, resource_options
from .output import OutputFormat, output_option, print_rows, say

NUMBERS = ("1", "2")


@click.group("keys")
def keys_commands() -> None:
    """A resource's two API keys."""


@keys_commands.command("list")
@click.option("--key", type=click.Choice(NUMBERS), help="Only this one; with `--output tsv`, nothing else.")
@resource_options
@output_option
@connected
def list_keys(
    connection: Connection,
    key: str | None,
    resource: str | None,
    resource_group: str | None,
    output: OutputFormat,
) -> None:
    """Print a resource's API keys."""
    account = find_resource(connection, resource, resource_group)
    keys = connection.management.post(f"{get_text(account, 'id')}/listKeys")
    _print_keys(keys, key, output)


@keys_commands.command("regenerate")
@click.option("--key", type=click.Choice(NUMBERS), required=True, help="Which one to replace.")
@resource_options
@output_option
@connected
def regenerate_key(
    connection: Connection,
    key: str,
    resource: str | None,
    resource_group: str | None,
    output: OutputFormat,
) -> None:
    """Replace one of a resource's API keys; the other keeps working."""
    account = find_resource(connection, resource, resource_group)
    keys = connection.management.post(f"{get_text(account, 'id')}/regenerateKey", {"keyName": f"Key{key}"})
    say(f"Replaced key {key} of {get_text(account, 'name')}; the old one is refused within a second.")
    _print_keys(keys, None, output)


def _print_keys(keys: JsonObject, only: str | None, output: OutputFormat) -> None:
    chosen = {f"key{number}": get_text(keys, f"key{number}") for number in NUMBERS if only in (None, number)}
    if only and output == "tsv":
        click.echo(chosen[f"key{only}"])
    else:
        print_rows(output, ("key", "value"), list(chosen.items()), chosen)
