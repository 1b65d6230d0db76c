"""A storage account as a folder: a file for each resource and hour, in the layout that blobs have on Azure.

https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs#send-to-azure-storage
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import msgspec

from .events import Event, EventCategory

DIAGNOSTICS_FOLDER = "diagnostics"
BLOCK_BYTES = 64 * 1024
_CONTAINERS: dict[EventCategory, str] = {
    "RequestResponse": "insights-logs-requestresponse",
    "Audit": "insights-logs-audit",
    "AllMetrics": "insights-metrics-pt1m",
}
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_ODD = re.compile(r"[^A-Z0-9._()-]|^\.+$")


class StorageFolder:
    """Implements Destination."""

    def __init__(self, data_directory: Path, account: str) -> None:
        if not _ACCOUNT.fullmatch(account):
            raise ValueError("not the name of a storage account")
        self._folder = data_directory / DIAGNOSTICS_FOLDER / account

    def deliver(self, events: Sequence[Event]) -> int:
        lines: dict[Path, list[bytes]] = {}
        for event in events:
            lines.setdefault(self._folder / _name_blob(event), []).append(msgspec.json.encode(event.document) + b"\n")
        for folder in (self._folder.parent, self._folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        for path, content in lines.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _append(path, b"".join(content))
        return 0

    def close(self) -> None:
        pass


def _name_blob(event: Event) -> Path:
    time = event.time.astimezone(UTC)
    parts = [_ODD.sub("_", part) for part in event.resource_id.upper().strip("/").split("/")]
    return Path(
        _CONTAINERS[event.category],
        "resourceId=",
        *parts,
        f"y={time:%Y}",
        f"m={time:%m}",
        f"d={time:%d}",
        f"h={time:%H}",
        "m=00",
        "PT1H.json",
    )


def _append(path: Path, content: bytes) -> None:
    """All of it, on the disk, or nothing. Raises OSError."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)  # another setting may lead to the same file
        end = _cut_torn_line(file)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(file, view) :]
            os.fsync(file)
        except OSError:
            os.ftruncate(file, end)
            raise
    finally:
        os.close(file)


def _cut_torn_line(file: int) -> int:
    """What a process left that ended while it wrote is written again. Gives back the file's length."""
    end = position = os.fstat(file).st_size
    while position > 0:
        start = max(0, position - BLOCK_BYTES)
        found = os.pread(file, position - start, start).rfind(b"\n")
        if found >= 0:
            position = start + found + 1
            break
        position = start
    if position < end:
        os.ftruncate(file, position)
    return position
