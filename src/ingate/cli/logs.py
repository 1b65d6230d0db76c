"""`ingate logs`: questions about what was logged, in KQL, and all of it as a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

import click

from .connection import Connection, connected
from .failure import CommandFailed, Refused
from .log_chart import draw_chart, is_chart
from .log_client import LogClient, LogTable, open_logs
from .log_export import TABLE_NAME, Slice, read_slices
from .log_output import render_object, render_shown_rows, write_csv, write_json_lines
from .moment import Moment, resolve_moment
from .output import OutputFormat, output_option, print_json, print_rows, say

LogFormat = Literal["table", "json", "csv", "chart"]
ExportFormat = Literal["csv", "jsonl"]
Command = TypeVar("Command", bound=Callable[..., Any])

TABLES = ("FoundryRequests", "AzureDiagnostics", "AuditEvents", "Deployments", "FoundryContent")


def place_options(command: Command) -> Command:
    workspace = click.option(
        "--workspace",
        "-w",
        metavar="NAME|GUID",
        help="The workspace to ask, by its name or customer id. [default: the only one]",
    )
    resource = click.option("--resource", "-r", metavar="NAME", help="Only what this Foundry resource logged.")
    return workspace(resource(command))


@click.group("logs")
def logs_commands() -> None:
    """Logs: every exchange, who managed what, and the deployments, as tables to query in KQL."""


@logs_commands.command("query")
@click.argument("kql", metavar="KQL")
@place_options
@click.option(
    "--timespan",
    metavar="PT1H|P1D|START/END",
    help="What is seen of the logs, in ISO 8601. [default: as the query says, or the last 24 hours]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv", "chart"]),
    help="[default: table; at a terminal, chart for a query with render]",
)
@connected
def query_logs(
    connection: Connection,
    kql: str,
    workspace: str | None,
    resource: str | None,
    timespan: str | None,
    format_: LogFormat | None,
) -> None:
    """Answer a query in KQL; - reads it from standard input."""
    text = sys.stdin.read() if kql == "-" else kql
    with open_logs(connection, workspace, resource) as client:
        table = client.query(text, timespan)
    chosen = format_ or ("chart" if connection.invocation.stdout_is_terminal and is_chart(table) else "table")
    _print_table(table, chosen)
    if table.partial:
        say(f"Not all rows: {table.partial}")


def _print_table(table: LogTable, format_: LogFormat) -> None:
    if format_ == "json":
        print_json([render_object(table.columns, row) for row in table.rows])
    elif format_ == "csv":
        write_csv(sys.stdout, table.columns, table.rows)
    elif not table.rows:
        say("No rows.")
    elif format_ == "chart":
        chart = draw_chart(table)
        if chart is None:
            raise CommandFailed("there is no column of numbers to draw.")
        click.echo(chart)
    else:
        print_rows("table", tuple(column.name for column in table.columns), render_shown_rows(table), None)


@logs_commands.command("tables")
@place_options
@output_option
@connected
def list_tables(connection: Connection, workspace: str | None, resource: str | None, output: OutputFormat) -> None:
    """List the tables that you can query, and their columns."""
    found: list[tuple[str, str, str]] = []
    with open_logs(connection, workspace, resource) as client:
        for name in TABLES:
            found += [(name, column, type_) for column, type_ in _list_columns(client, name)]
    items = [{"table": table, "column": column, "type": type_} for table, column, type_ in found]
    print_rows(output, ("table", "column", "type"), found, items)


def _list_columns(client: LogClient, name: str) -> list[tuple[str, str]]:
    """None of a table that the caller may not see."""
    try:
        table = client.query(f"{name} | getschema | project ColumnName, ColumnType")
    except Refused as refusal:
        if refusal.status != 400:
            raise
        return []
    return [(str(row[0]), str(row[1])) for row in table.rows]


@logs_commands.command("export")
@click.argument("table")
@click.option("--from", "begin", type=Moment(), required=True, metavar="TIME", help="7d ago, or a date and time.")
@click.option("--to", "end", type=Moment(), metavar="TIME", help="Before then. [default: now]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "jsonl"]),
    default="jsonl",
    show_default=True,
    help="Of the file.",
)
@click.option(
    "--out",
    "-o",
    "file",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    default="-",
    metavar="FILE",
    help="Where to write it; it is there once it is complete. [default: standard output]",
)
@place_options
@connected
def export_logs(
    connection: Connection,
    table: str,
    begin: str | timedelta,
    end: str | timedelta | None,
    format_: ExportFormat,
    file: Path,
    workspace: str | None,
    resource: str | None,
) -> None:
    """Write all rows of a table of some time, the oldest first, each once."""
    if TABLE_NAME.fullmatch(table) is None:
        raise click.UsageError(f"{table!r} is no table's name; see: ingate logs tables")
    now = connection.invocation.clock()
    first = datetime.fromisoformat(resolve_moment(begin, now))
    last = datetime.fromisoformat(resolve_moment(end or timedelta(0), now))
    if last <= first:
        raise click.UsageError("--to is not after --from.")
    with open_logs(connection, workspace, resource) as client, _opened(file) as out:
        count = 0
        for number, part in enumerate(read_slices(client, table, first, last)):
            _write_part(out, part, format_, is_first=number == 0)
            count += len(part.table.rows)
            say(f"{count} rows, up to {part.end.isoformat(timespec='seconds')}")


def _write_part(out: IO[str], part: Slice, format_: ExportFormat, *, is_first: bool) -> None:
    columns, rows = part.table.columns, part.table.rows
    if format_ == "jsonl":
        write_json_lines(out, columns, rows)
    else:
        write_csv(out, columns if is_first else None, rows)


@contextmanager
def _opened(file: Path) -> Generator[IO[str]]:
    """Complete, or as it was before."""
    if str(file) == "-":
        yield sys.stdout
        return
    partial = file.with_name(file.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as out:
            yield out
        partial.replace(file)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
