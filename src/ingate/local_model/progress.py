"""How much of the weights has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

_MEGABYTE = 1_000_000
_LINE_EVERY = 0.25


class Progress:
    """On a terminal one line that is rewritten; elsewhere, where lines are kept, one for every quarter."""

    def __init__(self, total_bytes: int, *, report: Callable[[str], None], terminal: TextIO | None) -> None:
        self._total = total_bytes
        self._report = report
        self._terminal = terminal
        self._received = 0
        self._reported = 0.0

    def update(self, received_bytes: int) -> None:
        """Fewer bytes than before mean that they were moved on, not lost."""
        self._received = max(self._received, received_bytes)
        share = min(1.0, self._received / self._total)
        text = f"{share:4.0%} of {self._total / _MEGABYTE:.0f} MB"
        if self._terminal is not None:
            self._terminal.write(f"\r  {text}")
            self._terminal.flush()
        elif share - self._reported >= _LINE_EVERY:
            self._reported = share - share % _LINE_EVERY
            self._report(text.strip())

    def end(self) -> None:
        if self._terminal is not None:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()
