"""`ingate principal secret`, `certificate` and `federated-credential`: how an application proves itself."""

from __future__ import annotations

from pathlib import Path

import click

from .client_certificate import create_certificate, read_certificate
from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_text
from .lookup import path_segment
from .output import OutputFormat, output_option, print_fields, print_rows, say
from .principal_lookup import find_principal, principal_path

COLUMNS = ("key id", "type", "name", "hint", "ends")
DEFAULT_AUDIENCE = "api://AzureADTokenExchange"


@click.group("secret")
def secret_commands() -> None:
    """Client secrets of an application."""


@secret_commands.command("create")
@click.argument("name")
@click.option("--display-name", metavar="TEXT", help="What it is for.")
@click.option("--days", type=click.IntRange(1, 3650), metavar="N", help="How long it is good. [default: 180]")
@output_option
@connected
def create_secret(
    connection: Connection, name: str, display_name: str | None, days: int | None, output: OutputFormat
) -> None:
    """Make another client secret; the others keep working. It is shown this once."""
    principal = get_text(find_principal(connection, name), "name")
    wanted = {"displayName": display_name, "lifetimeDays": days}
    body: JsonObject = {member: value for member, value in wanted.items() if value is not None}
    made = connection.management.post(principal_path(principal, "addSecret"), body)
    say(f"Made a client secret for {principal}; it is shown only now.")
    fields = [
        ("client secret", get_text(made, "secretText")),
        ("key id", get_text(made, "keyId")),
        ("ends", get_text(made, "endDateTime")),
    ]
    print_fields(output, fields, made)


@secret_commands.command("list")
@click.argument("name")
@output_option
@connected
def list_secrets(connection: Connection, name: str, output: OutputFormat) -> None:
    """List a principal's secrets, certificates and federated credentials; never what they are."""
    credentials = connection.management.list(_path(connection, name))
    if not credentials:
        say(f"{name} has no credentials.")
    print_rows(output, COLUMNS, [_row(item) for item in credentials], credentials)


@secret_commands.command("delete")
@click.argument("name")
@click.argument("key_id")
@yes_option
@connected
def delete_secret(connection: Connection, name: str, key_id: str, yes: bool) -> None:
    """Delete a secret, certificate or federated credential by its key id."""
    path = f"{_path(connection, name)}/{path_segment(key_id)}"
    confirm_delete(connection.invocation, f"credential {key_id} of {name}", yes=yes)
    connection.management.delete(path)
    say(f"Deleted credential {key_id} of {name}.")


@click.group("certificate")
def certificate_commands() -> None:
    """Certificates with whose keys an application signs in."""


@certificate_commands.command("add")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@output_option
@connected
def add_certificate(connection: Connection, name: str, file: Path, output: OutputFormat) -> None:
    """Accept the certificate in FILE (PEM). Its private key is not read, and stays where it is."""
    _add_certificate(connection, name, read_certificate(file), file, output)


@certificate_commands.command("create")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long it is good.")
@output_option
@connected
def make_certificate(connection: Connection, name: str, file: Path, days: int, output: OutputFormat) -> None:
    """Make a private key and a certificate in FILE (PEM, mode 0600), and accept it."""
    if file.exists():
        raise CommandFailed(f"{file} exists already.")
    principal = get_text(find_principal(connection, name), "name")
    pem = create_certificate(file, name=principal, days=days, now=connection.invocation.clock())
    _add_certificate(connection, principal, pem, file, output)


@click.group("federated-credential")
def federated_credential_commands() -> None:
    """Other issuers' tokens that an application may present: workload identity."""


@federated_credential_commands.command("add")
@click.argument("name")
@click.option("--name", "credential_name", required=True, metavar="NAME", help="What it is called.")
@click.option("--issuer", required=True, metavar="URL", help="Who signs the tokens, as their `iss` says.")
@click.option("--subject", required=True, metavar="TEXT", help="Whom they are about, as their `sub` says.")
@click.option(
    "--audience",
    "audiences",
    multiple=True,
    metavar="TEXT",
    help=f"As their `aud` says. [default: {DEFAULT_AUDIENCE}]",
)
@click.option(
    "--jwks-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True),
    help="The issuer's keys, when it has no discovery document. Ingate reads this file.",
)
@output_option
@connected
def add_federated_credential(
    connection: Connection,
    name: str,
    credential_name: str,
    issuer: str,
    subject: str,
    audiences: tuple[str, ...],
    jwks_file: Path | None,
    output: OutputFormat,
) -> None:
    """Let an application present another issuer's tokens as its own."""
    principal = get_text(find_principal(connection, name), "name")
    body: JsonObject = {
        "name": credential_name,
        "issuer": issuer,
        "subject": subject,
        "audiences": list(audiences) or [DEFAULT_AUDIENCE],
    }
    if jwks_file:
        body["jwksFile"] = str(jwks_file)
    added = connection.management.post(principal_path(principal, "addFederatedCredential"), body)
    say(f"{principal} may present tokens of {issuer}.")
    print_fields(output, [("key id", get_text(added, "keyId")), ("name", credential_name)], added)


def _add_certificate(connection: Connection, name: str, pem: str, file: Path, output: OutputFormat) -> None:
    principal = find_principal(connection, name)
    body: JsonObject = {"certificate": pem, "displayName": file.name}
    added = connection.management.post(principal_path(get_text(principal, "name"), "addCertificate"), body)
    client_id = get_text(principal, "properties", "clientId")
    say(f"Sign in with: ingate login --service-principal -u {client_id} --certificate {file}")
    fields = [
        ("key id", get_text(added, "keyId")),
        ("thumbprint", get_text(added, "thumbprint")),
        ("ends", get_text(added, "endDateTime")),
    ]
    print_fields(output, fields, added)


def _path(connection: Connection, name: str) -> str:
    return principal_path(get_text(find_principal(connection, name), "name"), "credentials")


def _row(item: JsonObject) -> tuple[str, ...]:
    name = get_text(item, "displayName") or get_text(item, "name")
    return (
        get_text(item, "keyId"),
        get_text(item, "type") or get_text(item, "kind"),
        name,
        get_text(item, "hint") or get_text(item, "thumbprint") or get_text(item, "issuer"),
        get_text(item, "endDateTime"),
    )
