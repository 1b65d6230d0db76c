"""`ingate doctor`: names the mistakes that people make, each with what to do about it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

import click

from .address import is_loopback
from .azure_names import RESOURCE_DOMAINS
from .connection import Connection, connect
from .diagnosis import (
    Finding,
    diagnose_api_key,
    diagnose_base_url,
    diagnose_environment,
    diagnose_headers,
    diagnose_proxies,
)
from .entra_environment import diagnose_entra_environment
from .environment import HTTPS_PORT
from .examination import Examination
from .failure import EXIT_FAILED, CommandFailed
from .invocation import Invocation
from .location import location_options
from .output import OutputFormat, output_option, print_json, print_rows, printable
from .proxy_diagnosis import diagnose_last_run, diagnose_own_proxy
from .proxy_report import PROXY_FILE, read_last_run, read_report
from .running import RunningIngate

DEFAULT_GATEWAY = "http://127.0.0.1:8080"


class Header(click.ParamType[tuple[str, str]]):
    name = "header"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, separator, content = str(value).partition(":")
        if not separator or not name.strip():
            self.fail("a header looks like 'anthropic-version: 2023-06-01'", param, ctx)
        return name.strip(), content.strip()


@click.command("doctor")
@click.option("--base-url", help="What the client calls. [default: ANTHROPIC_FOUNDRY_BASE_URL, or what runs]")
@click.option(
    "--api-key",
    envvar=["INGATE_API_KEY", "ANTHROPIC_FOUNDRY_API_KEY"],
    show_envvar=True,
    help="What the client presents. Better set in the environment, where other users cannot see it.",
)
@click.option("--deployment", "-d", metavar="NAME", help="What the client names as `model`.")
@click.option(
    "--header",
    "-H",
    "headers",
    type=Header(),
    multiple=True,
    metavar="'NAME: VALUE'",
    help="A header that the client sends. Give all of them to have them checked.",
)
@location_options
@output_option
@click.pass_obj
def doctor(
    invocation: Invocation,
    base_url: str | None,
    api_key: str | None,
    deployment: str | None,
    headers: tuple[tuple[str, str], ...],
    management_url: str | None,
    data_dir: Path | None,
    output: OutputFormat,
) -> None:
    """Find out why a client cannot reach Claude here.

    Exits with 0 when all is well, with 1 when there is a problem.
    """
    connection, findings = _try_to_connect(invocation, management_url, data_dir)
    try:
        running = connection.running if connection else None
        local = f"{running.gateway_url if running else DEFAULT_GATEWAY}/anthropic"
        findings += _diagnose_transparent_mode(invocation, connection)
        if base_url is None:
            findings += diagnose_environment(
                invocation.environment, local, leads_here=_leads_here(invocation.environment, running)
            )
            if connection:
                findings += diagnose_entra_environment(invocation.environment, connection.location)
            base_url = invocation.environment.get("ANTHROPIC_FOUNDRY_BASE_URL") or local
        url, wrong = diagnose_base_url(base_url)
        findings += wrong
        if api_key:
            findings += diagnose_api_key(api_key)
        if headers:
            findings += diagnose_headers(headers)
        if url:
            findings += diagnose_proxies(invocation.environment, url)
            examination = Examination(invocation, connection, url, (api_key or "").strip().strip("\"'"))
            findings += examination.run(deployment)
    finally:
        if connection:
            connection.management.close()
    _print(findings, output)
    if any(finding.level == "problem" for finding in findings):
        click.get_current_context().exit(EXIT_FAILED)


def _try_to_connect(
    invocation: Invocation, management_url: str | None, data_dir: Path | None
) -> tuple[Connection | None, list[Finding]]:
    """The management API helps to name a mistake; a client does without it, so its absence is none."""
    try:
        connection = connect(invocation, management_url=management_url, data_dir=data_dir)
    except CommandFailed as failure:
        return None, [_note(failure)]
    try:
        connection.management.list("/subscriptions")
    except CommandFailed as failure:
        connection.management.close()
        return None, [_note(failure)]
    return connection, []


def _diagnose_transparent_mode(invocation: Invocation, connection: Connection | None) -> list[Finding]:
    """What proxies left in the data directory."""
    location = connection.location if connection else None
    if location is None or location.data_dir is None:
        return []
    now = invocation.clock()
    findings = diagnose_last_run(read_last_run(location.data_dir), now)
    if location.running:
        report = read_report(location.data_dir / PROXY_FILE)
        findings += diagnose_own_proxy(report, location.running, now)
    return findings


def _leads_here(environment: Mapping[str, str], running: RunningIngate | None) -> bool:
    """Whether Azure's host names lead to this Ingate, by its proxy or by /etc/hosts."""
    if running is None:
        return False
    if running.proxy_url and running.proxy_url in (environment.get("HTTPS_PROXY"), environment.get("https_proxy")):
        return True
    resource = environment.get("ANTHROPIC_FOUNDRY_RESOURCE")
    if running.azure_names_port != HTTPS_PORT or not resource:
        return False
    try:
        addresses = {
            str(found[4][0]) for found in socket.getaddrinfo(f"{resource}.{RESOURCE_DOMAINS[0]}", HTTPS_PORT)
        }
    except OSError:
        return False
    return bool(addresses) and all(map(is_loopback, addresses))


def _note(failure: CommandFailed) -> Finding:
    return Finding(check="management", level="note", message=failure.message)


def _print(findings: list[Finding], output: OutputFormat) -> None:
    if output == "json":
        print_json(
            [
                {"check": item.check, "level": item.level, "message": item.message, "fix": item.fix}
                for item in findings
            ]
        )
    elif output == "tsv":
        print_rows(output, (), [(item.check, item.level, item.message, item.fix) for item in findings], None)
    else:
        for item in findings:
            click.echo(printable(f"{item.level:8}{item.check}: {item.message}"))
            if item.fix:
                click.echo(printable(f"{'':8}fix: {item.fix}"))
