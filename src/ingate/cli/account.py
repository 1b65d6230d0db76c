"""`ingate account`: who is signed in."""

from __future__ import annotations

from pathlib import Path

import click

from .failure import CommandFailed
from .invocation import Invocation
from .json_value import JsonObject
from .location import Location, locate, location_options
from .output import OutputFormat, output_option, print_fields
from .sign_in import SignIn, SignIns


@click.group("account")
def account_commands() -> None:
    """Who is signed in."""


@account_commands.command("show")
@location_options
@output_option
@click.pass_obj
def show_account(
    invocation: Invocation, management_url: str | None, data_dir: Path | None, output: OutputFormat
) -> None:
    """Show who is signed in; fails when nobody is."""
    location = locate(management_url=management_url, data_dir=data_dir)
    sign_in = get_sign_in(invocation, location)
    kind = "user" if sign_in.way == "user" else "servicePrincipal"
    value: JsonObject = {
        "user": {"name": sign_in.name, "type": kind, "objectId": sign_in.object_id},
        "tenantId": sign_in.tenant_id,
        "managementUrl": location.secure_url,
    }
    fields = [
        ("signed in as", sign_in.name),
        ("type", kind),
        ("by", sign_in.way),
        ("object id", sign_in.object_id),
        ("client id", sign_in.client_id),
        ("tenant", sign_in.tenant_id),
        ("management", location.secure_url),
    ]
    if location.running:
        value |= {"id": location.running.subscription_id}
        fields.append(("subscription", location.running.subscription_id))
    print_fields(output, fields, value)


def get_sign_in(invocation: Invocation, location: Location) -> SignIn:
    """Whoever is signed in. Ends the command when nobody is."""
    sign_in = SignIns(invocation).get(location.key)
    if sign_in is None:
        raise CommandFailed(
            "nobody is signed in; commands act as the local administrator.\nSign in with: ingate login"
        )
    return sign_in
