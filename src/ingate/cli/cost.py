"""`ingate cost`: what was spent, on what, by whom, and what is expected."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, cast

import click

from .connection import Connection, connected
from .cost_chart import ChartRow, render_chart, render_money
from .cost_scope import Day, cost_scope_options, find_cost_scope, find_today
from .json_value import JsonObject, get_object, get_objects, get_text
from .output import print_json, printable, say

CostFormat = Literal["table", "json", "csv", "focus"]

QUERY = "providers/Microsoft.CostManagement/query"
FORECAST = "providers/Microsoft.CostManagement/forecast"
FOCUS_EXPORT = "providers/Ingate.Gateway/focusExport"
CONSUMPTION_UNIT = Decimal("0.01")
"""US dollars of a Claude Consumption Unit."""

_DIMENSIONS = {
    "deployment": "Deployment",
    "model": "Model",
    "principal": "Principal",
    "resource": "ResourceName",
    "resource-group": "ResourceGroup",
    "meter": "Meter",
    "price": "Price",
}
_PERIODS = {"day": "Daily", "month": "Monthly"}
_SUM = {"totalCost": {"name": "Cost", "function": "Sum"}}


class Grouping(click.ParamType[str]):
    """One of the known words, or `tag:NAME`."""

    name = "grouping"
    words = (*_DIMENSIONS, *_PERIODS)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        if text not in self.words and not (text.startswith("tag:") and len(text) > len("tag:")):
            self.fail(f"say one of {', '.join(self.words)}, or tag:NAME", param, ctx)
        return text


@click.command("cost")
@click.option(
    "--by",
    type=Grouping(),
    default="deployment",
    show_default=True,
    metavar="WORD|tag:NAME",
    help="deployment, model, principal, resource, resource-group, meter, price, day, month, or a resource's tag.",
)
@click.option("--from", "first", type=Day(), metavar="DATE", help="The first day. [default: of this month]")
@click.option("--to", "last", type=Day(), metavar="DATE", help="The last day. [default: today, in UTC]")
@click.option("--forecast", is_flag=True, help="Show each day until --to, and what is expected. [--to: month's end]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv", "focus"]),
    default="table",
    show_default=True,
    help="A chart for people; exact amounts for programs; a FOCUS file for finance tools.",
)
@cost_scope_options
@connected
def show_cost(
    connection: Connection,
    by: str,
    first: date | None,
    last: date | None,
    forecast: bool,
    format_: CostFormat,
    resource_group: str | None,
    resource: str | None,
) -> None:
    """Show what was spent, in US dollars and Claude Consumption Units (1 CCU = $0.01)."""
    today = find_today(connection)
    begin = first or today.replace(day=1)
    end = last or (_end_of_month(today) if forecast else today)
    if end < begin:
        raise click.UsageError("--to is before --from.")
    scope = find_cost_scope(connection, resource_group, resource)
    if format_ == "focus":
        days = {"from": begin.isoformat(), "to": end.isoformat()}
        sys.stdout.write(connection.management.download(f"{scope}/{FOCUS_EXPORT}", **days).decode("utf-8"))
        return
    period = {"from": f"{begin.isoformat()}T00:00:00Z", "to": f"{end.isoformat()}T00:00:00Z"}
    if forecast:
        _show_forecast(connection, scope, period, format_)
    else:
        _show_groups(connection, scope, by, period, format_)


def _show_groups(connection: Connection, scope: str, by: str, period: dict[str, str], format_: CostFormat) -> None:
    body: JsonObject = {
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": period,
        "dataset": {"granularity": _PERIODS.get(by, "None"), "aggregation": _SUM, "grouping": _render_grouping(by)},
    }
    rows = _read_rows(connection.management.ask_exactly(f"{scope}/{QUERY}", body))
    groups = [(_name_group(by, row), _read_decimal(row["Cost"])) for row in rows]
    if by not in _PERIODS:
        groups.sort(key=lambda group: (-group[1], group[0]))
    if not groups:
        say("Nothing was spent.")
    _print(by, [ChartRow(label=label, cost=cost) for label, cost in groups], format_)


def _show_forecast(connection: Connection, scope: str, period: dict[str, str], format_: CostFormat) -> None:
    body: JsonObject = {
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": period,
        "includeActualCost": True,
        "includeInterval": True,
        "dataset": {"granularity": "Daily", "aggregation": _SUM},
    }
    rows = _read_rows(connection.management.ask_exactly(f"{scope}/{FORECAST}", body))
    if not rows:
        say("Nothing was spent.")
    chart: list[ChartRow] = []
    for row in rows:
        is_forecast = row["CostStatus"] == "Forecast"
        bounds = (_read_decimal(row["CostLower"]), _read_decimal(row["CostUpper"])) if is_forecast else None
        label = _render_day(str(row["UsageDate"]))
        chart.append(ChartRow(label=label, cost=_read_decimal(row["Cost"]), bounds=bounds))
    _print("day", chart, format_, is_forecast=True)


def _render_grouping(by: str) -> list[JsonObject]:
    if by.startswith("tag:"):
        return [{"type": "TagKey", "name": by.removeprefix("tag:")}]
    return [{"type": "Dimension", "name": _DIMENSIONS[by]}] if by in _DIMENSIONS else []


def _read_rows(answer: JsonObject) -> list[dict[str, Any]]:
    """Each row by its columns' names."""
    properties = get_object(answer, "properties")
    names = [get_text(column, "name") for column in get_objects(properties, "columns")]
    rows = cast("list[list[Any]]", properties.get("rows") or [])
    return [dict(zip(names, row, strict=False)) for row in rows]


