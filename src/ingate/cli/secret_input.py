"""Secrets that people hand over: on standard input or at a prompt, where other users of the machine see nothing."""

from __future__ import annotations

import sys

import click

from .invocation import Invocation


def read_secret(invocation: Invocation, *, what: str, from_stdin: bool) -> str:
    """All of standard input without the line end, or what a person types unseen. Ends the command when empty."""
    if from_stdin:
        try:
            secret = sys.stdin.read().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise click.UsageError("standard input is not text.") from error
    elif invocation.stdin_is_terminal:
        secret = str(click.prompt(what, hide_input=True, err=True))
    else:
        raise click.UsageError(f"the {what} is missing: give it on standard input with --password-stdin.")
    if not secret:
        raise click.UsageError(f"the {what} on standard input is empty.")
    return secret
