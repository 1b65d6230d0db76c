"""Rows of logs as tables, JSON, JSON lines and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import IO, Any

from .json_value import JsonObject
from .log_client import LogColumn, LogTable
from .output import Row

_MOST_SHOWN = 200
"""Characters of a cell in a table for people."""


def render_cell(value: object) -> str:
    """As text: nothing for null, and no Python spellings."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def render_shown_rows(table: LogTable) -> list[Row]:
    """For people: on one line, and shortened."""
    return [tuple(_shorten(render_cell(value)) for value in row) for row in table.rows]


def _shorten(text: str) -> str:
    text = text.replace("\n", " ").replace("\t", " ")
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"


def render_object(columns: Sequence[LogColumn], row: Sequence[Any]) -> JsonObject:
    """By the columns' names; a dynamic value as what it is."""
    return {column.name: _read_value(column, value) for column, value in zip(columns, row, strict=True)}


def _read_value(column: LogColumn, value: Any) -> Any:
    if column.type == "dynamic" and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def write_csv(file: IO[str], columns: Sequence[LogColumn] | None, rows: Sequence[Sequence[Any]]) -> None:
    """Without a heading when there are no `columns`. `file` translates no line ends."""
    writer = csv.writer(file)
    if columns is not None:
        writer.writerow([column.name for column in columns])
    writer.writerows([render_cell(value) for value in row] for row in rows)


def write_json_lines(file: IO[str], columns: Sequence[LogColumn], rows: Sequence[Sequence[Any]]) -> None:
    for row in rows:
        file.write(json.dumps(render_object(columns, row), ensure_ascii=False, separators=(",", ":")) + "\n")
