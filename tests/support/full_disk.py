"""A disk that is full for one process alone: a bound on the size of its files, which can be lifted again."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Generator
from pathlib import Path

from .running import RunningIngate


def find_workers(ingate: RunningIngate) -> dict[int, int]:
    """The process ids of the gateway workers that run at the moment, by their numbers."""
    supervisor = ingate.process.pid
    workers: dict[int, int] = {}
    for child in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        with contextlib.suppress(OSError):  # it has just ended
            command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"gateway" in command:
                workers[int(command[command.index(b"--worker") + 1])] = int(child)
    return workers


@contextlib.contextmanager
def full_disk(pid: int, *, file_bytes: int) -> Generator[None]:
    """Meanwhile no file of the process grows beyond `file_bytes`: writes are cut short there, then fail (EFBIG)."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (file_bytes, before[1]))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
