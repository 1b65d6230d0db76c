"""The journal: one append-only file of JSON lines for each worker, one line for each exchange."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import msgspec

from ingate.domain.exchange import ExchangeRecord

_log = logging.getLogger(__name__)


class Journal:
    """Implements `domain.exchange.ExchangeLog`. A record is with the operating system before `append` returns, so the
    end of the process, however sudden, does not lose it."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be opened."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._encode = msgspec.json.Encoder().encode
        self._failed = False
        self._torn = _ends_torn(path)

    def append(self, record: ExchangeRecord) -> bool:
        line = self._encode(record) + b"\n"
        if self._torn:
            line = b"\n" + line
        return self._write(line)

    def is_ready(self) -> bool:
        """After a failure, tries whether a line can be written again: an empty one, which readers skip."""
        return not self._failed or self._write(b"\n")

    def close(self) -> None:
        os.close(self._descriptor)

    def _write(self, line: bytes) -> bool:
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            self._note_failure(str(error))
            return False
        if written < len(line):
            self._torn = True
            self._note_failure("the disk took only part of a record")
            return False
        self._failed = self._torn = False
        return True

    def _note_failure(self, reason: str) -> None:
        if not self._failed:
            _log.error("the journal cannot be written, new requests are refused: %s", reason)
        self._failed = True


def _ends_torn(path: Path) -> bool:
    """Whether the file's last line has no end: the machine went down while it was written."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
