"""Which script a session has: its own, else everybody's, else the file's."""

from __future__ import annotations

from ingate.simulator.scripting.problems import Problem, ScriptError
from ingate.simulator.scripting.responses import GENERATE
from ingate.simulator.scripting.script import Script
from ingate.simulator.scripting.script_file import ScriptFile
from ingate.simulator.scripting.script_reader import parse_script

MOST_SCRIPTS = 1_000

EMPTY = Script(source_name="", text="", seed=None, validates=True, unmatched=GENERATE, replays=(), rules=())
"""No script: everything is generated."""


class SessionScripts:
    def __init__(self) -> None:
        self.file: ScriptFile | None = None
        self._scripts: dict[str, Script] = {}

    def get(self, session: str) -> Script:
        script = self._scripts.get(session) or self._scripts.get("")
        if script is not None:
            return script
        return self.file.script if self.file is not None else EMPTY

    def put(self, session: str, text: str, source_name: str) -> None:
        """Raises ScriptError, and then nothing has changed."""
        script = parse_script(text, source_name=source_name)
        if session not in self._scripts and len(self._scripts) >= MOST_SCRIPTS:
            message = f"{MOST_SCRIPTS} sessions have scripts of their own: delete one first"
            raise ScriptError([Problem(line=1, column=1, message=message)], source_name=source_name)
        self._scripts[session] = script

    def delete(self, session: str) -> None:
        """What then counts is everybody's script, or the file's."""
        self._scripts.pop(session, None)
