"""Where an Ingate is, from the options that name one, and what this machine has of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from .address import HttpUrl, is_loopback
from .failure import NothingRunning
from .running import CA_FILE, RunningIngate, default_data_dir, read_running


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    management_url: str
    """As it was given, or as the running Ingate says: plain http on the same machine."""
    secure_url: str
    """The https address of the management API and of the identity endpoints; empty when none is known."""
    data_dir: Path | None
    """Its own; None for an Ingate that has none here."""
    running: RunningIngate | None
    """None when only a management URL is known."""

    @property
    def key(self) -> str:
        """Tells Ingates apart. One that has its data here may change its port."""
        return str(self.data_dir) if self.data_dir and self.running else self.secure_url

    @property
    def ca_file(self) -> Path | None:
        path = self.data_dir / CA_FILE if self.data_dir else None
        return path if path and path.exists() else None


def locate(*, management_url: str | None, data_dir: Path | None) -> Location:
    """Finds the Ingate that these options name. Ends the command when there is none."""
    directory = (data_dir or default_data_dir()).expanduser().absolute()
    running = read_running(directory)
    if management_url and running and management_url not in (running.management_url, running.management_tls_url):
        running = None
    url = management_url or (running.management_url if running else "")
    if not url:
        raise NothingRunning(f"nothing is running with the data directory {directory}.")
    # What this machine's Ingate has, its token above all, is not for a stranger whose address was typed.
    its_own = running is not None or data_dir is not None or is_loopback(urlsplit(url).hostname)
    secure_url = url if url.startswith("https://") else (running.management_tls_url if running else "")
    return Location(
        management_url=url, secure_url=secure_url, data_dir=directory if its_own else None, running=running
    )


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
