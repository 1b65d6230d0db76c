"""The options of `ingate record`. What it starts is what `ingate up` starts, with a tap (see `ingate.__main__`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .upstream import PROFILES, Credential, UpstreamBaseUrl


class DeploymentOfModel(click.ParamType[str]):
    """`NAME=MODEL`."""

    name = "deployment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        deployment, _, model = str(value).partition("=")
        if not deployment or not model:
            self.fail("NAME=MODEL: what clients send as model, and what the upstream calls it", param, ctx)
        return f"{deployment}={model}"


class RedactedPath(click.ParamType[str]):
    """Names, indices or `*`, separated by dots."""

    name = "path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        path = str(value)
        if not all(path.split(".")) or "," in path:
            self.fail("names or * separated by dots, such as messages.*.content", param, ctx)
        return path


def record_command(serve: Callable[..., int]) -> click.Command:
    """`ingate record`, which calls `serve` with settings as `ingate up` does, those of a recording among them."""

    @click.command("record")
    @click.option(
        "--upstream-url",
        "record_upstream_url",
        type=UpstreamBaseUrl(),
        required=True,
        help="Whose answers to record: everything before /v1/messages.",
    )
    @click.option(
        "--to",
        "record_to",
        type=click.Path(path_type=str, file_okay=False, resolve_path=True),
        required=True,
        metavar="DIRECTORY",
        help="Where the cassettes go. What is there stays.",
    )
    @click.option(
        "--credential",
        "record_credential",
        type=Credential(),
        metavar="env:VAR|file:PATH",
        help="Where the upstream's key is: a variable of this command's environment, or a file.",
    )
    @click.option(
        "--credential-header",
        "record_credential_header",
        type=click.Choice(["x-api-key", "api-key", "authorization"]),
        help="The header that carries it; authorization sends a bearer token. [default: x-api-key]",
    )
    @click.option(
        "--profile",
        "record_profile",
        type=click.Choice(PROFILES),
        help="Whose deviations to even out before they are recorded. [default: none]",
    )
    @click.option(
        "--deployment",
        "record_deployments",
        type=DeploymentOfModel(),
        multiple=True,
        metavar="NAME=MODEL",
        help="Serve a deployment of this name with this model of the upstream's. May be given several times.",
    )
    @click.option(
        "--redact",
        "record_redact",
        type=RedactedPath(),
        multiple=True,
        metavar="PATH",
        help="A field to leave out, such as messages.*.content; it then matches anything. Several times for several.",
    )
    @click.option("--port", type=click.IntRange(0, 65535), help="The gateway's port. [default: 8080]")
    @click.option(
        "--management-port", type=click.IntRange(0, 65535), help="The management API's port. [default: 8081]"
    )
    @click.option(
        "--management-tls-port",
        type=click.IntRange(0, 65535),
        help="The management API's port over TLS. [default: 8443]",
    )
    @click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Where keys and state are kept. [default: the platform's directory for state]",
    )
    @click.option(
        "--development-keys",
        is_flag=True,
        default=None,
        help="Give the default resource its publicly known keys; loopback only.",
    )
    @click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
        help="How much goes to stderr. [default: info]",
    )
    def record(**options: Any) -> None:
        """Serve as `ingate up` does, with a real upstream for every simulated deployment, and write what passes.

        The cassettes that it writes answer the same requests again later, offline: name them in a script's `replay`.
        """
        given = {name: value for name, value in options.items() if value not in (None, ())}
        click.get_current_context().exit(serve(**given))

    return record
