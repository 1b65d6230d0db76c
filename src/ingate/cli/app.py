"""The tree of commands."""

from __future__ import annotations

import click

from .account import account_commands
from .apply.command import apply_command
from .apply.export import export_command
from .audit import show_audit
from .budget import budget_commands
from .chat import chat
from .cost import show_cost
from .deleted_resource import list_deleted_resources, purge_resource, recover_resource
from .deployment import deployment_commands
from .deployment_update import pause_deployment, resume_deployment, update_deployment
from .diagnostics import diagnostics_commands
from .doctor import doctor
from .environment import print_environment
from .keys import keys_commands
from .login import login, logout
from .logs import logs_commands
from .models import list_models
from .network import network_commands
from .price import price_commands
from .principal import principal_commands
from .principal_credentials import certificate_commands, federated_credential_commands, secret_commands
from .principal_members import member_commands
from .project import project_commands
from .resource import resource_commands
from .resource_update import update_resource
from .role import role_commands
from .role_assignment import assign_role, list_role_assignments, unassign_role
from .token import print_token
from .trust import explain_trust
from .upstream import upstream_commands
from .version import show_version
from .workspace import workspace_commands

GROUPS: tuple[tuple[click.Group, tuple[click.Command, ...]], ...] = (
    (resource_commands, (update_resource, list_deleted_resources, recover_resource, purge_resource)),
    (deployment_commands, (update_deployment, pause_deployment, resume_deployment)),
    (upstream_commands, ()),
    (project_commands, ()),
    (keys_commands, ()),
    (network_commands, ()),
    (role_commands, (assign_role, unassign_role, list_role_assignments)),
    (
        principal_commands,
        (secret_commands, certificate_commands, federated_credential_commands, member_commands),
    ),
    (account_commands, ()),
    (budget_commands, ()),
    (price_commands, ()),
    (logs_commands, ()),
    (workspace_commands, ()),
    (diagnostics_commands, ()),
)
"""Each with the commands that are in files of their own."""


def build_cli(*serving: click.Command) -> click.Group:
    """`ingate` with all its commands; those that serve come from whoever knows how (see `cli.up`, `cli.record`)."""

    @click.group("ingate", context_settings={"help_option_names": ["--help", "-h"]})
    def ingate() -> None:
        """Serves Claude's Messages API the way Microsoft Foundry serves it.

        Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 nothing is running.
        """

    for group, commands in GROUPS:
        for command in commands:
            group.add_command(command)
    for command in (
        *serving,
        *(group for group, _ in GROUPS),
        apply_command,
        export_command,
        list_models,
        login,
        logout,
        print_token,
        show_audit,
        show_cost,
        chat,
        doctor,
        print_environment,
        explain_trust,
        show_version,
    ):
        ingate.add_command(command)
    return ingate
