"""`ingate deployment`: what clients name as `model`, and which upstream answers for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .deployment_fields import SKUS, deployment_path, find_deployment, no_such_deployment, print_deployment
from .json_value import JsonObject, get_text
from .lookup import find_resource, list_deployments, resource_options
from .output import OutputFormat, output_option, print_rows, say

Command = TypeVar("Command", bound=Callable[..., object])


def limit_option(name: str, noun: str) -> Callable[[Command], Command]:
    text = f"{noun} a minute, in place of what --capacity gives; 0 leaves it to that again."
    return click.option(name, type=click.IntRange(min=0), metavar="N", help=text)


@click.group("deployment")
def deployment_commands() -> None:
    """Deployments: what clients name as `model`, and which upstream answers for it."""


@deployment_commands.command("create")
@click.argument("name")
@click.option("--model", "-m", required=True, metavar="ID", help="The model's id, such as claude-opus-4-5.")
@click.option("--model-version", metavar="VERSION", help="The model's version. [default: the newest]")
@click.option("--capacity", type=click.IntRange(min=1), metavar="UNITS", help="Its quota. [default: 10]")
@limit_option("--rpm", "Requests")
@limit_option("--itpm", "Uncached input tokens")
@limit_option("--otpm", "Output tokens")
@click.option(
    "--record-content-days",
    type=click.IntRange(0, 365),
    metavar="N",
    help="Keep what requests and answers say for N days, keys and tokens redacted; 0 keeps nothing again.",
)
@click.option("--redact", multiple=True, metavar="PATTERN", help="What else to redact (RE2). May be repeated.")
@click.option("--sku", type=click.Choice(SKUS), help="Deployment type. [default: GlobalStandard]")
@click.option("--upstream", metavar="NAME", help="The upstream that answers. [default: the simulator]")
@click.option("--upstream-model", metavar="NAME", help="The model's name at the upstream. [default: the model's id]")
@resource_options
@output_option
@connected
def create_deployment(
    connection: Connection,
    name: str,
    model: str,
    model_version: str | None,
    capacity: int | None,
    rpm: int | None,
    itpm: int | None,
    otpm: int | None,
    record_content_days: int | None,
    redact: tuple[str, ...],
    sku: str | None,
    upstream: str | None,
    upstream_model: str | None,
    resource: str | None,
    resource_group: str | None,
    output: OutputFormat,
) -> None:
    """Create a deployment, or change one: what is not given stays as it is."""
    if upstream_model and not upstream:
        raise click.UsageError("--upstream-model says what --upstream calls the model: give both.")
    if redact and not record_content_days:
        raise click.UsageError("--redact says what --record-content-days leaves out: give both.")
    account = find_resource(connection, resource, resource_group)
    properties: JsonObject = {"model": _present(format="Anthropic", name=model, version=model_version)}
    ingate = _present(upstream=upstream, upstreamModel=upstream_model)
    if limits := _present(requestsPerMinute=rpm, inputTokensPerMinute=itpm, outputTokensPerMinute=otpm):
        ingate["limits"] = {name: value or None for name, value in limits.items()}
    if record_content_days is not None:
        recording: JsonObject = {"retentionDays": record_content_days, "redact": list(redact)}
        ingate["recordContent"] = recording if record_content_days else None
    if ingate:
        properties["ingate"] = ingate
    body: JsonObject = {"properties": properties}
    if quota := _present(name=sku, capacity=capacity):
        body["sku"] = quota
    is_new, created = connection.management.put(deployment_path(account, name), body)
    say(f"{'Created' if is_new else 'Updated'} deployment {name} of {get_text(account, 'name')}.")
    print_deployment(created, output)


@deployment_commands.command("list")
@resource_options
@output_option
@connected
def show_deployments(
    connection: Connection, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """List a resource's deployments."""
    account = find_resource(connection, resource, resource_group)
    deployments = list_deployments(connection, account)
    columns = ("name", "model", "version", "type", "capacity", "upstream", "upstream model")
    rows = [
        (
            get_text(item, "name"),
            get_text(item, "properties", "model", "name"),
            get_text(item, "properties", "model", "version"),
            get_text(item, "sku", "name"),
            get_text(item, "sku", "capacity"),
            get_text(item, "properties", "ingate", "upstream"),
            get_text(item, "properties", "ingate", "upstreamModel"),
        )
        for item in deployments
    ]
    if not rows:
        say(f"{get_text(account, 'name')} has no deployments.")
    print_rows(output, columns, rows, deployments)


@deployment_commands.command("show")
@click.argument("name")
@resource_options
@output_option
@connected
def show_deployment(
    connection: Connection,
    name: str,
    resource: str | None,
    resource_group: str | None,
    output: OutputFormat,
) -> None:
    """Show one deployment."""
    account = find_resource(connection, resource, resource_group)
    print_deployment(find_deployment(connection, account, name), output)


@deployment_commands.command("delete")
@click.argument("name")
@resource_options
@yes_option
@connected
def delete_deployment(
    connection: Connection, name: str, resource: str | None, resource_group: str | None, yes: bool
) -> None:
    """Delete a deployment."""
    account = find_resource(connection, resource, resource_group)
    confirm_delete(connection.invocation, f"deployment {name} of {get_text(account, 'name')}", yes=yes)
    if not connection.management.delete(deployment_path(account, name)):
        raise no_such_deployment(connection, account, name)
    say(f"Deleted deployment {name} of {get_text(account, 'name')}.")


def _present(**members: object) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}
