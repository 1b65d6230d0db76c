"""A test whose own process opens a connection to another machine fails, whatever became of the connection.

Out of sight here are processes that a test starts, and uvloop, which connects without Python's sockets: `make
test-offline` is about them.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections.abc import Generator

import pytest

ATTEMPTS: list[str] = []
"""Connections of the test that runs which were not let out."""


def is_on_this_machine(family: int, address: object) -> bool:
    """Whether a socket of this family that connects there stays on this machine."""
    if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        return True
    host = str(address[0])  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - whatever was given
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    try:
        parsed = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False  # a name, to be looked up
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback or parsed.is_unspecified


def watch_connections() -> None:
    """For the rest of this process; there is no way to take an audit hook away."""

    def on_event(event: str, arguments: tuple[object, ...]) -> None:
        if event != "socket.connect":
            return
        connecting, address = arguments
        if isinstance(connecting, socket.socket) and not is_on_this_machine(connecting.family, address):
            ATTEMPTS.append(str(address))
            raise OSError(errno.ENETUNREACH, "a test connects to this machine only")

    sys.addaudithook(on_event)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    return (yield from _fail_on_attempts())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    return (yield from _fail_on_attempts())


def _fail_on_attempts() -> Generator[None, object, object]:
    ATTEMPTS.clear()
    result = yield
    if ATTEMPTS:
        pytest.fail(f"a connection to another machine was attempted: {', '.join(ATTEMPTS)}", pytrace=False)
    return result
