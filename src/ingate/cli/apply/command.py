"""`ingate apply`: makes an Ingate what a file says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingate.cli.connection import Connection, connected
from ingate.cli.failure import CommandFailed
from ingate.cli.output import OutputFormat, output_option, say

if TYPE_CHECKING:
    from .current import Current
    from .plan import Plan, Wanted

DIFFERENCES = 2
"""The exit code of a dry run that found some."""


@click.command("apply")
@click.option(
    "--file",
    "-f",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="A foundry.yaml, an ARM template (.json) or a Bicep file (.bicep); - is a foundry.yaml on standard input.",
)
@click.option(
    "--parameters",
    "-p",
    multiple=True,
    metavar="NAME=VALUE|FILE",
    help="A template's parameter, or a file of them (.json, .bicepparam). May be repeated; the last one counts.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan only; exit code 2 when there are differences.")
@click.option("--prune", is_flag=True, help="Delete what is in the place of the file's lists and not in them.")
@click.option("--skip-unsupported", is_flag=True, help="Leave out a template's resources that Ingate does not have.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask first.")
@click.option("--resource-group", "-g", metavar="NAME", help="The resource group of what names none.")
@output_option
@connected
def apply_command(
    connection: Connection,
    file: Path,
    parameters: tuple[str, ...],
    dry_run: bool,
    prune: bool,
    skip_unsupported: bool,
    yes: bool,
    resource_group: str | None,
    output: OutputFormat,
) -> None:
    """Make an Ingate what a file says: shows the plan, asks, carries it out."""
    from .current import Current
    from .plan import make_plan
    from .plan_view import print_plan

    current = Current(connection, resource_group)
    try:
        wanted, finish = _read(file, parameters, current, prune=prune, skip_unsupported=skip_unsupported)
        plan = make_plan(wanted, current, prune=prune)
    except RecursionError:
        raise CommandFailed(f"{file} is nested too deep.") from None
    print_plan(plan, output)
    if dry_run:
        if plan.differences:
            sys.exit(DIFFERENCES)
        return
    if plan.differences:
        _confirm(connection, plan, yes=yes)
        _execute(plan, current)
    finish()


def _read(
    file: Path, parameters: tuple[str, ...], current: Current, *, prune: bool, skip_unsupported: bool
) -> tuple[Wanted, Callable[[], None]]:
    """What the file asks for, and what is left to do when it is there."""
    from .foundry_file import read_foundry_file
    from .reading import Source
    from .template.reading import is_template, read_template

    name = "standard input" if str(file) == "-" else str(file)
    text = _read_text(file)
    folder = Path() if str(file) == "-" else file.parent
    source = Source(name=name, folder=folder, environment=current.connection.invocation.environment)
    if is_template(file, text):
        if prune:
            raise click.UsageError("--prune needs a foundry.yaml: a template does not say what else there may be.")
        return read_template(text, source, current, parameters, skip_unsupported=skip_unsupported)
    if parameters or skip_unsupported:
        raise click.UsageError("--parameters and --skip-unsupported are for templates.")
    return read_foundry_file(text, source, current), _nothing


def _nothing() -> None:
    pass


def _read_text(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{file} is not text in UTF-8.") from error


def _confirm(connection: Connection, plan: Plan, *, yes: bool) -> None:
    """A terminal is asked; a script has decided, but has to say so before something is deleted."""
    if yes:
        return
    if connection.invocation.stdin_is_terminal:
        click.confirm("Carry out this plan?", abort=True, err=True)
    elif plan.count("delete"):
        raise CommandFailed(f"this would delete {plan.count('delete')} objects; say --yes to do it.")


def _execute(plan: Plan, current: Current) -> None:
    from .plan import PlanInterrupted, execute_plan
    from .plan_view import tell_done, tell_interrupted

    try:
        execute_plan(plan, current, tell_done)
    except PlanInterrupted as interrupted:
        tell_interrupted(interrupted)
        raise interrupted.failure from interrupted
    say(f"Done: {len(plan.differences)} changes.")
