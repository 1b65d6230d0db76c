"""A host's name as the value of an option."""

from __future__ import annotations

import re

import click

_HOST = re.compile(r"(\*\.)?[0-9a-z]([0-9a-z.:-]*[0-9a-z])?", re.IGNORECASE)


class HostName(click.ParamType[str]):
    """A host's name, or `*.` and the rest of one."""

    name = "host"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if _HOST.fullmatch(str(value)) is None:
            self.fail("a host's name, such as pypi.org or *.example.com, without https:// and port", param, ctx)
        return str(value).lower()
