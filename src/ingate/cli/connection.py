"""Which Ingate a command speaks to, and what it assumes there when the command line does not say."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec

import click

from .access_token import MANAGEMENT_RESOURCE, get_access_token
from .failure import CommandFailed
from .invocation import Invocation
from .json_value import get_text
from .location import Location, locate, location_options
from .management import Management
from .running import ADMIN_TOKEN_FILE, RunningIngate, read_admin_token
from .sign_in import SignIn, SignIns

P = ParamSpec("P")

TOKEN_VARIABLE = "INGATE_ADMIN_TOKEN"  # noqa: S105 - a variable's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An Ingate to speak to."""

    invocation: Invocation
    management: Management
    location: Location
    subscription: str | None = None
    """What `--subscription` says."""
    sign_in: SignIn | None = None
    """Whom it speaks as; None for the local administrator."""

    @property
    def running(self) -> RunningIngate | None:
        """None when only a management URL is known."""
        return self.location.running

    def subscription_path(self) -> str:
        """The one that was named, that `ingate up` made, or that is the only one."""
        if self.subscription:
            return f"/subscriptions/{self.subscription}"
        if self.running and self.running.subscription_id:
            return f"/subscriptions/{self.running.subscription_id}"
        found = [get_text(item, "subscriptionId") for item in self.management.list("/subscriptions")]
        return f"/subscriptions/{_only_one(found, what='subscription', option='--subscription')}"

    def resource_group_path(self, name: str | None) -> str:
        """As `subscription_path`, for resource groups."""
        subscription = self.subscription_path()
        if name is None and self.running and self.running.resource_group and not self.subscription:
            name = self.running.resource_group
        if name is None:
            groups = self.management.list(f"{subscription}/resourcegroups")
            name = _only_one(
                [get_text(item, "name") for item in groups], what="resource group", option="--resource-group"
            )
        return f"{subscription}/resourceGroups/{name}"


def connect(
    invocation: Invocation,
    *,
    management_url: str | None = None,
    data_dir: Path | None = None,
    subscription: str | None = None,
    as_admin: bool = False,
    needed_role: str | None = None,
) -> Connection:
    """Finds the Ingate that these options name, and speaks to it as whoever is signed in there, or else as the local
    administrator. Ends the command when there is none. `needed_role` is what to advise who may not, when the first
    call that is refused does not tell it."""
    location = locate(management_url=management_url, data_dir=data_dir)
    sign_in = None if as_admin else SignIns(invocation).get(location.key)
    speak = _speak_as_administrator if sign_in is None else functools.partial(_speak_as, sign_in, needed_role)
    return Connection(
        invocation=invocation,
        management=speak(invocation, location),
        location=location,
        subscription=subscription,
        sign_in=sign_in,
    )


def _speak_as(sign_in: SignIn, needed_role: str | None, invocation: Invocation, location: Location) -> Management:
    token = get_access_token(invocation, location, sign_in, MANAGEMENT_RESOURCE)
    source = f"the sign-in of {sign_in.name}"
    return Management(
        invocation,
        location.secure_url,
        token.text,
        token_source=source,
        ca_file=location.ca_file,
        needed_role=needed_role,
    )


def _speak_as_administrator(invocation: Invocation, location: Location) -> Management:
    url = location.management_url
    token, source = _find_token(invocation, location.data_dir)
    if not token:
        raise CommandFailed(
            f"no administrator token for {url}: set {TOKEN_VARIABLE}, "
            f"or name with --data-dir the directory that holds its {ADMIN_TOKEN_FILE}."
        )
    return Management(invocation, url, token, token_source=source, ca_file=location.ca_file)


def _find_token(invocation: Invocation, data_dir: Path | None) -> tuple[str, str]:
    """The administrator's token and where it came from; an empty one when there is none."""
    token, source = invocation.environment.get(TOKEN_VARIABLE, "").strip(), TOKEN_VARIABLE
    if not token and data_dir:
        token, source = read_admin_token(data_dir) or "", str(data_dir / ADMIN_TOKEN_FILE)
    if not token.isascii() or not token.isprintable():
        raise CommandFailed(f"the administrator token in {source} holds characters that no token has.")
    return token, source


def connected(function: Callable[Concatenate[Connection, P], None]) -> Callable[..., None]:
    """Gives a command the options that name an Ingate, and its connection to it as first argument."""

    @click.option("--as-admin", is_flag=True, help="Act as the local administrator, whoever is signed in.")
    @click.option("--subscription", metavar="ID", help="The subscription, when there are several.")
    @location_options
    @click.pass_obj
    @functools.wraps(function)
    def run(
        invocation: Invocation,
        management_url: str | None,
        data_dir: Path | None,
        subscription: str | None,
        as_admin: bool,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        connection = connect(
            invocation,
            management_url=management_url,
            data_dir=data_dir,
            subscription=subscription,
            as_admin=as_admin,
        )
        try:
            function(connection, *args, **kwargs)
        finally:
            connection.management.close()

    return run


def _only_one(found: list[str], *, what: str, option: str) -> str:
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandFailed(f"there is no {what}.")
    raise CommandFailed(f"there are several {what}s; name one with {option}: {', '.join(sorted(found))}")
