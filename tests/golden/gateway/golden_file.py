"""A golden file: the request as it was sent, and every byte of its answer, readable and exact.

A line end within the file stands for itself when the line before it ends in the two characters `\\r` followed by
`\\n`; other bytes outside of printable ASCII are escaped as in Python. What differs between runs is replaced by text
of the same length.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.running import inherit_environment

from .refusal_cases import Case, Filler

FOLDER = Path(__file__).parent / "refusals"
UPDATE_VARIABLE = "INGATE_UPDATE_GOLDEN"

_VOLATILE = (
    (re.compile(rb"req_[0-9A-Za-z]{24}"), b"req_" + b"R" * 24),
    (re.compile(rb"(?<=apim-request-id: )[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), b"00000000-0000-4000-a000-" + b"0" * 12),
    (re.compile(rb"(?<=Please wait )\d+(?= seconds)"), b"NN"),
    (re.compile(rb"(?<=Retry-After: )\d+"), b"NN"),
)
