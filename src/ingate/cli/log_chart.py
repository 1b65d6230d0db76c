"""A query's chart in the terminal: bars for categories and for one series over time, a line for each of several.

What a query can ask for: https://learn.microsoft.com/kusto/query/render-operator
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .bar_table import BAR_WIDTH, draw, make_bar
from .json_value import get_text
from .log_client import LogTable
from .log_output import render_cell
from .output import printable

OVER_TIME = frozenset({"timechart", "linechart", "areachart", "stackedareachart", "scatterchart"})
BY_CATEGORY = frozenset({"barchart", "columnchart", "piechart"})
LINE_WIDTH = 60
_LEVELS = "▁▂▃▄▅▆▇█"
_NUMBERS = frozenset({"int", "long", "real", "decimal"})
_MOST_BARS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    name: str
    points: dict[str, float]
    """By what is on the x axis."""


def is_chart(table: LogTable) -> bool:
    """Whether the query asks for one that can be drawn."""
    return get_text(table.render, "visualization") in OVER_TIME | BY_CATEGORY and draw_chart(table) is not None


def draw_chart(table: LogTable) -> str | None:
    """None when there is nothing to draw: no rows, or no column of numbers."""
    axis, series = _read_series(table)
    if not series:
        return None
    kind = get_text(table.render, "visualization")
    title = get_text(table.render, "title")
    over_time = kind in OVER_TIME or (kind not in BY_CATEGORY and _find_axis_type(table) == "datetime")
    if len(series) == 1 and len(axis) <= _MOST_BARS:
        drawn = _draw_bars(table, axis, series[0], with_share=kind == "piechart")
    elif over_time:
        drawn = _draw_lines(axis, series)
    else:
        drawn = _draw_groups(axis, series)
    return f"{printable(title)}\n{drawn}" if title else drawn


def _find_axis(table: LogTable) -> int | None:
    """The first datetime, or else the first column that is no number."""
    types = [column.type for column in table.columns]
    times = [index for index, kind in enumerate(types) if kind == "datetime"]
    others = [index for index, kind in enumerate(types) if kind not in _NUMBERS]
    return next(iter([*times, *others]), 0 if len(types) > 1 else None)


def _find_axis_type(table: LogTable) -> str:
    axis = _find_axis(table)
    return "" if axis is None else table.columns[axis].type


def _read_series(table: LogTable) -> tuple[list[str], list[_Series]]:
    """What is on the x axis, in order; a series for each column of numbers and each group of the other columns."""
    axis = _find_axis(table)
    numbers = [index for index, column in enumerate(table.columns) if column.type in _NUMBERS and index != axis]
    groups = [index for index in range(len(table.columns)) if index != axis and index not in numbers]
    found: dict[str, dict[str, float]] = {}
    places: dict[str, None] = {}
    for row in table.rows:
        place = "" if axis is None else render_cell(row[axis])
        places[place] = None
        group = ", ".join(render_cell(row[index]) for index in groups)
        for index in numbers:
            names = [group] if group else []
            if len(numbers) > 1 or not names:
                names.append(table.columns[index].name)
            value = _read_number(row[index])
            if value is not None:
                found.setdefault(": ".join(names), {})[place] = value
    ordered = sorted(places) if _find_axis_type(table) == "datetime" else list(places)
    return ordered, [_Series(name=name, points=points) for name, points in found.items()]


def _read_number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _draw_bars(table: LogTable, axis: Sequence[str], series: _Series, *, with_share: bool) -> str:
    from rich.table import Table
    from rich.text import Text

    index = _find_axis(table)
    drawn = Table(box=None, pad_edge=False, header_style="")
    drawn.add_column(printable(table.columns[index].name if index is not None else "").upper(), overflow="fold")
    drawn.add_column(printable(series.name).upper(), justify="right", overflow="fold")
    if with_share:
        drawn.add_column("SHARE", justify="right")
    drawn.add_column("", width=BAR_WIDTH)
    largest = max((abs(value) for value in series.points.values()), default=0.0)
    total = sum(series.points.values())
    for place in axis:
        value = series.points.get(place)
        cells: list[Any] = [Text(printable(place)), Text("" if value is None else render_number(value))]
        if with_share:
            cells.append(Text(f"{value / total:.1%}" if value is not None and total > 0 else ""))
        cells.append(make_bar(abs(value or 0.0) / largest if largest else 0.0))
        drawn.add_row(*cells)
    return draw(drawn)


def _draw_lines(axis: Sequence[str], series: Sequence[_Series]) -> str:
    """All on one scale, which begins at 0, or at the least where that is negative."""
    from rich.table import Table
    from rich.text import Text

    values = [value for one in series for value in one.points.values()]
    low, high = min(0.0, *values), max(0.0, *values)
    drawn = Table(box=None, pad_edge=False, header_style="")
    drawn.add_column("SERIES", overflow="fold")
    for name in ("MIN", "MAX", "LAST"):
        drawn.add_column(name, justify="right")
    width = min(LINE_WIDTH, max(len(axis), 1))
    drawn.add_column(f"{_shorten_time(axis[0])} .. {_shorten_time(axis[-1])}", no_wrap=True, min_width=width)
    for one in series:
        points = list(one.points.values())
        last = next((one.points[place] for place in reversed(axis) if place in one.points), 0.0)
        numbers = [Text(render_number(value)) for value in (min(points), max(points), last)]
        line = _draw_line([one.points.get(place) for place in axis], low, high)
        drawn.add_row(Text(printable(one.name)), *numbers, Text(line))
    return draw(drawn)


def _shorten_time(place: str) -> str:
    return printable(place[:16].replace("T", " "))


def _draw_line(values: Sequence[float | None], low: float, high: float) -> str:
    """A character for each point; where there are more points than characters, for the highest of some."""
    size = max(1, math.ceil(len(values) / LINE_WIDTH))
    parts = [values[begin : begin + size] for begin in range(0, len(values), size)]
    drawn: list[str] = []
    for part in parts:
        known = [value for value in part if value is not None]
        share = (max(known) - low) / (high - low) if known and high > low else 0.0
        drawn.append(_LEVELS[min(len(_LEVELS) - 1, int(share * len(_LEVELS)))] if known else " ")
    return "".join(drawn)


def _draw_groups(axis: Sequence[str], series: Sequence[_Series]) -> str:
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="")
    for name in ("", "SERIES"):
        drawn.add_column(name, overflow="fold")
    drawn.add_column("VALUE", justify="right")
    drawn.add_column("", width=BAR_WIDTH)
    largest = max((abs(value) for one in series for value in one.points.values()), default=0.0)
    for place in axis:
        shown = place
        for one in series:
            value = one.points.get(place)
            if value is not None:
                bar = make_bar(abs(value) / largest if largest else 0.0)
                drawn.add_row(Text(printable(shown)), Text(printable(one.name)), Text(render_number(value)), bar)
                shown = ""
    return draw(drawn)


def render_number(value: float) -> str:
    """Short: whole numbers whole, others with four digits that mean something."""
    if value.is_integer() and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 100 else f"{value:.4g}"
