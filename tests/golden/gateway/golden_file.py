"""A golden file: the request as it was sent, and every byte of its answer, readable and exact.

Each line of the wire stands on a line of its own with its line end spelled out (`\\r\\n`); other bytes outside of
printable ASCII are escaped as in Python. What differs between runs is replaced by something of the same length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from .refusal_cases import Case, Filler

FOLDER = Path(__file__).parent / "refusals"

_VOLATILE: tuple[tuple[re.Pattern[bytes], Callable[[re.Match[bytes]], bytes]], ...] = (
    (re.compile(rb"(?<=req_)[0-9A-Za-z]{24}"), lambda _: b"R" * 24),
    (
        re.compile(rb"(?<=apim-request-id: )[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        lambda _: b"00000000-0000-4000-a000-000000000000",
    ),
    (re.compile(rb"(?<=Please wait )\d+(?= seconds)"), lambda found: b"N" * len(found[0])),
    (re.compile(rb"(?<=Retry-After: )\d+"), lambda found: b"N" * len(found[0])),
)


def normalise(answer: bytes) -> bytes:
    for pattern, replacement in _VOLATILE:
        answer = pattern.sub(replacement, answer)
    return answer


def render_golden(case: Case, answer: bytes) -> str:
    sent = "".join(map(_render_part, case.request))
    return f"=== request\n{sent}\n=== answer\n{_spell(normalise(answer))}\n"


def path_of(case: Case) -> Path:
    return FOLDER / f"{case.name}.http"


def _render_part(part: bytes | Filler) -> str:
    if isinstance(part, Filler):
        return f"({part.count} times {_spell(part.byte)})"
    shown = re.sub(rb"(x ){99,}", lambda run: b"(%d times x and a space)" % (len(run[0]) // 2), part)
    return _spell(re.sub(rb"(x: x\r\n){99,}", lambda run: b"(%d times x: x)\r\n" % (len(run[0]) // 6), shown))


def _spell(data: bytes) -> str:
    escaped = data.decode("latin-1").encode("unicode_escape").decode()
    return escaped.replace("\\n", "\\n\n")
