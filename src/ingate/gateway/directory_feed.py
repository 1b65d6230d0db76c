"""Follows the directory snapshot that the control process publishes."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

from ingate.domain.directory import Directory, DirectoryMalformed, parse_directory

_log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
"""A change is served within this time."""


class DirectoryFeed:
    """Looks at a file and hands on every new revision. A file that is missing or damaged changes nothing: the gateway
    goes on with the last good one."""

    def __init__(
        self, path: Path, *, loop: asyncio.AbstractEventLoop, on_directory: Callable[[Directory], None]
    ) -> None:
        self._path = path
        self._loop = loop
        self._on_directory = on_directory
        self._seen: tuple[int, int, int] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._timer = self._loop.call_later(LOOK_SECONDS, self.start)
        self.look()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def look(self) -> None:
        """Reads the file if it is another than the one read last."""
        try:
            found = os.stat(self._path)
            version = (found.st_ino, found.st_mtime_ns, found.st_size)
            if version == self._seen:
                return
            data = self._path.read_bytes()
            self._seen = version  # so that a damaged file is complained of once
            directory = parse_directory(data)
        except FileNotFoundError:
            return
        except (OSError, DirectoryMalformed) as error:
            _log.warning("the directory cannot be read, the last one stays: %s", error)
            return
        self._on_directory(directory)
