"""Which Ingate a command speaks to, and what it assumes there when the command line does not say."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

import click

from .address import HttpUrl, is_loopback
from .failure import CommandFailed, NothingRunning
from .invocation import Invocation
from .json_value import get_text
from .management import Management
from .running import ADMIN_TOKEN_FILE, RunningIngate, default_data_dir, read_admin_token, read_running

P = ParamSpec("P")

TOKEN_VARIABLE = "INGATE_ADMIN_TOKEN"  # noqa: S105 - a variable's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An Ingate to speak to."""

    invocation: Invocation
    management: Management
    running: RunningIngate | None
    """None when only a management URL is known."""
    subscription: str | None = None
    """What `--subscription` says."""

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
) -> Connection:
    """Finds the Ingate that these options name. Ends the command when there is none."""
    directory = (data_dir or default_data_dir()).expanduser()
    running = read_running(directory)
    if management_url and running and running.management_url != management_url:
        running = None
    url = management_url or (running.management_url if running else "")
    if not url:
        raise NothingRunning(f"nothing is running with the data directory {directory}.")
    # The token of this machine's Ingate is not for a stranger whose address was typed.
    its_own = running is not None or data_dir is not None or is_loopback(urlsplit(url).hostname)
    token, source = _find_token(invocation, directory if its_own else None)
    if not token:
        raise CommandFailed(
            f"no administrator token for {url}: set {TOKEN_VARIABLE}, "
            f"or name with --data-dir the directory that holds its {ADMIN_TOKEN_FILE}."
        )
    return Connection(
        invocation=invocation,
        management=Management(invocation, url, token, token_source=source),
        running=running,
        subscription=subscription,
    )


def _find_token(invocation: Invocation, data_dir: Path | None) -> tuple[str, str]:
    """The administrator's token and where it came from; an empty one when there is none."""
    token, source = invocation.environment.get(TOKEN_VARIABLE, "").strip(), TOKEN_VARIABLE
    if not token and data_dir:
        token, source = read_admin_token(data_dir) or "", str(data_dir / ADMIN_TOKEN_FILE)
    if not token.isascii() or not token.isprintable():
        raise CommandFailed(f"the administrator token in {source} holds characters that no token has.")
    return token, source


def location_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name another Ingate than this machine's."""
    for option in (
        click.option(
            "--data-dir",
            type=click.Path(path_type=Path, file_okay=False),
            envvar="INGATE_DATA_DIR",
            show_envvar=True,
            help="Speak to the Ingate that runs with this data directory.",
        ),
        click.option(
            "--management-url",
            type=HttpUrl(),
            envvar="INGATE_MANAGEMENT_URL",
            show_envvar=True,
            help="Speak to the management API at this URL.",
        ),
    ):
        command = option(command)
    return command


def connected(function: Callable[Concatenate[Connection, P], None]) -> Callable[..., None]:
    """Gives a command the options that name an Ingate, and its connection to it as first argument."""

    @click.option("--subscription", metavar="ID", help="The subscription, when there are several.")
    @location_options
    @click.pass_obj
    @functools.wraps(function)
    def run(
        invocation: Invocation,
        management_url: str | None,
        data_dir: Path | None,
        subscription: str | None,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        connection = connect(invocation, management_url=management_url, data_dir=data_dir, subscription=subscription)
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
