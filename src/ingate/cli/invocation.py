"""What surrounds one run of the command line, as a value: tests need no process and no socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """Passed to every command as click's context object."""

    environment: Mapping[str, str]
    stdin_is_terminal: bool = False
    stdout_is_terminal: bool = False
    transport: httpx2.BaseTransport | None = None
    """What carries HTTP; None for the network."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
