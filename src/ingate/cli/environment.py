"""The variables that lead a program to Ingate under Azure's host names, and `ingate env`, which prints them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from .azure_names import render_hosts
from .connection import connect
from .failure import CommandFailed, NothingRunning
from .invocation import Invocation
from .json_value import get_text
from .location import locate
from .lookup import list_resources
from .output import say
from .running import CA_FILE, RunningIngate
from .trust import write_bundle

HTTPS_PORT = 443

NODE_PRELOAD = Path(__file__).with_name("node_proxy.mjs")
"""Node 20's `fetch` knows no proxy; later ones are asked by NODE_USE_ENV_PROXY."""

LEADING_ELSEWHERE = (
    *("ALL_PROXY", "all_proxy", "ANTHROPIC_BASE_URL", "ANTHROPIC_FOUNDRY_BASE_URL"),
    *("AZURE_AUTHORITY_HOST", "AZURE_POD_IDENTITY_AUTHORITY_HOST", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"),
    *("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    *("AZURE_FEDERATED_TOKEN_FILE", "AZURE_USERNAME", "AZURE_PASSWORD", "SSL_CERT_DIR"),
    *("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET"),
)
"""A program that finds one of these goes past the proxy, or signs in somewhere else as somebody else."""

AZURE_CLI_DIR = "azure-cli"
"""In the data directory: az keeps who is signed in and which subscriptions there are, Azure's and Ingate's alike."""

_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
_NO_PROXY_VARIABLES = ("NO_PROXY", "no_proxy")
_TRUST_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_THIS_MACHINE = "localhost,127.0.0.1,::1"


def list_variables(
    environment: Mapping[str, str], *, proxy_url: str, ca_file: Path, bundle: Path | None = None
) -> dict[str, str]:
    """What to set for a program that would otherwise have `environment`.

    `bundle` holds the authority's certificate among others; without one the program trusts nobody else, which is
    right where it can reach nobody else. az gets a profile of its own beside `ca_file`, the user's choice aside.
    """
    trusted = str(bundle or ca_file)
    preload = f"--import={NODE_PRELOAD.as_uri()}"
    options = environment.get("NODE_OPTIONS", "").strip()
    azure_cli_dir = environment.get("AZURE_CONFIG_DIR") or str(ca_file.with_name(AZURE_CLI_DIR))
    return {
        **dict.fromkeys(_PROXY_VARIABLES, proxy_url),
        **dict.fromkeys(_NO_PROXY_VARIABLES, _THIS_MACHINE),
        **dict.fromkeys(_TRUST_VARIABLES, trusted),
        "AZURE_CONFIG_DIR": azure_cli_dir,
        "NODE_EXTRA_CA_CERTS": str(ca_file),
        "NODE_USE_ENV_PROXY": "1",
        "NODE_OPTIONS": options if preload in options.split() else f"{options} {preload}".strip(),
    }


def make_environment(
    environment: Mapping[str, str], variables: Mapping[str, str], *, keeps_all: bool = False
) -> dict[str, str]:
    """All that a program gets: `variables`, and `environment` without what leads elsewhere unless all is kept."""
    kept = {name: text for name, text in environment.items() if keeps_all or name not in LEADING_ELSEWHERE}
    return kept | dict(variables)


@click.command("env")
@click.option("--hosts", is_flag=True, help="Print lines for /etc/hosts instead, for `ingate up --tls`.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="INGATE_DATA_DIR",
    show_envvar=True,
    help="The Ingate that runs with this data directory.",
)
@click.pass_context
def print_environment(context: click.Context, data_dir: Path | None, hosts: bool) -> None:
    """Print, for a shell, the variables that `ingate run` sets.

    In a shell: eval "$(ingate env)". It needs an Ingate whose proxy stays: ingate up --proxy-port PORT.
    """
    location = locate(management_url=None, data_dir=data_dir)
    directory, running = location.data_dir, location.running
    if directory is None or running is None:
        raise NothingRunning("nothing is running here.")
    if hosts:
        _print_hosts(context.obj, running, directory)
        return
    if not running.proxy_url:
        raise CommandFailed(
            "this Ingate runs without a proxy. Start it with: ingate up --proxy-port 8082\n"
            "A single command needs none: ingate run -- COMMAND"
        )
    environment: Mapping[str, str] = context.obj.environment
    bundle = write_bundle(directory, environment) if running.proxy_lets_out else None
    variables = list_variables(environment, proxy_url=running.proxy_url, ca_file=directory / CA_FILE, bundle=bundle)
    for name in LEADING_ELSEWHERE:
        if name in environment:
            click.echo(f"unset {name}")
    for name, text in variables.items():
        click.echo(f"export {name}={shlex.quote(text)}")
    say('For this shell: eval "$(ingate env)"')


def _print_hosts(invocation: Invocation, running: RunningIngate, data_dir: Path) -> None:
    if running.azure_names_port is None:
        raise CommandFailed("this Ingate does not serve Azure's host names itself. Start it with: ingate up --tls")
    connection = connect(invocation, data_dir=data_dir, as_admin=True)
    try:
        resources = list_resources(connection)
    finally:
        connection.management.close()
    lines = render_hosts(
        urlsplit(running.gateway_url).hostname or "127.0.0.1",
        subdomains=[name for item in resources if (name := get_text(item, "properties", "customSubDomainName"))],
        locations=[name for item in resources if (name := get_text(item, "location"))],
    )
    for line in lines:
        click.echo(line)
    if running.azure_names_port != HTTPS_PORT:
        say(f"Clients ask port {HTTPS_PORT}; this Ingate serves these names on port {running.azure_names_port}.")
