"""`ingate price`: what exchanges cost, and what was agreed on in place of list prices."""

from __future__ import annotations

from datetime import timedelta

import click

from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_object, get_objects, get_text
from .lookup import find_resource, path_segment
from .moment import Moment, resolve_moment
from .output import OutputFormat, output_option, print_fields, print_rows, say

PRICES = "providers/Ingate.Gateway/prices"
PRICE_LIST = "providers/Ingate.Gateway/priceList"
CLASSES = ("input", "output", "cacheRead", "cacheWrite5m", "cacheWrite1h")


class Number(click.ParamType[str]):
    """Decimal digits, kept as they were typed: a price is exact."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip().removeprefix("$").removesuffix("%")
        digits = text.removeprefix("-").replace(".", "", 1)
        if not (digits.isascii() and digits.isdigit()):
            self.fail("a number looks like 10 or 2.75", param, ctx)
        return text


@click.group("price")
def price_commands() -> None:
    """Prices: the catalogue's, and what was agreed on instead."""


@price_commands.command("list")
@click.option("--agreements", is_flag=True, help="Show the agreements instead, past and future ones too.")
@output_option
@connected
def list_prices(connection: Connection, agreements: bool, output: OutputFormat) -> None:
    """List what each deployment costs now, in US dollars for a million tokens."""
    if agreements:
        _list_agreements(connection, output)
        return
    items = connection.management.list(f"{connection.subscription_path()}/{PRICE_LIST}")
    columns = ("resource", "deployment", "input", "output", "cache read", "write 5m", "write 1h", "price")
    rows = [
        (
            get_text(item, "resource"),
            get_text(item, "deployment"),
            *(_render_tiers(item, name) for name in CLASSES),
            get_text(item, "current", "price"),
        )
        for item in items
    ]
    if not rows:
        say("There are no deployments.")
    print_rows(output, columns, rows, items)


def _render_tiers(item: JsonObject, name: str) -> str:
    """One price, or one for each length of prompt."""
    return " / ".join(get_text(tier, name) for tier in get_objects(item, "current", "unitPrices"))


def _list_agreements(connection: Connection, output: OutputFormat) -> None:
    items = connection.management.list(f"{connection.subscription_path()}/{PRICES}")
    if not items:
        say("There are no agreements: list prices are in force.")
    columns = ("name", "about", "terms", "from", "in force")
    rows = [
        (
            get_text(item, "name"),
            _describe_target(get_object(item, "properties")),
            _describe_terms(get_object(item, "properties")),
            get_text(item, "properties", "effectiveFrom"),
            get_text(item, "properties", "inForce"),
        )
        for item in items
    ]
    print_rows(output, columns, rows, items)


def _describe_target(properties: JsonObject) -> str:
    for kind in ("model", "resource", "deployment"):
        value = get_text(properties, kind)
        if value:
            return f"{kind} {value.rpartition('/')[2]}"
    return "everything"


def _describe_terms(properties: JsonObject) -> str:
    if "discountPercent" in properties:
        return f"{get_text(properties, 'discountPercent')}% off"
    return "withdrawn" if "withdrawn" in properties else "fixed prices"


@price_commands.command("set")
@click.argument("name")
@click.option("--model", metavar="ID", help="Only for this model.")
@click.option("--resource", "-r", metavar="NAME", help="Only for this Foundry resource.")
@click.option("--deployment", "-d", metavar="NAME", help="Only for this deployment (of --resource).")
@click.option("--discount", type=Number(), metavar="PERCENT", help="Off list prices; a minus sign adds instead.")
@click.option("--input", "input_", type=Number(), metavar="USD", help="For a million input tokens.")
@click.option("--output-tokens", type=Number(), metavar="USD", help="For a million output tokens.")
@click.option("--cache-read", type=Number(), metavar="USD", help="For a million tokens read from the cache.")
@click.option("--cache-write-5m", type=Number(), metavar="USD", help="For a million tokens cached for 5 minutes.")
@click.option("--cache-write-1h", type=Number(), metavar="USD", help="For a million tokens cached for an hour.")
@click.option("--web-search", type=Number(), metavar="USD", help="For a thousand searches. [default: list price]")
@click.option("--withdraw", is_flag=True, help="End what was agreed on for the same before.")
@click.option("--from", "begin", type=Moment(), metavar="TIME", help="When it comes into force. [default: now]")
@output_option
@connected
def set_price(
    connection: Connection,
    name: str,
    model: str | None,
    resource: str | None,
    deployment: str | None,
    discount: str | None,
    input_: str | None,
    output_tokens: str | None,
    cache_read: str | None,
    cache_write_5m: str | None,
    cache_write_1h: str | None,
    web_search: str | None,
    withdraw: bool,
    begin: str | timedelta | None,
    output: OutputFormat,
) -> None:
    """Add an agreement: a discount, or fixed prices. Once in force it stays; a later one supersedes it."""
    given = (input_, output_tokens, cache_read, cache_write_5m, cache_write_1h)
    terms = _render_terms(discount, given, web_search, withdraw=withdraw)
    properties = _render_target(connection, model, resource, deployment) | terms
    if begin is not None:
        properties["effectiveFrom"] = resolve_moment(begin, connection.invocation.clock())
    path = f"{connection.subscription_path()}/{PRICES}/{path_segment(name)}"
    is_new, made = connection.management.put(path, {"properties": properties})
    say(f"{'Added' if is_new else 'Updated'} price {name}.")
    shown = get_object(made, "properties")
    fields = [
        ("name", get_text(made, "name")),
        ("about", _describe_target(shown)),
        ("terms", _describe_terms(shown)),
        ("from", get_text(shown, "effectiveFrom")),
        ("in force", get_text(shown, "inForce")),
    ]
    print_fields(output, fields, made)


def _render_terms(
    discount: str | None, prices: tuple[str | None, ...], web_search: str | None, *, withdraw: bool
) -> JsonObject:
    has_prices = any(price is not None for price in prices)
    if (discount is not None) + has_prices + withdraw != 1:
        raise click.UsageError("say one of --discount, all five prices, or --withdraw.")
    if web_search is not None and not has_prices:
        raise click.UsageError("--web-search belongs to fixed prices.")
    if discount is not None:
        return {"discountPercent": discount}
    if withdraw:
        return {"withdrawn": True}
    if any(price is None for price in prices):
        raise click.UsageError(
            "fixed prices need --input, --output-tokens, --cache-read, --cache-write-5m and --cache-write-1h."
        )
    searches: JsonObject = {} if web_search is None else {"webSearch": web_search}
    return {"unitPrices": [dict(zip(CLASSES, prices, strict=True))], **searches}


def _render_target(
    connection: Connection, model: str | None, resource: str | None, deployment: str | None
) -> JsonObject:
    if model and (resource or deployment):
        raise click.UsageError("say --model, or --resource and --deployment.")
    if model:
        return {"model": model}
    if not resource and not deployment:
        return {}
    account = get_text(find_resource(connection, resource), "id")
    return {"deployment": f"{account}/deployments/{deployment}"} if deployment else {"resource": account}


@price_commands.command("delete")
@click.argument("name")
@yes_option
@connected
def delete_price(connection: Connection, name: str, yes: bool) -> None:
    """Delete an agreement that is not in force yet."""
    confirm_delete(connection.invocation, f"price {name}", yes=yes)
    if not connection.management.delete(f"{connection.subscription_path()}/{PRICES}/{path_segment(name)}"):
        raise CommandFailed(f"there is no price {name!r}.")
    say(f"Deleted price {name}.")
