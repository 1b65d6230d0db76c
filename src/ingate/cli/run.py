"""`ingate run -- COMMAND`: any program, unchanged, with Azure's host names leading to Ingate."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import click

from .connection import Connection, connect
from .environment import list_variables, make_environment
from .failure import CommandFailed
from .host_name import HostName
from .invocation import Invocation
from .json_value import JsonObject, get_text
from .lookup import find_resource, path_segment
from .output import printable, say
from .principal_lookup import find_principal, principal_path
from .proxy_diagnosis import explain_run
from .proxy_report import keep_last_run
from .run_processes import Programs, find_living, run_to_its_end, signals_passed_on, start_ingate, start_proxy
from .running import CA_FILE, RunningIngate, default_data_dir
from .trust import write_bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options say."""

    data_dir: Path | None
    fresh: bool
    keep_env: bool
    allowed: tuple[str, ...]
    passthrough: bool
    principal: str | None
    key: bool


def run_command(programs: Programs) -> click.Command:
    """`ingate run`, which starts what it needs with these programs."""

    @click.command("run", context_settings={"allow_interspersed_args": False})
    @click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="INGATE_DATA_DIR",
        show_envvar=True,
        help="Use the Ingate that runs with this data directory, or start one with it.",
    )
    @click.option("--fresh", is_flag=True, help="Start an Ingate with an empty data directory, gone afterwards.")
    @click.option("--key", is_flag=True, help="Set ANTHROPIC_FOUNDRY_API_KEY to the default resource's key 1.")
    @click.option(
        "--as",
        "principal",
        metavar="PRINCIPAL",
        help="Let Azure's identity libraries sign in as this application or managed identity.",
    )
    @click.option(
        "--allow",
        "allowed",
        type=HostName(),
        multiple=True,
        metavar="HOST",
        help="Let the command reach this host too; *.HOST for those below it. May be given several times.",
    )
    @click.option("--passthrough", is_flag=True, help="Let it reach every host that Ingate does not serve.")
    @click.option("--keep-env", is_flag=True, help="Keep variables that lead Azure's clients elsewhere.")
    @click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
    @click.pass_context
    def run(context: click.Context, command: tuple[str, ...], **options: object) -> None:
        """Run COMMAND with Azure's host names leading to Ingate; nothing in it is changed.

        \b
        ingate run --key -- python app.py
        ingate run --fresh --key -- pytest

        Hosts that Ingate does not serve are refused, and named on stderr. The exit code is COMMAND's.
        """
        wishes = Wishes(**options)  # pyright: ignore[reportArgumentType] - click has made them what they are
        if wishes.fresh and context.get_parameter_source("data_dir") is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError("--fresh has a data directory of its own: leave --data-dir out.")
        context.exit(_run(context.obj, programs, wishes, command))

    return run


def _run(invocation: Invocation, programs: Programs, wishes: Wishes, command: tuple[str, ...]) -> int:
    environment = invocation.environment
    with (
        signals_passed_on(from_terminal=invocation.stdin_is_terminal) as pass_signals_to,
        tempfile.TemporaryDirectory(prefix="ingate-run-") as folder,
        _find_or_start(invocation, programs, wishes, Path(folder)) as (running, data_dir),
    ):
        report_file = Path(folder) / "proxy.json"
        proxy = start_proxy(
            programs,
            running,
            data_dir,
            allowed=wishes.allowed,
            passthrough=wishes.passthrough,
            report_file=report_file,
        )
        with proxy as proxy_url, _credentials(invocation, wishes, running, data_dir) as credentials:
            lets_out = bool(wishes.allowed) or wishes.passthrough
            bundle = write_bundle(data_dir, environment) if lets_out else None
            variables = list_variables(environment, proxy_url=proxy_url, ca_file=data_dir / CA_FILE, bundle=bundle)
            whole = make_environment(environment, variables | credentials, keeps_all=wishes.keep_env)
            exit_code = run_to_its_end(command, whole, pass_signals_to)
        last_run = keep_last_run(
            data_dir,
            report_file=report_file,
            program=Path(command[0]).name,
            exit_code=exit_code,
            ended_at=invocation.clock(),
        )
        if last_run is not None and (finding := explain_run(last_run)):
            say(printable(f"ingate: {finding.message}"))
            say(printable(f"ingate: {finding.fix}."))
        return exit_code


@contextlib.contextmanager
def _find_or_start(
    invocation: Invocation, programs: Programs, wishes: Wishes, folder: Path
) -> Generator[tuple[RunningIngate, Path]]:
    data_dir = folder / "data" if wishes.fresh else (wishes.data_dir or default_data_dir()).expanduser().absolute()
    running = None if wishes.fresh else find_living(data_dir)
    if running is not None:
        if not running.management_tls_url:
            raise CommandFailed(f"the Ingate that runs with {data_dir} is an older one; start it again.")
        yield running, data_dir
        return
    with start_ingate(programs, data_dir, log_file=folder / "up.log", environment=invocation.environment) as started:
        yield started, data_dir


@contextlib.contextmanager
def _credentials(
    invocation: Invocation, wishes: Wishes, running: RunningIngate, data_dir: Path
) -> Generator[dict[str, str]]:
    """The variables of what was asked for; a secret that was made for them is deleted in the end."""
    if not wishes.key and not wishes.principal:
        yield {}
        return
    connection = connect(invocation, data_dir=data_dir, as_admin=True)
    try:
        variables: dict[str, str] = {}
        if wishes.key:
            keys = connection.management.post(f"{get_text(find_resource(connection, None), 'id')}/listKeys")
            variables["ANTHROPIC_FOUNDRY_API_KEY"] = get_text(keys, "key1")
        if not wishes.principal:
            yield variables
            return
        with _signed_in_as(connection, find_principal(connection, wishes.principal), running) as more:
            yield variables | more
    finally:
        connection.management.close()


@contextlib.contextmanager
def _signed_in_as(connection: Connection, principal: JsonObject, running: RunningIngate) -> Generator[dict[str, str]]:
    name, kind = get_text(principal, "name"), get_text(principal, "properties", "kind")
    client_id = get_text(principal, "properties", "clientId")
    if kind == "managed-identity":
        yield {"AZURE_CLIENT_ID": client_id, "AZURE_POD_IDENTITY_AUTHORITY_HOST": running.management_url}
        return
    if kind != "application":
        raise CommandFailed(f"{name} is a {kind}; a program signs in as an application or a managed identity.")
    body: JsonObject = {"displayName": "ingate run", "lifetimeDays": 1}
    made = connection.management.post(principal_path(name, "addSecret"), body)
    try:
        yield {
            "AZURE_TENANT_ID": running.tenant_id,
            "AZURE_CLIENT_ID": client_id,
            "AZURE_CLIENT_SECRET": get_text(made, "secretText"),
        }
    finally:
        connection.management.delete(principal_path(name, "credentials", path_segment(get_text(made, "keyId"))))
