"""`ingate models`: the catalogue of models that can be deployed."""

from __future__ import annotations

import click

from .connection import Connection, connected
from .json_value import JsonObject, get_objects, get_text
from .lookup import find_resource, resource_options
from .output import OutputFormat, Row, output_option, print_rows, say


@click.command("models")
@resource_options
@output_option
@connected
def list_models(
    connection: Connection, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """List the models that can be deployed."""
    account = find_resource(connection, resource, resource_group)
    models = connection.management.list(f"{get_text(account, 'id')}/models")
    if not models:
        say("There are no models here.")
    columns = ("model", "version", "default", "hosted on", "context", "max output", "types")
    print_rows(output, columns, [_row(item) for item in models], models)


def _row(model: JsonObject) -> Row:
    return (
        get_text(model, "name"),
        get_text(model, "version"),
        get_text(model, "isDefaultVersion"),
        get_text(model, "capabilities", "hostedOn"),
        get_text(model, "capabilities", "maxContextToken"),
        get_text(model, "capabilities", "maxOutputToken"),
        ", ".join(get_text(sku, "name") for sku in get_objects(model, "skus")),
    )
