"""The directory snapshot as a file, which gateways watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ingate.domain.directory import Directory, render_directory
from ingate.domain.state import State

from .private_file import write_private_file


class DirectoryFile:
    """Publishes the state's directory to one file. One object for each file, or revisions could go backwards."""

    def __init__(
        self,
        state: State,
        path: Path,
        *,
        arrange: Callable[[Directory], Directory] = lambda directory: directory,
        get_horizon: Callable[[], datetime | None] = lambda: None,
        is_held: bool = False,
    ) -> None:
        """`arrange` has the last word on what gateways see. Role assignments after the horizon do not count yet."""
        self._get_horizon = get_horizon
        self._is_held = is_held
        self._content = b""
        self._state = state
        self._arrange = arrange
        self._path = path
        self._turn = asyncio.Lock()
        self._published: int | None = None

    async def release(self) -> None:
        """Until then, one that is held publishes nothing: for what must be checked first."""
        self._is_held = False
        await self.publish()

    async def publish_again(self) -> None:
        """What `arrange` adds has changed, though the state has not."""
        async with self._turn:
            self._published = None
        await self.publish()

    async def publish(self) -> None:
        """Writes the newest revision unless it is there already. When this returns, a gateway that looks sees at
        least the state as it was when this was called."""
        if self._is_held:
            return
        async with self._turn:
            async with self._state.reading() as session:
                if await session.directory.get_revision() == self._published:
                    return
                directory = await session.directory.get_directory(assigned_before=self._get_horizon())
            content = render_directory(self._arrange(directory))
            if content != self._content:
                await asyncio.to_thread(write_private_file, self._path, content)
                self._content = content
            self._published = directory.revision
