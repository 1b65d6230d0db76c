"""What commands print on stdout: tables for people, JSON and tab-separated values for programs."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import click

OutputFormat = Literal["table", "json", "tsv"]
Row = tuple[str, ...]

WIDTH_OF_A_FILE = 10_000
"""Columns when stdout is no terminal: nothing is folded that a program may read."""

_CONTROLS_THAT_JSON_ALLOWS = re.compile("[\x7f-\x9f]")

Command = TypeVar("Command", bound=Callable[..., Any])


def output_option(command: Command) -> Command:
    return click.option(
        "--output",
        "-o",
        type=click.Choice(["table", "json", "tsv"]),
        default="table",
        show_default=True,
        help="A table for people; JSON or tab-separated values (no heading) for programs.",
    )(command)


def say(message: str) -> None:
    """Talk goes to stderr, so that stdout stays data."""
    click.echo(message, err=True)


def printable(text: str, *, keep: str = "") -> str:
    """`text` without characters that steer a terminal; those in `keep` stay."""
    return "".join(c if c.isprintable() or c in keep else "\N{REPLACEMENT CHARACTER}" for c in text)


def print_rows(output: OutputFormat, columns: Row, rows: Sequence[Row], value: object) -> None:
    """Prints rows under their headings, or `value` as JSON."""
    if output == "json":
        print_json(value)
    elif output == "tsv":
        for row in rows:
            click.echo("\t".join(printable(cell) for cell in row))
    elif rows:
        click.echo(render_table(columns, rows, width=_width()))


def print_fields(output: OutputFormat, fields: Sequence[tuple[str, str]], value: object) -> None:
    """Prints one thing, a line for each of its fields, or `value` as JSON."""
    if output == "table":
        click.echo(render_table(None, fields, width=_width()))
    else:
        print_rows(output, (), fields, value)


def print_json(value: object) -> None:
    """The same for the same value, in the order that the server gave; safe to show on a terminal."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo(_CONTROLS_THAT_JSON_ALLOWS.sub(lambda found: f"\\u{ord(found.group()):04x}", text))


def render_table(columns: Row | None, rows: Sequence[Row], *, width: int) -> str:
    """Aligned columns, folded to `width`, without a line at the end."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=columns is not None, header_style="")
    for index in range(len(rows[0]) if rows else 0):
        table.add_column(columns[index].upper() if columns else "", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    drawn = io.StringIO()
    Console(file=drawn, width=width, color_system=None, legacy_windows=False).print(table)
    return "\n".join(line.rstrip() for line in drawn.getvalue().rstrip("\n").split("\n"))


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH_OF_A_FILE
