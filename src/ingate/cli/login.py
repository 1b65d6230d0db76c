"""`ingate login` and `ingate logout`: who the commands act as."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click

from .access_token import (
    MANAGEMENT_RESOURCE,
    PUBLIC_CLIENT,
    add_token,
    read_claims,
    render_scope,
    request_first_token,
)
from .entra import Entra
from .failure import CommandFailed
from .invocation import Invocation
from .json_value import get_text
from .location import Location, locate, location_options
from .output import printable, say
from .secret_input import read_secret
from .sign_in import SignIn, SignIns, SignInWay

TENANT_VARIABLE = "AZURE_TENANT_ID"
ANY_TENANT = "organizations"
"""Whichever tenant the person who signs in is of."""


@click.command("login")
@click.option("--service-principal", is_flag=True, help="Sign in as an application.")
@click.option("--identity", is_flag=True, help="Sign in as the managed identity of where this runs.")
@click.option(
    "--username", "-u", metavar="NAME", help="A client id, or a user principal name such as ada@example.com."
)
@click.option(
    "--password",
    "-p",
    metavar="SECRET",
    help="Seen by other users of this machine: better --password-stdin, or a prompt.",
)
@click.option("--password-stdin", is_flag=True, help="Read the client secret or the password from standard input.")
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True),
    metavar="FILE",
    help="Prove an application by its certificate: a PEM file with the private key as well.",
)
@click.option("--tenant", "-t", metavar="ID", help="The tenant. [default: the running Ingate's]")
@location_options
@click.pass_obj
def login(
    invocation: Invocation,
    service_principal: bool,
    identity: bool,
    username: str | None,
    password: str | None,
    password_stdin: bool,
    certificate: Path | None,
    tenant: str | None,
    management_url: str | None,
    data_dir: Path | None,
) -> None:
    """Sign in; commands then act as that principal. Without options: with a browser and a code."""
    _check_options(service_principal, identity, username, password, password_stdin, certificate)
    location = locate(management_url=management_url, data_dir=data_dir)
    tenant = tenant or _find_tenant(invocation, location)

    def get_password(what: str) -> str:
        return password or read_secret(invocation, what=what, from_stdin=password_stdin)

    if identity:
        begun = _begin("managed-identity", tenant or "", client_id=username or "")
        sign_in = request_first_token(invocation, location, begun)
    elif service_principal:
        if tenant is None:
            raise click.UsageError("name the application's tenant with --tenant.")
        way = "certificate" if certificate else "secret"
        credential = str(certificate) if certificate else get_password("client secret")
        begun = _begin(way, tenant, client_id=username or "", credential=credential)
        sign_in = request_first_token(invocation, location, begun)
    else:
        sign_in = _sign_in_person(
            invocation, location, tenant or ANY_TENANT, username, get_password("password") if username else ""
        )
    sign_in = _describe(sign_in)
    SignIns(invocation).put(location.key, sign_in)
    say(printable(f"Signed in as {sign_in.name} (object id {sign_in.object_id}, tenant {sign_in.tenant_id})."))


@click.command("logout")
@location_options
@click.pass_obj
def logout(invocation: Invocation, management_url: str | None, data_dir: Path | None) -> None:
    """Forget who is signed in; commands then act as the local administrator again."""
    location = locate(management_url=management_url, data_dir=data_dir)
    say("Signed out." if SignIns(invocation).delete(location.key) else "Nobody was signed in.")


def _check_options(
    service_principal: bool,
    identity: bool,
    username: str | None,
    password: str | None,
    password_stdin: bool,
    certificate: Path | None,
) -> None:
    if service_principal and identity:
        raise click.UsageError("--service-principal and --identity exclude each other.")
    if service_principal and not username:
        raise click.UsageError("--service-principal needs the application's client id: --username CLIENT_ID.")
    if certificate and not service_principal:
        raise click.UsageError("--certificate is how an application signs in: give --service-principal as well.")
    if sum((password is not None, password_stdin, certificate is not None)) > 1:
        raise click.UsageError("give one of --password, --password-stdin and --certificate.")
    if (password is not None or password_stdin) and (identity or not username):
        raise click.UsageError("whose password is it? Name the principal with --username.")


def _find_tenant(invocation: Invocation, location: Location) -> str | None:
    if location.running and location.running.tenant_id:
        return location.running.tenant_id
    return invocation.environment.get(TENANT_VARIABLE, "").strip() or None


def _begin(way: SignInWay, tenant: str, *, client_id: str, credential: str = "") -> SignIn:
    return SignIn(way=way, tenant_id=tenant, client_id=client_id, object_id="", name=client_id, credential=credential)


def _sign_in_person(
    invocation: Invocation, location: Location, tenant: str, username: str | None, password: str
) -> SignIn:
    scope = f"{render_scope(MANAGEMENT_RESOURCE)} openid profile offline_access"
    with closing(Entra(invocation, location, tenant)) as entra:
        if username:
            answer = entra.request_token(
                grant_type="password", client_id=PUBLIC_CLIENT, username=username, password=password, scope=scope
            )
        else:
            answer = entra.sign_in_with_device(
                client_id=PUBLIC_CLIENT, scope=scope, show=lambda message: say(printable(message))
            )
    begun = _begin("user", tenant, client_id=PUBLIC_CLIENT)
    return add_token(begun, MANAGEMENT_RESOURCE, answer, now=invocation.clock())


def _describe(sign_in: SignIn) -> SignIn:
    """With what the first token says of its principal."""
    claims = read_claims(sign_in.tokens[MANAGEMENT_RESOURCE].text)
    object_id = get_text(claims, "oid")
    if not object_id:
        raise CommandFailed("the token that was given names nobody.")
    client_id = sign_in.client_id or get_text(claims, "appid")
    user_name = get_text(claims, "upn") or get_text(claims, "preferred_username") or get_text(claims, "unique_name")
    return replace(
        sign_in,
        object_id=object_id,
        tenant_id=get_text(claims, "tid") or sign_in.tenant_id,
        client_id=client_id,
        name=(user_name or object_id) if sign_in.way == "user" else client_id,
    )
