"""Tags: names and values that people put on things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .json_value import JsonObject, get_object

Command = TypeVar("Command", bound=Callable[..., Any])


class Tag(click.ParamType[tuple[str, str]]):
    name = "tag"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, separator, content = str(value).partition("=")
        if not separator or not name:
            self.fail("a tag looks like team=search; team= removes it", param, ctx)
        return name, content


def tag_option(command: Command) -> Command:
    return click.option(
        "--tag", "tags", type=Tag(), multiple=True, metavar="NAME=VALUE", help="Set a tag; NAME= removes it."
    )(command)


def change_tags(document: JsonObject, tags: tuple[tuple[str, str], ...]) -> JsonObject:
    """All tags of a document as they are to be: what is not named stays."""
    changed = get_object(document, "tags") | dict(tags)
    return {name: value for name, value in changed.items() if value != ""}
