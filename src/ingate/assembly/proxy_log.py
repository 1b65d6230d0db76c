"""What the proxy process says of its clients: at once on stderr, and in a file for `ingate doctor`."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from ingate.proxy.destination import Address
from ingate.proxy.listener import Listener
from ingate.proxy.observations import Happening, Observations

_log = logging.getLogger(__name__)

WRITE_SECONDS = 1.0
"""From the first thing that is seen to its being in the file."""

REMEMBERED = 1000
"""What was said once is not said again; of so many things at most."""


class ProxyLog(Listener):
    """Each thing once: a program that is refused tries again."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def on_arrival(self) -> None: ...

    def on_served(self, host: str) -> None: ...

    def on_left_unheard(self, host: str) -> None: ...

    def on_not_let_out(self, host: str, port: int, reason: str) -> None:
        self._say(f"refused {host}:{port}: {reason}")

    def on_unreachable(self, address: Address, reason: str) -> None:
        self._say(f"{address.host}:{address.port} cannot be reached: {reason}")

    def on_untrusted(self, host: str, reason: str) -> None:
        self._say(
            f"a client broke off TLS with {host} ({reason}): it reads none of the variables that name the local "
            "authority's certificate, or takes only certificates that it knows (see `ingate doctor`)"
        )

    def _say(self, text: str) -> None:
        if text not in self._said and len(self._said) < REMEMBERED:
            self._said.add(text)
            _log.warning("%s", text)


class ObservationsFile:
    """Written a moment after a change, and in the end."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self.observations = Observations(clock=time.time, on_change=self._on_change, then=ProxyLog())
        self.write()

    def write(self) -> None:
        self._timer = None
        seen = self.observations
        content = {
            "since": seen.since,
            "arrivals": seen.arrivals,
            "served": _render_happenings(seen.served),
            "broken_off": _render_happenings(seen.broken_off),
            "left_unheard": _render_happenings(seen.left_unheard),
            "not_let_out": _render_happenings(seen.not_let_out),
        }
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(content))
            temporary.replace(self._path)
        except OSError as error:  # nothing that clients should suffer from
            _log.warning("%s cannot be written: %s", self._path, error.strerror)

    def _on_change(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(WRITE_SECONDS, self.write)


def _render_happenings(happenings: list[Happening]) -> list[dict[str, Any]]:
    return [asdict(happening) for happening in happenings]
