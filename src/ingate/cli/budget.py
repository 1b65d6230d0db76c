"""`ingate budget`: what may be spent in a period, and what happens on the way there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

import click

from .address import HttpUrl
from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .cost_scope import Day, cost_scope_options, find_cost_scope, find_today
from .failure import CommandFailed, Refused
from .json_value import JsonObject, get_object, get_text
from .lookup import path_segment
from .output import OutputFormat, output_option, print_fields, print_rows, say

BUDGETS = "providers/Microsoft.Consumption/budgets"
GRAINS = {"month": "Monthly", "quarter": "Quarterly", "year": "Annually"}
DEFAULT_ALERTS = ("80", "100")


class Money(click.ParamType[Decimal]):
    """US dollars."""

    name = "dollars"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            amount = Decimal(str(value).removeprefix("$").replace(",", ""))
        except InvalidOperation:
            self.fail("an amount looks like 250 or 99.50", param, ctx)
        if not amount.is_finite() or amount <= 0:
            self.fail("an amount must be greater than 0", param, ctx)
        return amount


class Alert(click.ParamType[tuple[str, str]]):
    """`80` is percent of actual spending; `forecast:100` of what is forecast."""

    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        kind, _, text = str(value).rpartition(":")
        try:
            percent = Decimal(text.removesuffix("%"))
        except InvalidOperation:
            percent = Decimal(0)
        if kind not in ("", "actual", "forecast") or not 0 < percent <= 1000:
            self.fail("an alert looks like 80, or forecast:100", param, ctx)
        return ("Forecasted" if kind == "forecast" else "Actual", f"{percent:f}")


@click.group("budget")
def budget_commands() -> None:
    """Budgets: what may be spent in a period."""


@budget_commands.command("set")
@click.argument("name")
@click.option("--amount", type=Money(), required=True, metavar="DOLLARS", help="For a period, in US dollars.")
@click.option("--every", type=click.Choice(list(GRAINS)), default="month", show_default=True, help="The period.")
@click.option("--start", type=Day(), metavar="DATE", help="First of a month. [default: of this month]")
@click.option("--end", type=Day(), metavar="DATE", help="The last day. [default: ten years later]")
@click.option("--deployment", multiple=True, metavar="NAME", help="Only these deployments; may be repeated.")
@click.option("--model", multiple=True, metavar="ID", help="Only these models; may be repeated.")
@click.option("--tag", metavar="NAME=VALUE", help="Only resources with this tag.")
@click.option(
    "--alert",
    "alerts",
    type=Alert(),
    multiple=True,
    metavar="PERCENT|forecast:PERCENT",
    help="Tell at this share of the amount; may be repeated. [default: 80 and 100]",
)
@click.option("--webhook", type=HttpUrl(), help="Where to POST alerts, beside the log and the audit trail.")
@click.option("--enforce/--no-enforce", default=False, help="Refuse calls (403) once all of it is spent.")
@cost_scope_options
@output_option
@connected
def set_budget(
    connection: Connection,
    name: str,
    amount: Decimal,
    every: str,
    start: date | None,
    end: date | None,
    deployment: tuple[str, ...],
    model: tuple[str, ...],
    tag: str | None,
    alerts: tuple[tuple[str, str], ...],
    webhook: str | None,
    enforce: bool,
    resource_group: str | None,
    resource: str | None,
    output: OutputFormat,
) -> None:
    """Create a budget, or replace one. It is about the whole subscription unless a group or a resource is named."""
    path = _path(connection, resource_group, resource, name)
    begin = start or _find_start(connection, path) or find_today(connection).replace(day=1)
    period = {"startDate": f"{begin.isoformat()}T00:00:00Z"}
    if end:
        period["endDate"] = f"{end.isoformat()}T00:00:00Z"
    properties: JsonObject = {
        "category": "Cost",
        "amount": float(amount),
        "timeGrain": GRAINS[every],
        "timePeriod": period,
        "notifications": _render_alerts(alerts or tuple(("Actual", percent) for percent in DEFAULT_ALERTS)),
        "ingate": {"enforce": enforce, **({"webhook": webhook} if webhook else {})},
    }
    chosen = _render_filter(deployment, model, tag)
    if chosen:
        properties["filter"] = chosen
    is_new, made = connection.management.put(path, {"properties": properties})
    say(f"{'Created' if is_new else 'Updated'} budget {name}.")
    _print_budget(made, output)


@budget_commands.command("list")
@cost_scope_options
@output_option
@connected
def list_budgets(
    connection: Connection, resource_group: str | None, resource: str | None, output: OutputFormat
) -> None:
    """List the budgets of exactly this scope, with what was spent."""
    scope = find_cost_scope(connection, resource_group, resource)
    budgets = connection.management.list(f"{scope}/{BUDGETS}")
    if not budgets:
        say("There are no budgets.")
    columns = ("name", "spent", "amount", "period", "forecast", "enforced", "closed")
    rows = [
        (
            get_text(item, "name"),
            get_text(item, "properties", "currentSpend", "amount"),
            get_text(item, "properties", "amount"),
            get_text(item, "properties", "timeGrain"),
            get_text(item, "properties", "forecastSpend", "amount"),
            get_text(item, "properties", "ingate", "enforce"),
            get_text(item, "properties", "ingate", "closed"),
        )
        for item in budgets
    ]
    print_rows(output, columns, rows, budgets)


@budget_commands.command("delete")
@click.argument("name")
@cost_scope_options
@yes_option
@connected
def delete_budget(
    connection: Connection, name: str, resource_group: str | None, resource: str | None, yes: bool
) -> None:
    """Delete a budget. Deployments that it closed open at once."""
    path = _path(connection, resource_group, resource, name)
    confirm_delete(connection.invocation, f"budget {name}", yes=yes)
    try:
        connection.management.delete(path)
    except Refused as refusal:
        if refusal.status == 404:
            raise CommandFailed(f"there is no budget {name!r}.") from refusal
        raise
    say(f"Deleted budget {name}.")


def _path(connection: Connection, resource_group: str | None, resource: str | None, name: str) -> str:
    return f"{find_cost_scope(connection, resource_group, resource)}/{BUDGETS}/{path_segment(name)}"


def _find_start(connection: Connection, path: str) -> date | None:
    """Of the budget that is there: its start cannot be changed."""
    try:
        existing = connection.management.get(path)
    except Refused as refusal:
        if refusal.status == 404:
            return None
        raise
    written = get_text(existing, "properties", "timePeriod", "startDate")[:10]
    return date.fromisoformat(written) if written else None


def _render_alerts(alerts: tuple[tuple[str, str], ...]) -> JsonObject:
    """Named as Azure's portal names them."""
    return {
        f"{kind}_GreaterThanOrEqualTo_{percent}_Percent": {
            "enabled": True,
            "operator": "GreaterThanOrEqualTo",
            "threshold": float(percent),
            "thresholdType": kind,
            "contactEmails": [],
        }
        for kind, percent in alerts
    }


