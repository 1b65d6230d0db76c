"""Finding a deployment, and what `ingate deployment` shows of it."""

from __future__ import annotations

from .connection import Connection
from .failure import CommandFailed, Refused
from .json_value import JsonObject, get_text
from .lookup import list_deployments, path_segment, suggest
from .output import OutputFormat, print_fields

SKUS = ("GlobalStandard", "DataZoneStandard")


def deployment_path(account: JsonObject, name: str) -> str:
    return f"{get_text(account, 'id')}/deployments/{path_segment(name)}"


def find_deployment(connection: Connection, account: JsonObject, name: str) -> JsonObject:
    """Ends the command when there is none."""
    try:
        return connection.management.get(deployment_path(account, name))
    except Refused as refusal:
        if refusal.status != 404:
            raise
        raise no_such_deployment(connection, account, name) from refusal


def no_such_deployment(connection: Connection, account: JsonObject, name: str) -> CommandFailed:
    names = [get_text(item, "name") for item in list_deployments(connection, account)]
    return CommandFailed(f"{get_text(account, 'name')} has no deployment {name!r}.{suggest(name, names)}")


def _list_limits(deployment: JsonObject) -> list[tuple[str, str]]:
    """Those that are not the capacity's."""
    members = (("rpm", "requests"), ("itpm", "inputTokens"), ("otpm", "outputTokens"))
    rows = [
        (label, get_text(deployment, "properties", "ingate", "limits", f"{noun}PerMinute")) for label, noun in members
    ]
    return [(label, value) for label, value in rows if value]


def _list_recording(deployment: JsonObject) -> list[tuple[str, str]]:
    days = get_text(deployment, "properties", "ingate", "recordContent", "retentionDays")
    return [("content kept", f"{days} days")] if days else []


def _list_pause(deployment: JsonObject) -> list[tuple[str, str]]:
    state = get_text(deployment, "properties", "deploymentState")
    return [("paused", "yes")] if state == "Paused" else []


def print_deployment(deployment: JsonObject, output: OutputFormat) -> None:
    fields = [
        ("name", get_text(deployment, "name")),
        ("model", get_text(deployment, "properties", "model", "name")),
        ("version", get_text(deployment, "properties", "model", "version")),
        ("type", get_text(deployment, "sku", "name")),
        ("capacity", get_text(deployment, "sku", "capacity")),
        *_list_limits(deployment),
        *_list_recording(deployment),
        *_list_pause(deployment),
        ("state", get_text(deployment, "properties", "provisioningState")),
        ("upstream", get_text(deployment, "properties", "ingate", "upstream")),
        ("upstream model", get_text(deployment, "properties", "ingate", "upstreamModel")),
        ("id", get_text(deployment, "id")),
    ]
    print_fields(output, fields, deployment)
