"""`ingate token`: an access token for a program that has no identity library."""

from __future__ import annotations

import time
from pathlib import Path

import click

from .access_token import CLAUDE_RESOURCE, get_access_token
from .account import get_sign_in
from .invocation import Invocation
from .json_value import JsonObject
from .location import locate, location_options
from .output import print_json


@click.command("token")
@click.option(
    "--resource",
    metavar="URL",
    default=CLAUDE_RESOURCE,
    show_default=True,
    help="What the token is for, such as https://management.azure.com or an application's client id.",
)
@click.option(
    "--output",
    "-o",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The token alone, or what `az account get-access-token` prints.",
)
@location_options
@click.pass_obj
def print_token(
    invocation: Invocation, resource: str, output: str, management_url: str | None, data_dir: Path | None
) -> None:
    """Print an access token of whoever is signed in."""
    location = locate(management_url=management_url, data_dir=data_dir)
    sign_in = get_sign_in(invocation, location)
    token = get_access_token(invocation, location, sign_in, resource.removesuffix("/.default"))
    if output == "text":
        click.echo(token.text)
        return
    # As az has it: `expiresOn` is local time, `expires_on` is not open to misunderstanding.
    value: JsonObject = {
        "accessToken": token.text,
        "expiresOn": time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(token.expires_on)),
        "expires_on": token.expires_on,
    }
    if location.running:
        value["subscription"] = location.running.subscription_id
    print_json(value | {"tenant": sign_in.tenant_id, "tokenType": "Bearer"})
