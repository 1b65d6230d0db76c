"""`ingate chat`: a conversation in the terminal, through the gateway like any application's."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .access_token import CLAUDE_RESOURCE, get_access_token
from .address import HttpUrl
from .connection import connect
from .failure import CommandFailed
from .gateway import GatewayTarget, stream_message
from .invocation import Invocation
from .json_value import JsonObject, get_text
from .location import location_options
from .lookup import find_resource, list_deployments
from .output import printable, say

CALLERS_ROLE = "Foundry User"
"""It allows what comes before a conversation as well, such as to look for the deployment."""


@click.command("chat")
@click.argument("prompt", required=False)
@click.option("--deployment", "-d", metavar="NAME", help="What answers. [default: the resource's first]")
@click.option("--resource", "-r", metavar="NAME", help="The resource. [default: the default resource]")
@click.option("--system", metavar="TEXT", help="A system prompt.")
@click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    default=1024,
    show_default=True,
    help="The longest answer.",
)
@click.option(
    "--base-url",
    type=HttpUrl(),
    help="The gateway, such as http://127.0.0.1:8080/anthropic; with INGATE_API_KEY and --deployment.",
)
@location_options
@click.pass_obj
def chat(
    invocation: Invocation,
    prompt: str | None,
    deployment: str | None,
    resource: str | None,
    system: str | None,
    max_tokens: int,
    base_url: str | None,
    management_url: str | None,
    data_dir: Path | None,
) -> None:
    """Talk to a deployment: PROMPT, or standard input, or turn by turn at a terminal."""
    target, deployment = _find_target(
        invocation, base_url, resource, deployment, management_url=management_url, data_dir=data_dir
    )
    request: JsonObject = {"model": deployment, "max_tokens": max_tokens}
    if system:
        request["system"] = system
    if prompt is None and invocation.stdin_is_terminal:
        _converse(invocation, target, request)
        return
    text = _read_input() if prompt in (None, "-") else prompt
    if not text or not text.strip():
        raise click.UsageError("there is nothing to say: give a PROMPT, or text on standard input.")
    _answer(invocation, target, request, [{"role": "user", "content": text}])


def _read_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise click.UsageError("standard input is not text.") from error


def _find_target(
    invocation: Invocation,
    base_url: str | None,
    resource: str | None,
    deployment: str | None,
    *,
    management_url: str | None,
    data_dir: Path | None,
) -> tuple[GatewayTarget, str]:
    """Asks the management API for whatever the command line leaves open."""
    api_key = invocation.environment.get("INGATE_API_KEY", "").strip()
    if base_url and api_key and deployment:
        return GatewayTarget(base_url=base_url, api_key=api_key, resource=resource), deployment
    connection = connect(invocation, management_url=management_url, data_dir=data_dir, needed_role=CALLERS_ROLE)
    try:
        if connection.running and base_url is None:
            base_url = f"{connection.running.gateway_url}/anthropic"
        if base_url is None:
            raise click.UsageError("with --management-url, say where its gateway is with --base-url.")
        account = find_resource(connection, resource)
        token = ""
        if not api_key and connection.sign_in:
            token = get_access_token(invocation, connection.location, connection.sign_in, CLAUDE_RESOURCE).text
        elif not api_key:
            keys = connection.management.post(f"{get_text(account, 'id')}/listKeys")
            api_key = get_text(keys, "key1")
        deployment = deployment or _first_deployment(list_deployments(connection, account), account)
    finally:
        connection.management.close()
    name = get_text(account, "properties", "customSubDomainName") or get_text(account, "name")
    return GatewayTarget(base_url=base_url, api_key=api_key, access_token=token, resource=name), deployment


def _first_deployment(deployments: list[JsonObject], account: JsonObject) -> str:
    names = sorted(get_text(item, "name") for item in deployments)
    if not names:
        raise CommandFailed(f"{get_text(account, 'name')} has no deployments.")
    return names[0]


def _converse(invocation: Invocation, target: GatewayTarget, request: JsonObject) -> None:
    """Turn by turn until the input ends. What fails or is interrupted is not part of the conversation."""
    say(f"Talking to {request['model']} at {target.base_url}. Ctrl-D ends, Ctrl-C stops an answer.")
    turns: list[JsonObject] = []
    while (text := _read_turn()) is not None:
        if not text.strip():
            continue
        turns.append({"role": "user", "content": text})
        try:
            answer = _answer(invocation, target, request, turns)
        except KeyboardInterrupt:
            say("\n(stopped)")
            answer = ""
        except CommandFailed as failure:
            failure.show()
            answer = ""
        if answer:
            turns.append({"role": "assistant", "content": answer})
        else:
            turns.pop()


def _read_turn() -> str | None:
    click.echo("> ", nl=False, err=True)
    try:
        return input()
    except (EOFError, KeyboardInterrupt):
        say("")
        return None


def _answer(invocation: Invocation, target: GatewayTarget, request: JsonObject, turns: list[JsonObject]) -> str:
    """Prints an answer as it comes, and gives it back whole."""
    said: list[str] = []
    stop_reason = None
    with stream_message(invocation, target, request | {"messages": turns}) as events:
        for event in events:
            kind = get_text(event, "type")
            if text := get_text(event, "delta", "text"):
                said.append(text)
                shown = printable(text, keep="\n\t") if invocation.stdout_is_terminal else text
                # `color` keeps click from removing what it takes for colours: a file gets every byte.
                click.echo(shown, nl=False, color=True)
            elif kind == "message_delta":
                stop_reason = get_text(event, "delta", "stop_reason")
            elif kind == "error":
                click.echo()
                code, message = get_text(event, "error", "type"), get_text(event, "error", "message")
                raise CommandFailed(f"{code}: {message}")
            elif kind == "message_stop":
                break
        else:
            click.echo()
            raise CommandFailed("the answer ended before it was whole.")
    click.echo()
    if stop_reason not in ("end_turn", "stop_sequence"):
        say(f"(stop reason: {stop_reason})")
    return "".join(said)
