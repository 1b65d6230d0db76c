"""`ingate network`: from where a resource may be called."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, TypeVar

import click

from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_object, get_objects, get_text
from .lookup import find_resource
from .output import OutputFormat, output_option, print_fields, say

Command = TypeVar("Command", bound=Callable[..., Any])


class Network(click.ParamType[str]):
    """An address, or a network in CIDR notation; IPv4 or IPv6."""

    name = "cidr"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        network = _normalize(str(value).strip())
        if network is None:
            self.fail("an address or network looks like 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32", param, ctx)
        return network


def resource_argument(command: Command) -> Command:
    """RESOURCE at the end, and its group."""
    group = click.option("--resource-group", "-g", metavar="NAME", help="Its resource group. [default: any]")
    return click.argument("resource", required=False)(group(command))


@click.group("network")
def network_commands() -> None:
    """Network rules: from where a resource may be called. RESOURCE is the default resource when left out."""


@network_commands.command("show")
@resource_argument
@output_option
@connected
def show_network(
    connection: Connection, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """Show a resource's network rules."""
    _print_rules(find_resource(connection, resource, resource_group), output)


@network_commands.command("allow")
@click.argument("cidr", type=Network())
@resource_argument
@output_option
@connected
def allow_network(
    connection: Connection, cidr: str, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """Let an address or a network in, as far as the default is to deny."""
    account = find_resource(connection, resource, resource_group)
    allowed = _list_allowed(account)
    changed = account if cidr in map(_normalize, allowed) else _set_allowed(connection, account, [*allowed, cidr])
    say(f"{get_text(account, 'name')} lets {cidr} in.")
    if _get_default(account) == "Allow":
        say("It lets everybody else in as well, until: ingate network default deny")
    _print_rules(changed, output)


@network_commands.command("remove")
@click.argument("cidr", type=Network())
@resource_argument
@output_option
@connected
def remove_network(
    connection: Connection, cidr: str, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """Take back what `allow` let in."""
    account = find_resource(connection, resource, resource_group)
    allowed = _list_allowed(account)
    kept = [entry for entry in allowed if _normalize(entry) != cidr]
    if len(kept) == len(allowed):
        raise CommandFailed(f"{get_text(account, 'name')} has no rule for {cidr}.")
    _print_rules(_set_allowed(connection, account, kept), output)


@network_commands.command("default")
@click.argument("action", type=click.Choice(["allow", "deny"]), metavar="allow|deny")
@resource_argument
@output_option
@connected
def set_default(
    connection: Connection, action: str, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """Say what becomes of callers whom no rule names."""
    account = find_resource(connection, resource, resource_group)
    acls = get_object(account, "properties", "networkAcls") | {"defaultAction": action.capitalize()}
    _print_rules(_patch(connection, account, {"networkAcls": acls}), output)


@network_commands.command("public")
@click.argument("access", type=click.Choice(["on", "off"]), metavar="on|off")
@resource_argument
@output_option
@connected
def set_public_access(
    connection: Connection, access: str, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """Turn public network access on, or off: only private ranges are then let in."""
    account = find_resource(connection, resource, resource_group)
    value = "Enabled" if access == "on" else "Disabled"
    _print_rules(_patch(connection, account, {"publicNetworkAccess": value}), output)


def _list_allowed(account: JsonObject) -> list[str]:
    return [get_text(rule, "value") for rule in get_objects(account, "properties", "networkAcls", "ipRules")]


def _get_default(account: JsonObject) -> str:
    return get_text(account, "properties", "networkAcls", "defaultAction") or "Allow"


def _normalize(entry: str) -> str | None:
    """One of the ways in which the same network may be written; None for what is none."""
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _set_allowed(connection: Connection, account: JsonObject, entries: list[str]) -> JsonObject:
    acls: JsonObject = {"defaultAction": _get_default(account)} | get_object(account, "properties", "networkAcls")
    return _patch(connection, account, {"networkAcls": acls | {"ipRules": [{"value": entry} for entry in entries]}})


def _patch(connection: Connection, account: JsonObject, properties: JsonObject) -> JsonObject:
    return connection.management.patch(
        get_text(account, "id"), {"properties": properties}, etag=get_text(account, "etag")
    )


def _print_rules(account: JsonObject, output: OutputFormat) -> None:
    properties = get_object(account, "properties")
    public = get_text(properties, "publicNetworkAccess") or "Enabled"
    fields = [
        ("resource", get_text(account, "name")),
        ("public network access", public),
        ("default", _get_default(account)),
        *(("allowed", entry) for entry in _list_allowed(account)),
    ]
    value: JsonObject = {"publicNetworkAccess": public, "networkAcls": get_object(properties, "networkAcls")}
    print_fields(output, fields, value)
