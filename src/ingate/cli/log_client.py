"""Asking Log Analytics' query API: where a query goes, what comes back, and where in the query a fault is."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from .access_token import get_access_token
from .connection import Connection
from .failure import CommandFailed, Refused
from .json_value import JsonObject, get_object, get_objects, get_text
from .lookup import find_resource, suggest
from .management import Management

WORKSPACES = "providers/Microsoft.OperationalInsights/workspaces"
LOGS_RESOURCE = "https://api.loganalytics.io"
_LONGEST_SHOWN = 200
"""Characters of a query's line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogColumn:
    name: str
    type: str
    """Kusto's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTable:
    columns: tuple[LogColumn, ...]
    rows: list[list[Any]]
    render: JsonObject
    """What the query says about a chart: `visualization`, and its properties."""
    partial: str = ""
    """Why there are more rows than these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogClient:
    management: Management
    path: str

    def query(self, text: str, timespan: str | None = None) -> LogTable:
        """Ends the command when there is no answer; `Refused` when the caller may want to know why."""
        body: JsonObject = {"query": text} | ({"timespan": timespan} if timespan else {})
        try:
            return _read_table(self.management.query_logs(self.path, body))
        except Refused as refusal:
            raise _point_at_fault(text, refusal) from refusal


@contextmanager
def open_logs(connection: Connection, workspace: str | None, resource: str | None = None) -> Generator[LogClient]:
    """Of a workspace, by its name or customer id, or of what one resource logged."""
    path = _find_path(connection, workspace, resource)
    if connection.sign_in is None:
        yield LogClient(management=connection.management, path=path)
        return
    location, invocation = connection.location, connection.invocation
    management = Management(
        invocation,
        location.secure_url,
        get_access_token(invocation, location, connection.sign_in, LOGS_RESOURCE).text,
        token_source=f"the sign-in of {connection.sign_in.name}",
        ca_file=location.ca_file,
    )
    try:
        yield LogClient(management=management, path=path)
    finally:
        management.close()


def _find_path(connection: Connection, workspace: str | None, resource: str | None) -> str:
    if resource is not None:
        return f"/v1{get_text(find_resource(connection, resource), 'id')}/query"
    if workspace is not None and _is_customer_id(workspace):
        return f"/v1/workspaces/{workspace}/query"
    try:
        found = find_workspace(connection, workspace)
    except Refused as refusal:
        if refusal.status != 403:
            raise
        hint = "To ask for what one resource logged, it is enough to be allowed to read that: --resource NAME"
        raise CommandFailed(f"{refusal.message}\n{hint}") from refusal
    return f"/v1/workspaces/{get_text(found, 'properties', 'customerId')}/query"


def _is_customer_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def find_workspace(connection: Connection, name: str | None, resource_group: str | None = None) -> JsonObject:
    """That of this name, or the only one."""
    found = list_workspaces(connection, resource_group)
    names = [get_text(item, "name") for item in found]
    if name is None and len(found) != 1:
        raise CommandFailed(f"name a workspace with --workspace: {', '.join(sorted(names)) or 'you can see none'}")
    matching = [item for item in found if name is None or get_text(item, "name").lower() == name.lower()]
    if not matching:
        raise CommandFailed(f"there is no workspace {name!r}.{suggest(name or '', names)}")
    if len(matching) > 1:
        raise CommandFailed(f"there are several workspaces {name!r}; name one by its customer id.")
    return matching[0]


def list_workspaces(connection: Connection, resource_group: str | None = None) -> list[JsonObject]:
    scope = connection.resource_group_path(resource_group) if resource_group else connection.subscription_path()
    return connection.management.list(f"{scope}/{WORKSPACES}")


def _read_table(document: JsonObject) -> LogTable:
    tables = get_objects(document, "tables")
    table = tables[0] if tables else {}
    columns = [
        LogColumn(name=get_text(column, "name"), type=get_text(column, "type"))
        for column in get_objects(table, "columns")
    ]
    details = get_objects(document, "error", "details")
    cause = get_text(details[0], "innererror", "message") if details else ""
    return LogTable(
        columns=tuple(columns),
        rows=cast("list[list[Any]]", table.get("rows") or []),
        render=get_object(document, "render"),
        partial=cause or get_text(document, "error", "message"),
    )


def _point_at_fault(text: str, refusal: Refused) -> CommandFailed:
    """With the query's line and a caret below the place, if the refusal names one."""
    fault: JsonObject = dict(refusal.inner)
    while get_object(fault, "innererror"):
        fault = get_object(fault, "innererror")
    message = get_text(fault, "message")
    if not message:
        return refusal
    line, position = fault.get("line"), fault.get("pos")
    lines = text.splitlines() or [""]
    if isinstance(line, int) and isinstance(position, int) and 0 < line <= len(lines) and position > 0:
        message += f"\n{render_place(lines[line - 1], position)}"
    return Refused(status=refusal.status, code=get_text(fault, "code"), message=message, inner=refusal.inner)


def render_place(line: str, position: int) -> str:
    """`position` is from 1. Of a long line, what is around it."""
    begin = max(0, position - _LONGEST_SHOWN // 2) if len(line) > _LONGEST_SHOWN else 0
    shown = line[begin : begin + _LONGEST_SHOWN].replace("\t", " ")
    return f"  {shown}\n  {' ' * (position - 1 - begin)}^"
