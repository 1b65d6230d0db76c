"""What a prompt can ask of the simulated servers' tools, in plain words: `simulate pause_turn`, `simulate 3 uses`,
`simulate error max_uses_exceeded`. So each ending can be reached from any client, without a script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_USES = 40
"""Uses of one tool in one turn, however many are asked for."""

_PHRASE = re.compile(r"\bsimulate (?:(pause_turn)|([0-9]{1,4}) uses?|error ([a-z_]{3,40}))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    pauses: bool = False
    uses: int = 1
    """How often each tool is used in the turn."""
    error_code: str = ""

    def strip(self, prompt: str) -> str:
        """The prompt without these phrases."""
        return _PHRASE.sub(" ", prompt)


def parse_direction(prompt: str) -> Direction:
    pauses, uses, error_code = False, 1, ""
    for pause, number, code in _PHRASE.findall(prompt):
        pauses = pauses or bool(pause)
        uses = min(int(number), MAX_USES) if number else uses
        error_code = code.lower() or error_code
    return Direction(pauses=pauses, uses=uses, error_code=error_code)
