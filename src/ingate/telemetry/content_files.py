"""Files of content: one a deployment, day and worker, which nobody but their owner may read.

A file's name tells all that its deletion needs: the day, and for how many days it was promised to be kept.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ingate.domain.content import ExchangeContent

CONTENT_FOLDER = "content"

_NAME = re.compile(r"(?P<key>.+)-(?P<day>\d{4}-\d\d-\d\d)-keep-(?P<keep>\d{1,3})-worker-\d+(?:-\d+)?\.jsonl")
_NUMBER = re.compile(r"(?<=-worker-)(\d+)(?:-\d+)?\.jsonl$")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def make_content_key(resource: str, resource_id: str, deployment: str) -> str:
    """A deployment's part of a file's name: legible, and different for each."""
    digest = hashlib.sha256(f"{resource_id}/deployments/{deployment}".lower().encode()).hexdigest()[:12]
    return f"{_UNSAFE.sub('_', resource)}.{_UNSAFE.sub('_', deployment)}.{digest}"


def get_content_day(name: str) -> date | None:
    """Of a file of content (UTC), by its name; None for a name that none has."""
    found = _NAME.fullmatch(name)
    return date.fromisoformat(found["day"]) if found is not None else None


class ContentFiles:
    def __init__(self, folder: Path, *, worker: int) -> None:
        self._folder = folder
        self._worker = worker

    def append(self, content: ExchangeContent, line: bytes) -> None:
        """Raises OSError, with nothing of the line left."""
        key = make_content_key(content.resource, content.resource_id, content.deployment)
        day = datetime.fromtimestamp(content.time, UTC).date()
        days = content.recording.retention_days
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{key}-{day.isoformat()}-keep-{days}-worker-{self._worker}.jsonl"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            _append_line(descriptor, line)
        finally:
            os.close(descriptor)

    def delete_old(self, now: float, retention: Mapping[str, int]) -> None:
        """Deletes what is past its time: what its name says, or what its deployment (by key) asks for now when that
        is less; from then on the name says that. One worker at a time. Raises OSError, after the last file."""
        today = datetime.fromtimestamp(now, UTC).date()
        failure: OSError | None = None
        for path in sorted(self._folder.iterdir()):
            found = _NAME.fullmatch(path.name)
            if found is None:
                continue
            promised = int(found["keep"])
            days = min(promised, retention.get(found["key"], promised))
            try:
                if date.fromisoformat(found["day"]) + timedelta(days=days) < today:
                    path.unlink(missing_ok=True)
                elif days < promised:
                    _rename(path, path.name.replace(f"-keep-{promised}-worker-", f"-keep-{days}-worker-"))
            except OSError as error:
                failure = error
        if failure is not None:
            raise failure


def _rename(path: Path, name: str) -> None:
    """Beside a file that has the name already, with a number more."""
    for number in itertools.count(1):
        try:
            os.link(path, path.with_name(name))
        except FileExistsError:
            name = _NUMBER.sub(rf"\g<1>-{number}.jsonl", name)
        else:
            path.unlink()
            return


def _append_line(descriptor: int, line: bytes) -> None:
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line  # after one that a process did not finish
    written = os.write(descriptor, line)
    if written < len(line):
        os.ftruncate(descriptor, size)
        raise OSError(errno.ENOSPC, "the disk took only part of a line")
