"""Where a role holds: an ARM id, or what people type in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .connection import Connection
from .json_value import get_text
from .lookup import find_resource

Command = TypeVar("Command", bound=Callable[..., Any])


def scope_option(*, default: str) -> Callable[[Command], Command]:
    return click.option(
        "--scope",
        "-s",
        metavar="SCOPE|RESOURCE",
        help=f"A resource's name, or an id such as /subscriptions/ID/resourceGroups/NAME. [default: {default}]",
    )


def find_scope(connection: Connection, text: str | None) -> str:
    """The ARM id: as it was typed when it begins with a slash, else of the resource of that name, or of the default
    resource."""
    if text and text.startswith("/"):
        return text.rstrip("/") or "/"
    return get_text(find_resource(connection, text), "id")


def below(scope: str, provider: str) -> str:
    """The path of something that a provider has at a scope."""
    return f"{scope.rstrip('/')}/providers/{provider}"
