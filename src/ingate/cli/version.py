"""`ingate version`."""

from __future__ import annotations

import click

from ingate import __version__

from .output import OutputFormat, output_option, print_rows


@click.command("version")
@output_option
def show_version(output: OutputFormat) -> None:
    """Print this program's version."""
    if output == "table":
        click.echo(f"ingate {__version__}")
    else:
        print_rows(output, (), [(__version__,)], {"version": __version__})
