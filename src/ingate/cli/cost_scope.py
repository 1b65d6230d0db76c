"""Whose costs, prices or budgets: the subscription's, a resource group's, or a resource's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import click

from .connection import Connection
from .json_value import get_text
from .lookup import find_resource

Command = TypeVar("Command", bound=Callable[..., Any])


def cost_scope_options(command: Command) -> Command:
    group = click.option("--resource-group", "-g", metavar="NAME", help="Only this resource group.")
    resource = click.option("--resource", "-r", metavar="NAME", help="Only this Foundry resource.")
    return resource(group(command))


def find_cost_scope(connection: Connection, resource_group: str | None, resource: str | None) -> str:
    """The path of an ARM id; the subscription's when nothing is named."""
    if resource:
        return get_text(find_resource(connection, resource, resource_group), "id")
    return connection.resource_group_path(resource_group) if resource_group else connection.subscription_path()


class Day(click.ParamType[date]):
    """A date of ISO 8601."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            self.fail("a day looks like 2026-11-22", param, ctx)


def find_today(connection: Connection) -> date:
    """In UTC, by which costs are kept."""
    return datetime.fromtimestamp(connection.invocation.clock(), UTC).date()
