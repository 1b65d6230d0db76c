"""The tree of commands."""

from __future__ import annotations

import click

from .chat import chat
from .deployment import deployment_commands
from .doctor import doctor
from .keys import keys_commands
from .models import list_models
from .resource import resource_commands
from .upstream import upstream_commands
from .version import show_version


def build_cli(*serving: click.Command) -> click.Group:
    """`ingate` with all its commands; those that serve come from whoever knows how (see `cli.up`, `cli.record`)."""

    @click.group("ingate", context_settings={"help_option_names": ["--help", "-h"]})
    def ingate() -> None:
        """Serves Claude's Messages API the way Microsoft Foundry serves it.

        Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 nothing is running.
        """

    for command in (
        *serving,
        resource_commands,
        deployment_commands,
        upstream_commands,
        keys_commands,
        list_models,
        chat,
        doctor,
        show_version,
    ):
        ingate.add_command(command)
    return ingate
