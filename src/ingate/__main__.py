"""The `ingate` command: joins the command line to what `ingate up` starts."""

from __future__ import annotations

import functools
import os
import sys
from typing import Any

import click

from ingate.cli.app import build_cli
from ingate.cli.banner import find_program, render_banner
from ingate.cli.invocation import Invocation
from ingate.cli.record import record_command
from ingate.cli.run import run_command
from ingate.cli.run_processes import Programs
from ingate.cli.up import up_command


def main() -> None:
    """Runs one command and exits with its code."""
    invocation = Invocation(
        # The commands take the environment as a value; this is where it becomes one.
        environment=dict(os.environ),  # noqa: TID251
        stdin_is_terminal=sys.stdin.isatty(),
        stdout_is_terminal=sys.stdout.isatty(),
    )
    programs = Programs(
        up=(sys.executable, "-m", "ingate", "up"), proxy=(sys.executable, "-m", "ingate.assembly.proxy")
    )
    serving = (up_command(_serve), record_command(_serve), run_command(programs))
    build_cli(*serving).main(obj=invocation, prog_name="ingate")


def _serve(*, lifeline_fd: int = -1, **options: Any) -> int:
    # Imported only here: the other commands need nothing of what serves, and start faster without it.
    from ingate.settings import SettingsError, name_variable, parse_settings

    try:
        settings = parse_settings(options)
    except SettingsError as error:
        names = [_render_setting(name, name_variable(name)) for name in error.names]
        raise click.UsageError(f"{' and '.join(names)}: {error.reason}") from error
    from ingate.assembly.supervisor import run_up

    announce = functools.partial(render_banner, program=find_program(sys.argv[0]))
    return run_up(settings, announce=announce, lifeline=lifeline_fd)


def _render_setting(name: str, variable: str) -> str:
    """As whoever started the command can have given it: by its option, where there is one, or by its variable."""
    parameters = click.get_current_context().command.params
    option = next((one.opts[0] for one in parameters if isinstance(one, click.Option) and one.name == name), None)
    return variable if option is None else f"{option} ({variable})"


if __name__ == "__main__":
    main()
