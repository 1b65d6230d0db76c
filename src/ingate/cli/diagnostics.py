"""`ingate diagnostics`: where what a resource logs is sent."""

from __future__ import annotations

import click

from .address import HttpUrl
from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_objects, get_text
from .log_client import find_workspace
from .lookup import find_resource, path_segment, resource_options
from .output import OutputFormat, output_option, print_fields, print_rows, say

SETTINGS = "providers/Microsoft.Insights/diagnosticSettings"
CATEGORIES = ("Audit", "RequestResponse", "Trace", "AzureOpenAIRequestUsage", "ManagedNetworkEvent")


@click.group("diagnostics")
def diagnostics_commands() -> None:
    """Diagnostic settings: where what a resource logs is sent."""


@diagnostics_commands.command("list")
@resource_options
@output_option
@connected
def list_diagnostics(
    connection: Connection, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """List the diagnostic settings of a resource."""
    account = get_text(find_resource(connection, resource, resource_group), "id")
    items = connection.management.list(f"{account}/{SETTINGS}")
    if not items:
        say("There are no diagnostic settings.")
    rows = [
        (get_text(item, "name"), ", ".join(_list_sent(item)), ", ".join(_list_destinations(item))) for item in items
    ]
    print_rows(output, ("name", "sends", "to"), rows, items)


@diagnostics_commands.command("set")
@click.argument("name")
@resource_options
@click.option("--workspace", "-w", metavar="NAME", help="Send to this workspace.")
@click.option("--webhook", type=HttpUrl(), help="POST to this URL.")
@click.option("--otlp", type=HttpUrl(), help="Send to this OpenTelemetry collector.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    metavar="NAME",
    help=f"Only these, of {', '.join(CATEGORIES)}; may be repeated. [default: all]",
)
@click.option("--metrics", is_flag=True, help="Metrics too.")
@output_option
@connected
def set_diagnostics(
    connection: Connection,
    name: str,
    resource: str | None,
    resource_group: str | None,
    workspace: str | None,
    webhook: str | None,
    otlp: str | None,
    categories: tuple[str, ...],
    metrics: bool,
    output: OutputFormat,
) -> None:
    """Create a diagnostic setting, or replace one."""
    if not (workspace or webhook or otlp):
        raise click.UsageError("say where to: --workspace, --webhook or --otlp.")
    account = get_text(find_resource(connection, resource, resource_group), "id")
    chosen = [{"category": category, "enabled": True} for category in categories]
    properties: JsonObject = {
        "logs": chosen or [{"categoryGroup": "allLogs", "enabled": True}],
        "metrics": [{"category": "AllMetrics", "enabled": True}] if metrics else [],
    }
    if workspace:
        properties["workspaceId"] = get_text(find_workspace(connection, workspace), "id")
    endpoints = {kind: {"url": url} for kind, url in (("webhook", webhook), ("otlp", otlp)) if url}
    if endpoints:
        properties["ingate"] = endpoints
    path = f"{account}/{SETTINGS}/{path_segment(name)}"
    _, made = connection.management.put(path, {"properties": properties})
    say(f"Set diagnostic setting {name}.")
    fields = [
        ("name", get_text(made, "name")),
        ("sends", ", ".join(_list_sent(made))),
        ("to", ", ".join(_list_destinations(made))),
    ]
    print_fields(output, fields, made)


@diagnostics_commands.command("delete")
@click.argument("name")
@resource_options
@yes_option
@connected
def delete_diagnostics(
    connection: Connection, name: str, resource: str | None, resource_group: str | None, yes: bool
) -> None:
    """Delete a diagnostic setting."""
    account = get_text(find_resource(connection, resource, resource_group), "id")
    confirm_delete(connection.invocation, f"diagnostic setting {name}", yes=yes)
    if not connection.management.delete(f"{account}/{SETTINGS}/{path_segment(name)}"):
        raise CommandFailed(f"there is no diagnostic setting {name!r}.")
    say(f"Deleted diagnostic setting {name}.")


def _list_sent(item: JsonObject) -> list[str]:
    found = [*get_objects(item, "properties", "logs"), *get_objects(item, "properties", "metrics")]
    return [get_text(one, "category") or get_text(one, "categoryGroup") for one in found if one.get("enabled")]


def _list_destinations(item: JsonObject) -> list[str]:
    places = (("workspaceId",), ("storageAccountId",), ("ingate", "webhook", "url"), ("ingate", "otlp", "url"))
    found = [get_text(item, "properties", *place) for place in places]
    return [place.rpartition("/")[2] if place.startswith("/") else place for place in found if place]
