"""How a command ends when it does not succeed: a message on stderr and an exit code to rely on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import click

from .output import printable

EXIT_FAILED = 1
"""Ingate refused, or the answer makes no sense, or `doctor` found a problem."""
EXIT_USAGE = 2
"""The command line itself is wrong; click's own code for that."""
EXIT_UNREACHABLE = 3
"""Nothing is running, or it cannot be reached."""


class CommandFailed(click.ClickException):
    """Ends the command with `message` on stderr."""

    exit_code = EXIT_FAILED

    def show(self, file: IO[Any] | None = None) -> None:
        # What a server says is not to steer the terminal.
        click.echo(f"ingate: {printable(self.format_message(), keep=chr(10))}", file=file, err=file is None)


class NothingRunning(CommandFailed):
    """Ends the command because there is no Ingate to speak to; `message` says where one was looked for."""

    exit_code = EXIT_UNREACHABLE

    def format_message(self) -> str:
        return f"{self.message}\nStart one with: ingate up"


class Refused(CommandFailed):
    """Ingate's own refusal, code and message as it gave them."""

    def __init__(self, *, status: int, code: str, message: str, inner: Mapping[str, Any] | None = None) -> None:
        """`inner` is what the refusal says in more detail, for programs."""
        super().__init__(f"{code}: {message}" if code else message)
        self.status = status
        self.code = code
        self.inner = inner or {}
