"""How a child process learns that its supervisor is gone, and how it tells that it is ready.

The supervisor holds the writing end of a pipe for as long as it lives; its end, however sudden, closes the pipe.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any

import msgspec


def watch_lifeline(descriptor: int, loop: asyncio.AbstractEventLoop, on_gone: Callable[[], None]) -> None:
    def on_readable() -> None:
        loop.remove_reader(descriptor)
        on_gone()

    if descriptor >= 0:
        loop.add_reader(descriptor, on_readable)


def report_ready(descriptor: int, details: dict[str, Any]) -> None:
    """One line of JSON to the supervisor."""
    if descriptor >= 0:
        with contextlib.suppress(BrokenPipeError):  # of a child that was started again nobody asks
            os.write(descriptor, msgspec.json.encode(details) + b"\n")
        os.close(descriptor)
