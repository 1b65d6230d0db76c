"""`ingate upstream`: the servers that answer for deployments."""

from __future__ import annotations

from pathlib import Path

import click

from .address import HttpUrl
from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_text
from .lookup import path_segment
from .output import OutputFormat, output_option, print_fields, print_rows, say

UPSTREAMS = "providers/Ingate.Gateway/upstreams"
PROFILES = ("none", "llama.cpp", "vllm", "ollama", "lmstudio")

group_option = click.option("--resource-group", "-g", metavar="NAME", help="The resource group.")


class Credential(click.ParamType[str]):
    """Where a credential is, never the credential: what is typed here would stay in the shell's history."""

    name = "credential"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        source, _, location = str(value).partition(":")
        if source not in ("env", "file") or not location:
            # The value is not repeated: it may be the secret itself.
            self.fail("say where the credential is: env:VARIABLE or file:PATH", param, ctx)
        return f"file:{Path(location).absolute()}" if source == "file" else f"env:{location}"


class UpstreamBaseUrl(HttpUrl):
    """An upstream's base URL, without the path that the gateway adds."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        url = super().convert(value, param, ctx)
        if url.endswith(("/v1", "/v1/messages")):
            self.fail("leave out /v1/messages: the gateway adds it", param, ctx)
        return url


@click.group("upstream")
def upstream_commands() -> None:
    """Upstreams: the servers that answer for deployments."""


@upstream_commands.command("create")
@click.argument("name")
@click.option("--kind", type=click.Choice(["messages-api"]), required=True, help="What it speaks.")
@click.option("--base-url", type=UpstreamBaseUrl(), required=True, help="Everything before /v1/messages.")
@click.option(
    "--credential",
    type=Credential(),
    metavar="env:VAR|file:PATH",
    help="Where the gateway finds its key: a variable of the gateway's own environment, or a file.",
)
@click.option(
    "--credential-header",
    type=click.Choice(["x-api-key", "api-key", "authorization"]),
    help="The header that carries it; authorization sends a bearer token. [default: x-api-key]",
)
@click.option("--profile", type=click.Choice(PROFILES), help="Whose deviations to even out. [default: none]")
@click.option(
    "--connect-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Longest wait for a connection.",
)
@click.option(
    "--first-byte-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Longest wait for its answer to begin.",
)
@click.option(
    "--idle-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Longest silence within an answer.",
)
@click.option(
    "--tls-ca-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True),
    help="Certificates to trust instead of the platform's.",
)
@click.option(
    "--allow-plain-http",
    is_flag=True,
    default=None,
    help="Send the credential over http:// to another machine, where others may read it.",
)
@group_option
@output_option
@connected
def create_upstream(
    connection: Connection,
    name: str,
    kind: str,
    base_url: str,
    credential: str | None,
    credential_header: str | None,
    profile: str | None,
    connect_timeout: float | None,
    first_byte_timeout: float | None,
    idle_timeout: float | None,
    tls_ca_file: Path | None,
    allow_plain_http: bool | None,
    resource_group: str | None,
    output: OutputFormat,
) -> None:
    """Create an upstream, or change one. Ingate contacts no server but these."""
    members: JsonObject = {
        "kind": kind,
        "baseUrl": base_url,
        "credential": credential,
        "credentialHeader": credential_header,
        "profile": profile,
        "connectTimeoutSeconds": connect_timeout,
        "firstByteTimeoutSeconds": first_byte_timeout,
        "idleTimeoutSeconds": idle_timeout,
        "tlsCaFile": str(tls_ca_file) if tls_ca_file else None,
        "allowPlainHttp": allow_plain_http,
    }
    properties = {key: value for key, value in members.items() if value is not None}
    is_new, created = connection.management.put(_path(connection, resource_group, name), {"properties": properties})
    say(f"{'Created' if is_new else 'Updated'} upstream {name}.")
    _print_upstream(created, output)


@upstream_commands.command("list")
@group_option
@output_option
@connected
def show_upstreams(connection: Connection, resource_group: str | None, output: OutputFormat) -> None:
    """List upstreams."""
    upstreams = connection.management.list(f"{connection.resource_group_path(resource_group)}/{UPSTREAMS}")
    columns = ("name", "kind", "base url", "credential", "profile")
    rows = [
        (
            get_text(item, "name"),
            get_text(item, "properties", "kind"),
            get_text(item, "properties", "baseUrl"),
            get_text(item, "properties", "credential"),
            get_text(item, "properties", "profile"),
        )
        for item in upstreams
    ]
    if not rows:
        say("There are no upstreams but the simulator.")
    print_rows(output, columns, rows, upstreams)


@upstream_commands.command("show")
@click.argument("name")
@group_option
@output_option
@connected
def show_upstream(connection: Connection, name: str, resource_group: str | None, output: OutputFormat) -> None:
    """Show one upstream."""
    _print_upstream(connection.management.get(_path(connection, resource_group, name)), output)


@upstream_commands.command("delete")
@click.argument("name")
@group_option
@yes_option
@connected
def delete_upstream(connection: Connection, name: str, resource_group: str | None, yes: bool) -> None:
    """Delete an upstream that no deployment uses."""
    path = _path(connection, resource_group, name)
    confirm_delete(connection.invocation, f"upstream {name}", yes=yes)
    if not connection.management.delete(path):
        raise CommandFailed(f"there is no upstream {name!r}.")
    say(f"Deleted upstream {name}.")


def _path(connection: Connection, resource_group: str | None, name: str) -> str:
    return f"{connection.resource_group_path(resource_group)}/{UPSTREAMS}/{path_segment(name)}"


def _print_upstream(upstream: JsonObject, output: OutputFormat) -> None:
    fields = [
        ("name", get_text(upstream, "name")),
        ("kind", get_text(upstream, "properties", "kind")),
        ("base url", get_text(upstream, "properties", "baseUrl")),
        ("credential", get_text(upstream, "properties", "credential")),
        ("credential header", get_text(upstream, "properties", "credentialHeader")),
        ("profile", get_text(upstream, "properties", "profile")),
        ("connect timeout", get_text(upstream, "properties", "connectTimeoutSeconds")),
        ("first byte timeout", get_text(upstream, "properties", "firstByteTimeoutSeconds")),
        ("idle timeout", get_text(upstream, "properties", "idleTimeoutSeconds")),
        ("TLS CA file", get_text(upstream, "properties", "tlsCaFile")),
        ("id", get_text(upstream, "id")),
    ]
    print_fields(output, [(label, text) for label, text in fields if text], upstream)