def _render_filter(deployments: tuple[str, ...], models: tuple[str, ...], tag: str | None) -> JsonObject:
    parts: list[JsonObject] = []
    for name, values in (("Deployment", deployments), ("Model", models)):
        if values:
            parts.append({"dimensions": {"name": name, "operator": "In", "values": list(values)}})
    if tag:
        key, found, value = tag.partition("=")
        if not found or not key:
            raise click.UsageError("--tag looks like NAME=VALUE.")
        parts.append({"tags": {"name": key, "operator": "In", "values": [value]}})
    if len(parts) > 1:
        return {"and": parts}
    return parts[0] if parts else {}


def _print_budget(budget: JsonObject, output: OutputFormat) -> None:
    properties = get_object(budget, "properties")
    fields = [
        ("name", get_text(budget, "name")),
        ("amount", get_text(properties, "amount")),
        ("period", get_text(properties, "timeGrain")),
        ("from", get_text(properties, "timePeriod", "startDate")[:10]),
        ("to", get_text(properties, "timePeriod", "endDate")[:10]),
        ("spent", get_text(properties, "currentSpend", "amount")),
        ("alerts", ", ".join(sorted(get_object(properties, "notifications")))),
        ("webhook", get_text(properties, "ingate", "webhook")),
        ("enforced", get_text(properties, "ingate", "enforce")),
        ("closed", get_text(properties, "ingate", "closed")),
        ("id", get_text(budget, "id")),
    ]
    print_fields(output, [(label, text) for label, text in fields if text], budget)
