"""`ingate export`: what an Ingate has, as a foundry.yaml."""

from __future__ import annotations

import click

from ingate.cli.connection import Connection, connected


@click.command("export")
@click.option("--resource", "-r", "resources", multiple=True, metavar="NAME", help="Only this one. May be repeated.")
@click.option("--resource-group", "-g", metavar="NAME", help="The resource group that the file need not name.")
@connected
def export_command(connection: Connection, resources: tuple[str, ...], resource_group: str | None) -> None:
    """Print a foundry.yaml of everything there is: no keys, secrets or passwords."""
    from .current import Current
    from .foundry_writer import render_foundry_file

    click.echo(render_foundry_file(Current(connection, resource_group), resources), nl=False)
