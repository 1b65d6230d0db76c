"""Compares secrets with their hashes: in threads, few at a time, and with a bounded queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

AT_ONCE = 2
"""Each takes some 19 MiB and a core for tens of milliseconds."""
LONGEST_QUEUE = 256


class SecretChecks:
    def __init__(self, verify: Callable[[str, str], bool]) -> None:
        self._verify = verify
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def find(self, text: str, hashes: Iterable[str]) -> str | None | Busy:
        """The hash that is this secret's. Every call costs at least one comparison, so that an answer's time does not
        tell that there was nothing to compare with."""
        if self._waiting >= LONGEST_QUEUE:
            return BUSY
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(self._find, text, tuple(hashes) or (_NOBODYS,))
        finally:
            self._waiting -= 1

    def _find(self, text: str, hashes: tuple[str, ...]) -> str | None:
        return next((entry for entry in hashes if self._verify(text, entry) and entry is not _NOBODYS), None)


class Busy:
    """Too many are waiting already."""


BUSY = Busy()

_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCEhIQ$Hyz2HGkbbUdcyMXfQY0mPHrPGqpAZG1dHJ/rCBmBWDo"
"""Well formed, of the usual cost, and no known secret's."""
