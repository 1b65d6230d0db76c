"""A folder that several workers write to: private to its owner, each file written whole or not at all.

A file that was renamed into its place outlives the process. Nothing is flushed to the disk, so that no answer waits
for it: what a power cut takes, the simulator has lost.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial"
"""The suffix of a file that is being written."""


def make_private_folder(path: Path) -> Path:
    """With the folders above it that are missing. Mode 0700."""
    if not path.is_dir():
        make_private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def write_partial(path: Path, content: bytes | memoryview) -> Path:
    """Writes beside `path`, under a name that nobody reads. Mode 0600. Of one path there is one writer."""
    partial = path.with_name(path.name + PARTIAL)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return partial


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Whoever reads sees the old content or the new one."""
    write_partial(path, content).replace(path)


@contextmanager
def lock(folder: Path) -> Generator[None]:
    """For one change at a time, by whichever worker. The folder is made when it is missing."""
    make_private_folder(folder)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


_UNSAFE = re.compile(r"[^a-z0-9_-]")


def name_folder(resource_id: str) -> str:
    """Legible, of a length that any disk takes, and no other resource's: two resource groups may each have a resource
    of one name. Ids know no case."""
    folded = resource_id.lower()
    name = _UNSAFE.sub("_", folded.rpartition("/")[2])[:64]
    return f"{name}.{hashlib.sha256(folded.encode()).hexdigest()[:16]}"
