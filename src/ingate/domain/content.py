"""Content: what a deployment's requests and answers say. It is kept only where the deployment's owner asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from .redaction import PatternInvalid, check_pattern

LONGEST_RETENTION = 365
"""Days."""
MOST_PATTERNS = 20
LONGEST_PATTERN = 200
"""In characters."""

ExchangeEnding = Literal["completed", "upstream-failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRecording:
    """A deployment's wish to have its content kept."""

    retention_days: int
    redact: tuple[str, ...] = ()
    """Patterns, in RE2's syntax, of what is taken out besides keys and tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingInvalid:
    reason: str


def decide_recording(retention_days: int, redact: tuple[str, ...]) -> ContentRecording | RecordingInvalid:
    """The reason never repeats a pattern, which may tell what is secret."""
    if not 1 <= retention_days <= LONGEST_RETENTION:
        return RecordingInvalid(reason=f"retentionDays is a whole number from 1 to {LONGEST_RETENTION}")
    if len(redact) > MOST_PATTERNS:
        return RecordingInvalid(reason=f"redact has at most {MOST_PATTERNS} patterns")
    for number, pattern in enumerate(redact, start=1):
        if not 1 <= len(pattern) <= LONGEST_PATTERN:
            return RecordingInvalid(reason=f"pattern {number} of redact must have 1 to {LONGEST_PATTERN} characters")
        problem = check_pattern(pattern)
        if isinstance(problem, PatternInvalid):
            return RecordingInvalid(reason=f"pattern {number} of redact is not RE2: {problem.reason}")
    return ContentRecording(retention_days=retention_days, redact=redact)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeContent:
    """What passed in one exchange, as bytes and not redacted: it is not to be kept as it is."""

    time: float
    """When it ended, in seconds since 1970, UTC."""
    apim_request_id: str
    """The journal's record has the same."""
    resource: str
    resource_id: str
    deployment: str
    operation: str
    recording: ContentRecording
    ending: ExchangeEnding
    status: int | None
    """The upstream's; None when there was no answer."""
    is_stream: bool
    content_coding: bytes | None
    request: bytes | None
    """None when it was too long to be held."""
    request_bytes: int
    answer: bytes
    """Its beginning; all of it when it has `answer_bytes`."""
    answer_bytes: int


class ContentLog(Protocol):
    """Where content goes. Best effort: a failure is the log's own affair."""

    def append(self, content: ExchangeContent) -> None:
        """Returns at once and never raises."""
        ...
