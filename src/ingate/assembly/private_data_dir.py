"""Keeps a data directory that was there before from those who have no business in it.

Its files are private, each of them; but who may write to a directory may put others in their place.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from ingate.store.opening import DATABASE_FILE

from .data_files import LOCK_FILE

_log = logging.getLogger(__name__)

OTHERS = 0o077


def ensure_private(data_dir: Path) -> None:
    """Makes it mode 0700 if it is our own and nothing in it is meant for anybody else; or else says what is wrong."""
    mode = stat.S_IMODE(data_dir.stat().st_mode)
    if not mode & OTHERS:
        return
    if not _is_ours_alone(data_dir):
        rights = "put files of theirs in the place of Ingate's" if mode & 0o022 else "see which files it has"
        _log.warning("the data directory %s has mode %04o: others may %s; chmod 700 it", data_dir, mode, rights)
        return
    data_dir.chmod(0o700)
    _log.warning("the data directory %s was open to others (mode %04o); it has mode 0700 now", data_dir, mode)


def _is_ours_alone(data_dir: Path) -> bool:
    """It has an Ingate's state or nothing yet, and whatever lies in it is closed to others already."""
    entries = list(os.scandir(data_dir))
    names = {entry.name for entry in entries} - {LOCK_FILE}
    if data_dir.stat().st_uid != os.geteuid() or (names and DATABASE_FILE not in names):
        return False
    return not any(stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode) & OTHERS for entry in entries)
