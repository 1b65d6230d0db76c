"""Asking before something is gone for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .invocation import Invocation

Command = TypeVar("Command", bound=Callable[..., Any])


def yes_option(command: Command) -> Command:
    return click.option("--yes", "-y", is_flag=True, help="Do not ask first.")(command)


def confirm_delete(invocation: Invocation, what: str, *, yes: bool) -> None:
    """Asks the person at the terminal; a script has already decided."""
    if invocation.stdin_is_terminal and not yes:
        click.confirm(f"Delete {what}?", abort=True, err=True)