def _name_group(by: str, row: dict[str, Any]) -> str:
    if by.startswith("tag:"):
        return str(row.get("TagValue") or "(no tag)")
    if by == "day":
        return _render_day(str(row["UsageDate"]))
    if by == "month":
        return str(row["BillingMonth"])[:7]
    return str(row.get(_DIMENSIONS[by]) or "(unknown)")


def _render_day(digits: str) -> str:
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"


def _read_decimal(value: object) -> Decimal:
    return Decimal(str(value))


def _print(by: str, rows: Sequence[ChartRow], format_: CostFormat, *, is_forecast: bool = False) -> None:
    if format_ == "json":
        print_json([_render_json(by, row, is_forecast=is_forecast) for row in rows])
    elif format_ == "csv":
        _print_csv(by, rows, is_forecast=is_forecast)
    elif rows:
        click.echo(render_chart(by, rows))
        total = sum((row.cost for row in rows), Decimal(0))
        say(f"Total: {render_money(total)} ({_units(total):f} CCU)")


def _units(cost: Decimal) -> Decimal:
    return (cost / CONSUMPTION_UNIT).quantize(Decimal("0.01"))


def _render_json(by: str, row: ChartRow, *, is_forecast: bool) -> JsonObject:
    shown: JsonObject = {
        by: row.label,
        "cost": f"{row.cost:f}",
        "consumptionUnits": f"{row.cost / CONSUMPTION_UNIT:f}",
        "currency": "USD",
    }
    if is_forecast:
        shown["status"] = "Forecast" if row.bounds else "Actual"
        if row.bounds:
            shown |= {"lower": f"{row.bounds[0]:f}", "upper": f"{row.bounds[1]:f}"}
    return shown


def _print_csv(by: str, rows: Sequence[ChartRow], *, is_forecast: bool) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    extra = ("status", "lower", "upper") if is_forecast else ()
    writer.writerow((by, "cost", "consumptionUnits", "currency", *extra))
    for row in rows:
        cells = [printable(row.label), f"{row.cost:f}", f"{row.cost / CONSUMPTION_UNIT:f}", "USD"]
        if is_forecast:
            bounds = (f"{row.bounds[0]:f}", f"{row.bounds[1]:f}") if row.bounds else ("", "")
            cells += ["Forecast" if row.bounds else "Actual", *bounds]
        writer.writerow(cells)
    sys.stdout.write(text.getvalue())


def _end_of_month(day: date) -> date:
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return following - timedelta(days=1)
