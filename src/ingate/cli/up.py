"""The options of `ingate up`. What it starts belongs to the composition root, which `ingate.__main__` calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .host_name import HostName


def up_command(serve: Callable[..., int]) -> click.Command:
    """`ingate up`, which calls `serve` with the options that were given and exits with what it returns.

    An option that is not given is not passed: its environment variable or default is the settings' matter.
    """

    @click.command("up")
    @click.option("--port", type=click.IntRange(0, 65535), help="The gateway's port. [default: 8080]")
    @click.option(
        "--management-port", type=click.IntRange(0, 65535), help="The management API's port. [default: 8081]"
    )
    @click.option(
        "--management-tls-port",
        type=click.IntRange(0, 65535),
        help="The port of the management API and Entra ID over TLS. [default: 8443]",
    )
    @click.option(
        "--proxy-port", type=click.IntRange(0, 65535), help="Keep a proxy there for `ingate env`. [default: none]"
    )
    @click.option(
        "--proxy-allow",
        type=HostName(),
        multiple=True,
        metavar="HOST",
        help="Let that proxy's clients reach this host too; *.HOST for those below it. May be given several times.",
    )
    @click.option(
        "--proxy-passthrough",
        is_flag=True,
        default=None,
        help="Let them reach every host that Ingate does not serve.",
    )
    @click.option(
        "--tls",
        is_flag=True,
        default=None,
        help="Serve Azure's host names over TLS, for clients that DNS or /etc/hosts leads here.",
    )
    @click.option("--tls-port", type=click.IntRange(0, 65535), help="Where. [default: 443]")
    @click.option("--host", metavar="ADDRESS", help="Where the gateway listens. [default: 127.0.0.1]")
    @click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Where everything is kept. [default: the platform's directory for state]",
    )
    @click.option(
        "--local",
        metavar="smollm2|PATH",
        help="Answer with a small real model (a toy), fetched on first use, or with any GGUF file.",
    )
    @click.option(
        "--script",
        type=click.Path(path_type=str, exists=True, dir_okay=False),
        metavar="FILE",
        help="Rules for the simulator's answers and faults; read again when the file changes.",
    )
    @click.option(
        "--lenient",
        is_flag=True,
        default=None,
        help="Let the simulator answer what it can, also what Claude would refuse.",
    )
    @click.option(
        "--seed",
        "simulator_seed",
        type=int,
        help="Another seed, other simulated answers to the same requests. [default: 0]",
    )
    @click.option(
        "--development-keys",
        is_flag=True,
        default=None,
        help="Give the default resource its publicly known keys; loopback only.",
    )
    @click.option("--default-resource", metavar="NAME", help="The resource that a bare address serves.")
    @click.option(
        "--domain",
        "domains",
        multiple=True,
        metavar="DOMAIN",
        help="Serve RESOURCE.DOMAIN as well. May be given several times.",
    )
    @click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
        help="How much goes to stderr. [default: info]",
    )
    @click.option(
        "--fsync",
        is_flag=True,
        default=None,
        help="Let answers wait until the disk has their records: a loss of power then loses none.",
    )
    @click.option("--lifeline-fd", type=int, hidden=True, help="A pipe that ends with whoever started this.")
    @click.option("--workers", type=click.IntRange(min=1), help="Gateway processes. [default: 1]")
    def up(**options: Any) -> None:
        """Serve: the gateway and the management API, until Ctrl-C.

        Each option can also be set in the environment: --management-port is INGATE_MANAGEMENT_PORT.
        """
        given = {name: value for name, value in options.items() if value not in (None, ())}
        click.get_current_context().exit(serve(**given))

    return up
