"""A script that is a file, read again when the file changes."""

from __future__ import annotations

import logging
from pathlib import Path

from ingate.simulator.scripting.problems import ScriptError
from ingate.simulator.scripting.script import Script
from ingate.simulator.scripting.script_reader import load_script

LOOK_SECONDS = 0.5

_log = logging.getLogger(__name__)


class ScriptFile:
    """Raises ScriptError if the file cannot be used to begin with; later, what was read last stays.

    Files that the script names are read with it: after a change of one of them, touch the script.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.error: ScriptError | None = None
        """Why the file, as it is now, is not used."""
        self._looked_at: float | None = None
        self._state = get_state(path)
        self.script: Script = load_script(path)

    def poll(self, now: float) -> None:
        """Looks at the file, at most twice a second however often it is called. `now` is monotonic, in seconds."""
        if self._looked_at is not None and now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        state = get_state(self.path)
        if state == self._state:
            return
        self._state = state
        try:
            self.script = load_script(self.path)
        except ScriptError as error:
            self.error = error
            _log.error("the script changed and is not used; the one before stays:\n%s", error)
            return
        self.error = None
        _log.info("the script was read again: %s, %d rules", self.path, len(self.script.rules))


def get_state(path: Path) -> tuple[int, int, int] | None:
    """What is different when the file is: None while there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
