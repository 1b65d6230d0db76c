"""`ingate audit`: who did what, from where, with what result."""

from __future__ import annotations

from datetime import timedelta

import click

from .connection import Connection, connected
from .json_value import JsonObject, get_text
from .moment import Moment, resolve_moment
from .output import OutputFormat, Row, output_option, print_rows, say
from .scope import find_scope

EVENTS = "/providers/Ingate.Audit/events"


@click.command("audit")
@click.option(
    "--since",
    type=Moment(),
    default="24h",
    show_default=True,
    metavar="TIME",
    help="From then on: 90m, 24h or 7d ago, or a time such as 2026-11-22T10:00:00Z.",
)
@click.option(
    "--target",
    metavar="SCOPE|RESOURCE",
    help="Only what was done to this resource, or to this id and everything below it. [default: everything]",
)
@output_option
@connected
def show_audit(connection: Connection, since: str | timedelta, target: str | None, output: OutputFormat) -> None:
    """Show who did what, from where, with what result; the newest first."""
    query = {"since": resolve_moment(since, connection.invocation.clock())}
    if target:
        query["target"] = find_scope(connection, target)
    events = connection.management.list(EVENTS, **query)
    if not events:
        say("Nothing happened.")
    columns = ("time", "who", "action", "target", "from", "result", "detail")
    print_rows(output, columns, [_row(event) for event in events], events)


def _row(event: JsonObject) -> Row:
    members = ("time", "actorName", "action", "target", "callerAddress", "result", "detail")
    return tuple(get_text(event, member) for member in members)
